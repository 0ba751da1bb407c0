import type { Translations } from "../../i18n/language";

interface Texts {
  today: string;
  month: string;
  nothing: string;
}

export const texts: Translations<Texts> = {
  en: { today: "Today", month: "This month:", nothing: "Nothing was read today yet." },
  nl: { today: "Vandaag", month: "Deze maand:", nothing: "Vandaag is nog niets gemeten." },
  fr: { today: "Aujourd'hui", month: "Ce mois :", nothing: "Rien n'a encore été mesuré aujourd'hui." },
  de: { today: "Heute", month: "Dieser Monat:", nothing: "Heute wurde noch nichts gemessen." },
};
