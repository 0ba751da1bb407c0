import type { Translations } from "../../i18n/language";

interface Texts {
  day: string;
  dayHint: string;
  barKnown(time: string, power: string): string;
  barBetween(time: string, lower: string, upper: string): string;
  barNone(time: string): string;
  barToCome(time: string): string;
  barRunning(time: string, power: string): string;
  monthsPeak(power: string): string;
  leastCharged: string;
  year: string;
  yearMean(mean: string, count: number): string;
  yearNone: string;
  yearMissing(count: number): string;
  mean(power: string): string;
  monthIs(month: string, power: string): string;
  monthCharged(month: string, power: string): string;
  monthNone(month: string): string;
  monthPartly: string;
  monthRunning: string;
  cost(perYear: string, perMonth: string): string;
  costOf(rate: string, vatIncluded: boolean, year: number): string;
  table: string;
  time: string;
  power: string;
  bounds: string;
  month: string;
  charged: string;
  remark: string;
  unknown: string;
}

export const chartTexts: Translations<Texts> = {
  en: {
    day: "Quarters of the day",
    dayHint: "Choose a bar with the pointer or the arrow keys.",
    barKnown: (time, power) => `${time}: ${power}`,
    barBetween: (time, lower, upper) => `${time}: between ${lower} and ${upper}`,
    barNone: (time) => `${time}: not known`,
    barToCome: (time) => `${time}: to come`,
    barRunning: (time, power) => `${time}: running, heading for ${power}`,
    monthsPeak: (power) => `peak of the month, ${power}`,
    leastCharged: "2.5 kW, the least that is charged",
    year: "Twelve months",
    yearMean: (mean, count) => `The bill rests on their mean: ${mean}${count === 12 ? "" : ` (of ${count} months)`}.`,
    yearNone: "No month is over yet, so there is no mean.",
    yearMissing: (count) => `${count === 1 ? "1 month is" : `${count} months are`} not known.`,
    mean: (power) => `mean as charged, ${power}`,
    monthIs: (month, power) => `${month}: ${power}`,
    monthCharged: (month, power) => `${month}: ${power}, charged as 2.5 kW`,
    monthNone: (month) => `${month}: not known`,
    monthPartly: "partly known",
    monthRunning: "not over",
    cost: (perYear, perMonth) => `About ${perYear} a year, ${perMonth} a month.`,
    costOf: (rate, vat, year) =>
      `An estimate, at ${rate} per kW (${year}, ${vat ? "with" : "without"} VAT); the bill may differ.`,
    table: "As a table",
    time: "Time",
    power: "Power",
    bounds: "Between",
    month: "Month",
    charged: "Charged",
    remark: "Remark",
    unknown: "not known",
  },
  nl: {
    day: "Kwartieren van de dag",
    dayHint: "Kies een balk met de aanwijzer of de pijltjestoetsen.",
    barKnown: (time, power) => `${time}: ${power}`,
    barBetween: (time, lower, upper) => `${time}: tussen ${lower} en ${upper}`,
    barNone: (time) => `${time}: onbekend`,
    barToCome: (time) => `${time}: komt nog`,
    barRunning: (time, power) => `${time}: loopt, op weg naar ${power}`,
    monthsPeak: (power) => `maandpiek, ${power}`,
    leastCharged: "2,5 kW, het minimum dat aangerekend wordt",
    year: "Twaalf maanden",
    yearMean: (mean, count) =>
      `De factuur rust op hun gemiddelde: ${mean}${count === 12 ? "" : ` (van ${count} maanden)`}.`,
    yearNone: "Er is nog geen maand voorbij, dus is er geen gemiddelde.",
    yearMissing: (count) => `${count === 1 ? "1 maand is" : `${count} maanden zijn`} onbekend.`,
    mean: (power) => `aangerekend gemiddelde, ${power}`,
    monthIs: (month, power) => `${month}: ${power}`,
    monthCharged: (month, power) => `${month}: ${power}, aangerekend als 2,5 kW`,
    monthNone: (month) => `${month}: onbekend`,
    monthPartly: "deels bekend",
    monthRunning: "loopt nog",
    cost: (perYear, perMonth) => `Ongeveer ${perYear} per jaar, ${perMonth} per maand.`,
    costOf: (rate, vat, year) =>
      `Een schatting, aan ${rate} per kW (${year}, ${vat ? "met" : "zonder"} btw); de factuur kan verschillen.`,
    table: "Als tabel",
    time: "Tijd",
    power: "Vermogen",
    bounds: "Tussen",
    month: "Maand",
    charged: "Aangerekend",
    remark: "Opmerking",
    unknown: "onbekend",
  },
  fr: {
    day: "Quarts d'heure du jour",
    dayHint: "Choisissez une barre avec le pointeur ou les flèches du clavier.",
    barKnown: (time, power) => `${time} : ${power}`,
    barBetween: (time, lower, upper) => `${time} : entre ${lower} et ${upper}`,
    barNone: (time) => `${time} : inconnu`,
    barToCome: (time) => `${time} : à venir`,
    barRunning: (time, power) => `${time} : en cours, prévu ${power}`,
    monthsPeak: (power) => `pointe du mois, ${power}`,
    leastCharged: "2,5 kW, le minimum facturé",
    year: "Douze mois",
    yearMean: (mean, count) =>
      `La facture repose sur leur moyenne : ${mean}${count === 12 ? "" : ` (de ${count} mois)`}.`,
    yearNone: "Aucun mois n'est terminé : il n'y a pas encore de moyenne.",
    yearMissing: (count) => `${count} mois ${count === 1 ? "est inconnu" : "sont inconnus"}.`,
    mean: (power) => `moyenne facturée, ${power}`,
    monthIs: (month, power) => `${month} : ${power}`,
    monthCharged: (month, power) => `${month} : ${power}, facturé comme 2,5 kW`,
    monthNone: (month) => `${month} : inconnu`,
    monthPartly: "connu en partie",
    monthRunning: "en cours",
    cost: (perYear, perMonth) => `Environ ${perYear} par an, ${perMonth} par mois.`,
    costOf: (rate, vat, year) =>
      `Une estimation, à ${rate} par kW (${year}, ${vat ? "TVA comprise" : "hors TVA"}) ; la facture peut différer.`,
    table: "En tableau",
    time: "Heure",
    power: "Puissance",
    bounds: "Entre",
    month: "Mois",
    charged: "Facturé",
    remark: "Remarque",
    unknown: "inconnu",
  },
  de: {
    day: "Viertelstunden des Tages",
    dayHint: "Balken mit dem Zeiger oder den Pfeiltasten wählen.",
    barKnown: (time, power) => `${time}: ${power}`,
    barBetween: (time, lower, upper) => `${time}: zwischen ${lower} und ${upper}`,
    barNone: (time) => `${time}: unbekannt`,
    barToCome: (time) => `${time}: kommt noch`,
    barRunning: (time, power) => `${time}: läuft, voraussichtlich ${power}`,
    monthsPeak: (power) => `Monatsspitze, ${power}`,
    leastCharged: "2,5 kW, das Mindeste, was berechnet wird",
    year: "Zwölf Monate",
    yearMean: (mean, count) =>
      `Die Rechnung beruht auf ihrem Mittel: ${mean}${count === 12 ? "" : ` (aus ${count} Monaten)`}.`,
    yearNone: "Noch ist kein Monat vorbei, also gibt es kein Mittel.",
    yearMissing: (count) => `${count === 1 ? "1 Monat ist" : `${count} Monate sind`} unbekannt.`,
    mean: (power) => `berechnetes Mittel, ${power}`,
    monthIs: (month, power) => `${month}: ${power}`,
    monthCharged: (month, power) => `${month}: ${power}, berechnet als 2,5 kW`,
    monthNone: (month) => `${month}: unbekannt`,
    monthPartly: "teils bekannt",
    monthRunning: "läuft noch",
    cost: (perYear, perMonth) => `Etwa ${perYear} im Jahr, ${perMonth} im Monat.`,
    costOf: (rate, vat, year) =>
      `Eine Schätzung, bei ${rate} je kW (${year}, ${vat ? "mit" : "ohne"} MwSt.); die Rechnung kann abweichen.`,
    table: "Als Tabelle",
    time: "Zeit",
    power: "Leistung",
    bounds: "Zwischen",
    month: "Monat",
    charged: "Berechnet",
    remark: "Bemerkung",
    unknown: "unbekannt",
  },
};
