/** The language of the page: chosen, else the browser's. Each part of the page keeps its own texts in all languages. */

import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { type Format, makeFormat } from "./format";

export const LANGUAGES = { en: "English", nl: "Nederlands", fr: "Français", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;
export type Translations<T> = Record<Language, T>;

const LOCALES: Translations<string> = { en: "en-GB", nl: "nl-BE", fr: "fr-BE", de: "de-DE" };
const KEY = "sungaze.language";

interface Chosen {
  language: Language;
  format: Format;
  choose(language: Language): void;
}

const LanguageContext = createContext<Chosen | null>(null);

function isLanguage(text: string | null | undefined): text is Language {
  return text != null && text in LANGUAGES;
}

function preferred(): Language {
  const stored = localStorage.getItem(KEY);
  const wanted = [stored, ...navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase())];
  return wanted.find(isLanguage) ?? "en";
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(preferred);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const chosen = useMemo<Chosen>(
    () => ({
      language,
      format: makeFormat(LOCALES[language]),
      choose: (next) => {
        localStorage.setItem(KEY, next);
        setLanguage(next);
      },
    }),
    [language],
  );
  return <LanguageContext value={chosen}>{children}</LanguageContext>;
}

export function useLanguage(): Chosen {
  const chosen = useContext(LanguageContext);
  if (!chosen) throw new Error("outside of a language");
  return chosen;
}

export function useFormat(): Format {
  return useLanguage().format;
}

/** Give the texts of the language in use. */
export function useTexts<T>(translations: Translations<T>): T {
  return translations[useLanguage().language];
}
