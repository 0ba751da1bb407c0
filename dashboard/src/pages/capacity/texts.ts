import type { Translations } from "../../i18n/language";

interface Texts {
  title: string;
  intro: string;
  meter: string;
  months: string;
  days: string;
  previousMonth: string;
  nextMonth: string;
  previousDay: string;
  nextDay: string;
  chooseDay: string;
  noMeter: string;
  noMeterHint: string;
  failed: string;
  asOf(when: string): string;
  peak: string;
  noPeak: string;
  /** `day` is "Thursday 12 November", times are "19:00". */
  peakAt(day: string, from: string, to: string): string;
  exact: string;
  atLeast(lower: string): string;
  between(lower: string, upper: string): string;
  mayBeHigher(count: number): string;
  meterSays(power: string): string;
  chargedAsLeast: string;
  allKnown: string;
  missing(count: number, duration: string): string;
}

export const texts: Translations<Texts> = {
  en: {
    title: "Capacity tariff",
    intro: "The heaviest quarter of an hour of each month counts for your grid costs.",
    meter: "Meter",
    months: "Months",
    days: "Days",
    previousMonth: "Previous month",
    nextMonth: "Next month",
    previousDay: "Previous day",
    nextDay: "Next day",
    chooseDay: "Day",
    noMeter: "There is no grid meter yet",
    noMeterHint: "Month peaks are read from a P1 meter. docs/edge.md tells how to connect one.",
    failed: "The server did not tell:",
    asOf: (when) => `As of ${when}`,
    peak: "Peak of the month",
    noPeak: "No quarter of this month is known.",
    peakAt: (day, from, to) => `${day}, ${from} to ${to}`,
    exact: "Known exactly.",
    atLeast: (lower) => `At least ${lower}.`,
    between: (lower, upper) => `At least ${lower}, at most ${upper}.`,
    mayBeHigher: (count) =>
      count === 1
        ? "The quarter that is not known may have been higher."
        : "A quarter that is not known may have been higher.",
    meterSays: (power) => `The meter itself says ${power}.`,
    chargedAsLeast: "Charged as 2.5 kW, the least.",
    allKnown: "Every quarter so far is known.",
    missing: (count, duration) =>
      `${count === 1 ? "1 quarter is" : `${count} quarters are`} not known (${duration}): no readings arrived.`,
  },
  nl: {
    title: "Capaciteitstarief",
    intro: "Het zwaarste kwartier van elke maand telt voor je netkosten.",
    meter: "Meter",
    months: "Maanden",
    days: "Dagen",
    previousMonth: "Vorige maand",
    nextMonth: "Volgende maand",
    previousDay: "Vorige dag",
    nextDay: "Volgende dag",
    chooseDay: "Dag",
    noMeter: "Er is nog geen digitale meter",
    noMeterHint: "Maandpieken komen van een P1-meter. docs/edge.md vertelt hoe je er een aansluit.",
    failed: "De server gaf geen antwoord:",
    asOf: (when) => `Stand van ${when}`,
    peak: "Maandpiek",
    noPeak: "Van deze maand is geen kwartier bekend.",
    peakAt: (day, from, to) => `${day}, ${from} tot ${to}`,
    exact: "Exact bekend.",
    atLeast: (lower) => `Minstens ${lower}.`,
    between: (lower, upper) => `Minstens ${lower}, hoogstens ${upper}.`,
    mayBeHigher: (count) =>
      count === 1 ? "Het onbekende kwartier kan hoger geweest zijn." : "Een onbekend kwartier kan hoger geweest zijn.",
    meterSays: (power) => `De meter zelf zegt ${power}.`,
    chargedAsLeast: "Aangerekend als 2,5 kW, het minimum.",
    allKnown: "Elk kwartier tot nu toe is bekend.",
    missing: (count, duration) =>
      `${count === 1 ? "1 kwartier is" : `${count} kwartieren zijn`} onbekend (${duration}): er kwamen geen metingen aan.`,
  },
  fr: {
    title: "Tarif capacitaire",
    intro: "Le quart d'heure le plus chargé de chaque mois compte pour vos coûts de réseau.",
    meter: "Compteur",
    months: "Mois",
    days: "Jours",
    previousMonth: "Mois précédent",
    nextMonth: "Mois suivant",
    previousDay: "Jour précédent",
    nextDay: "Jour suivant",
    chooseDay: "Jour",
    noMeter: "Il n'y a pas encore de compteur numérique",
    noMeterHint: "Les pointes mensuelles viennent d'un compteur P1. docs/edge.md explique comment le raccorder.",
    failed: "Le serveur n'a pas répondu :",
    asOf: (when) => `Situation : ${when}`,
    peak: "Pointe du mois",
    noPeak: "Aucun quart d'heure de ce mois n'est connu.",
    peakAt: (day, from, to) => `${day}, de ${from} à ${to}`,
    exact: "Connue exactement.",
    atLeast: (lower) => `Au moins ${lower}.`,
    between: (lower, upper) => `Au moins ${lower}, au plus ${upper}.`,
    mayBeHigher: (count) =>
      count === 1 ? "Le quart d'heure inconnu a pu être plus élevé." : "Un quart d'heure inconnu a pu être plus élevé.",
    meterSays: (power) => `Le compteur lui-même dit ${power}.`,
    chargedAsLeast: "Facturée comme 2,5 kW, le minimum.",
    allKnown: "Chaque quart d'heure jusqu'ici est connu.",
    missing: (count, duration) =>
      `${count === 1 ? "1 quart d'heure est inconnu" : `${count} quarts d'heure sont inconnus`} (${duration}) : aucune mesure n'est arrivée.`,
  },
  de: {
    title: "Kapazitätstarif",
    intro: "Die stärkste Viertelstunde jedes Monats zählt für Ihre Netzkosten.",
    meter: "Zähler",
    months: "Monate",
    days: "Tage",
    previousMonth: "Voriger Monat",
    nextMonth: "Nächster Monat",
    previousDay: "Voriger Tag",
    nextDay: "Nächster Tag",
    chooseDay: "Tag",
    noMeter: "Es gibt noch keinen Netzzähler",
    noMeterHint: "Monatsspitzen kommen von einem P1-Zähler. docs/edge.md sagt, wie man ihn anschließt.",
    failed: "Der Server gab keine Auskunft:",
    asOf: (when) => `Stand: ${when}`,
    peak: "Monatsspitze",
    noPeak: "Von diesem Monat ist keine Viertelstunde bekannt.",
    peakAt: (day, from, to) => `${day}, ${from} bis ${to}`,
    exact: "Genau bekannt.",
    atLeast: (lower) => `Mindestens ${lower}.`,
    between: (lower, upper) => `Mindestens ${lower}, höchstens ${upper}.`,
    mayBeHigher: (count) =>
      count === 1
        ? "Die unbekannte Viertelstunde kann höher gewesen sein."
        : "Eine unbekannte Viertelstunde kann höher gewesen sein.",
    meterSays: (power) => `Der Zähler selbst sagt ${power}.`,
    chargedAsLeast: "Berechnet als 2,5 kW, das Mindeste.",
    allKnown: "Jede Viertelstunde bis jetzt ist bekannt.",
    missing: (count, duration) =>
      `${count === 1 ? "1 Viertelstunde ist" : `${count} Viertelstunden sind`} unbekannt (${duration}): Es kamen keine Messwerte an.`,
  },
};
