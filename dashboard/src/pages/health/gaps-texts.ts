import type { Translations } from "../../i18n/language";

interface Texts {
  title: string;
  none: string;
  some(count: number, duration: string): string;
  notTold: string;
  failed: string;
  start: string;
  end: string;
  length: string;
  lasts: string;
  list: string;
}

export const gapsTexts: Translations<Texts> = {
  en: {
    title: "Last 30 days",
    none: "No gap of ten minutes or more.",
    some: (count, duration) => `${count === 1 ? "1 gap" : `${count} gaps`}, together ${duration}`,
    notTold: "This server does not tell gaps.",
    failed: "The gaps could not be asked for.",
    start: "Last reading before",
    end: "First reading after",
    length: "Length",
    lasts: "it lasts",
    list: "List of gaps",
  },
  nl: {
    title: "Laatste 30 dagen",
    none: "Geen onderbreking van tien minuten of meer.",
    some: (count, duration) => `${count === 1 ? "1 onderbreking" : `${count} onderbrekingen`}, samen ${duration}`,
    notTold: "Deze server vertelt niets over onderbrekingen.",
    failed: "De onderbrekingen konden niet opgevraagd worden.",
    start: "Laatste meting ervoor",
    end: "Eerste meting erna",
    length: "Duur",
    lasts: "duurt nog",
    list: "Lijst van onderbrekingen",
  },
  fr: {
    title: "30 derniers jours",
    none: "Aucune interruption de dix minutes ou plus.",
    some: (count, duration) => `${count === 1 ? "1 interruption" : `${count} interruptions`}, en tout ${duration}`,
    notTold: "Ce serveur ne renseigne pas les interruptions.",
    failed: "Les interruptions n'ont pas pu être demandées.",
    start: "Dernière mesure avant",
    end: "Première mesure après",
    length: "Durée",
    lasts: "en cours",
    list: "Liste des interruptions",
  },
  de: {
    title: "Letzte 30 Tage",
    none: "Keine Lücke von zehn Minuten oder mehr.",
    some: (count, duration) => `${count === 1 ? "1 Lücke" : `${count} Lücken`}, zusammen ${duration}`,
    notTold: "Dieser Server nennt keine Lücken.",
    failed: "Die Lücken konnten nicht abgefragt werden.",
    start: "Letzter Messwert davor",
    end: "Erster Messwert danach",
    length: "Dauer",
    lasts: "dauert an",
    list: "Liste der Lücken",
  },
};
