import { type KeyboardEvent, type RefObject, useEffect, useRef } from "react";
import { LANGUAGES, type Language, useLanguage, useTexts } from "../i18n/language";
import { useSession } from "../session";
import { texts } from "../texts";
import { THEMES, type Theme, useTheme } from "../theme";
import "./menu.css";

/** Language, colours, and the way out. */
export function Menu() {
  const t = useTexts(texts);
  const { signOut } = useSession();
  const menu = useRef<HTMLDetailsElement>(null);
  useClosedFromOutside(menu);
  const press = ({ key }: KeyboardEvent) => {
    if (key !== "Escape" || !menu.current?.open) return;
    menu.current.open = false;
    menu.current.querySelector("summary")?.focus();
  };
  return (
    <details className="menu" ref={menu} onKeyDown={press}>
      <summary aria-label={t.menu} title={t.menu}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M4 6h10M18 6h2M4 12h2M10 12h10M4 18h8M16 18h4" />
          <circle cx="16" cy="6" r="2" />
          <circle cx="8" cy="12" r="2" />
          <circle cx="14" cy="18" r="2" />
        </svg>
      </summary>
      <div className="card">
        <LookChoices />
        <button type="button" onClick={signOut}>
          {t.signOut}
        </button>
      </div>
    </details>
  );
}

/** Close it when anything else is touched or focused. */
function useClosedFromOutside(menu: RefObject<HTMLDetailsElement | null>): void {
  useEffect(() => {
    const close = ({ target }: Event) => {
      if (menu.current && target instanceof Node && !menu.current.contains(target)) menu.current.open = false;
    };
    document.addEventListener("pointerdown", close);
    document.addEventListener("focusin", close);
    return () => {
      document.removeEventListener("pointerdown", close);
      document.removeEventListener("focusin", close);
    };
  }, [menu]);
}

export function LookChoices() {
  const t = useTexts(texts);
  const { language, choose } = useLanguage();
  const [theme, setTheme] = useTheme();
  return (
    <div className="choices">
      <label>
        {t.language}
        <select value={language} onChange={(event) => choose(event.target.value as Language)}>
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t.theme}
        <select value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
          {THEMES.map((name) => (
            <option key={name} value={name}>
              {t.themes[name]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
