import type { Format } from "../../i18n/format";
import { useFormat, useTexts } from "../../i18n/language";
import type { Complaint, Condition } from "./diagnosis";
import { texts } from "./texts";

type Texts = (typeof texts)["en"];

/** All that is wrong, each with what to do about it; or that all is well. */
export function Complaints({ conditions, isOffline }: { conditions: Condition[]; isOffline: boolean }) {
  const t = useTexts(texts);
  const format = useFormat();
  if (isOffline) return <Problem title={t.unreachable} remedy={t.linkRemedy} isGrave />;
  const all = conditions.flatMap((condition) => condition.complaints.map((complaint) => ({ complaint, condition })));
  if (all.length === 0) {
    return conditions.length > 0 && <p className="card well">{t.allWell}</p>;
  }
  return all.map(({ complaint, condition }) => (
    <Problem
      key={`${condition.device.device_id} ${condition.device.kind} ${complaint}`}
      title={complain(complaint, condition, t, format)}
      remedy={t.remedy[complaint]}
      isGrave={complaint === "silent" || complaint === "alone"}
    />
  ));
}

/** Say in a sentence what is wrong. */
export function complain(complaint: Complaint, { device, ageMs }: Condition, t: Texts, format: Format): string {
  const what = {
    silent: format.ago(ageMs ?? 0),
    alone: format.ago(ageMs ?? 0),
    never: "",
    refused: format.number(device.edge?.quarantined),
    waiting: format.number(device.edge?.waiting),
  }[complaint];
  return t.complaint[complaint](device.device_id, what);
}

function Problem({ title, remedy, isGrave = false }: { title: string; remedy: string; isGrave?: boolean }) {
  return (
    <section className="card problem" data-grave={isGrave}>
      <h2>{title}</h2>
      <p>
        {remedy.split("`").map((part, index) =>
          // Every second part stood between backticks: a command.
          index % 2 ? <code key={part}>{part}</code> : part,
        )}
      </p>
    </section>
  );
}
