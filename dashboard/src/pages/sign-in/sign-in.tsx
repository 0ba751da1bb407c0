import { useIsRestoring } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { getJson, Refused, Unreachable } from "../../api/client";
import { queryClient } from "../../api/queries";
import type { Devices } from "../../api/types";
import { useTexts } from "../../i18n/language";
import { LookChoices } from "../../parts/menu";
import { texts } from "./texts";
import "./sign-in.css";

interface Props {
  expired: boolean;
  signIn(token: string): void;
  lookOffline(): void;
}

/** Ask for a read token, and try it before it is believed. */
export function SignIn({ expired, signIn, lookOffline }: Props) {
  const t = useTexts(texts);
  const [token, setToken] = useState("");
  const [checking, setChecking] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const isRestoring = useIsRestoring();
  const hasData = !isRestoring && queryClient.getQueryCache().getAll().length > 0;

  async function submit(event: FormEvent) {
    event.preventDefault();
    setChecking(true);
    try {
      if (!token) throw new Refused(0, "", null);
      queryClient.setQueryData(["/v1/devices"], await getJson<Devices>(token, "/v1/devices"));
      signIn(token);
    } catch (error) {
      setFault(error);
      setChecking(false);
    }
  }

  const message = fault ? explain(fault, t) : expired && !checking ? t.expired : "";
  return (
    <main className="sign-in">
      <form className="card" onSubmit={submit}>
        <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width="64" height="64" />
        <h1>Sungaze</h1>
        <p>{t.title}</p>
        <label htmlFor="token">{t.token}</label>
        <input
          id="token"
          type="password"
          autoComplete="current-password"
          autoCapitalize="none"
          spellCheck={false}
          aria-describedby="token-hint token-fault"
          aria-invalid={fault ? true : undefined}
          value={token}
          onChange={(event) => setToken(event.target.value.trim())}
        />
        <small id="token-hint">{t.hint}</small>
        <p id="token-fault" role="alert" className="fault">
          {message}
        </p>
        <button type="submit" className="primary" disabled={checking}>
          {checking ? t.checking : t.signIn}
        </button>
        {hasData && (fault instanceof Unreachable || !navigator.onLine) && (
          <button type="button" onClick={lookOffline}>
            {t.lookOffline}
          </button>
        )}
        <LookChoices />
      </form>
    </main>
  );
}

function explain(fault: unknown, t: (typeof texts)["en"]): string {
  if (!(fault instanceof Refused)) return t.unreachable;
  if (fault.status === 0) return t.missing;
  if (fault.status === 401) return t.wrong;
  if (fault.status === 429) return t.tooMany(fault.retryAfterS ?? 60);
  return `${t.refused} ${fault.detail || fault.status}`;
}
