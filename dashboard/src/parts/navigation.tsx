import { useTexts } from "../i18n/language";
import { link, PAGES, type Page } from "../route";
import { texts } from "../texts";
import "./navigation.css";

const ICONS: Record<Page, string> = {
  now: "M13 2 4 14h7l-1 8 9-12h-7z",
  energy: "M4 20V10h4v10zm6 0V4h4v16zm6 0v-7h4v7z",
  capacity: "M12 4a9 9 0 0 0-9 9c0 2.4.9 4.5 2.4 6h13.2A9 9 0 0 0 12 4zm4.8 4.3-3.3 5.4a1.9 1.9 0 1 1-1.7-1.1z",
  health: "M12 21S3 15 3 8.8A4.8 4.8 0 0 1 12 6a4.8 4.8 0 0 1 9 2.8C21 15 12 21 12 21z",
};

export function Navigation({ page, hasMeter }: { page: Page; hasMeter: boolean }) {
  const t = useTexts(texts);
  const shown = PAGES.filter((name) => name !== "capacity" || hasMeter || page === "capacity");
  return (
    <nav className="navigation" aria-label={t.navigation}>
      {shown.map((name) => (
        <a key={name} href={link(name)} aria-current={name === page ? "page" : undefined}>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d={ICONS[name]} />
          </svg>
          {t.pages[name]}
        </a>
      ))}
    </nav>
  );
}
