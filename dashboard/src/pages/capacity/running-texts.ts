import type { Translations } from "../../i18n/language";

interface Texts {
  quarter: string;
  noQuarter: string;
  over: string;
  outlook: { calm: string; free: string; rising: string; passed: string; unknown: string };
  gauge(soFar: string, forecast: string, limit: string): string;
  ends: string;
  limit: string;
  soFar: string;
  soFarHint: string;
  forecast: string;
  forecastHint: string;
  target: string;
  least: string;
  free: string;
  freeHint: string;
  freeWithoutCost: string;
  freeWithoutCostHint: string;
  moreThan(power: string): string;
}

export const runningTexts: Translations<Texts> = {
  en: {
    quarter: "This quarter of an hour",
    noQuarter: "The meter has sent nothing for two minutes, so nothing can be said of this quarter.",
    over: "The next quarter begins …",
    outlook: {
      calm: "Stays below this month's peak",
      free: "A new peak, but below 2.5 kW: it costs nothing",
      rising: "If it goes on like this, a new peak",
      passed: "This quarter is a new peak already",
      unknown: "Where this quarter is heading is not known yet",
    },
    gauge: (soFar, forecast, limit) => `So far ${soFar}, heading for ${forecast}, limit ${limit}.`,
    ends: "Time left",
    limit: "Limit",
    soFar: "So far",
    soFarHint: "what the quarter comes to if nothing more is drawn",
    forecast: "Heading for",
    forecastHint: "if the power stays as it is now",
    target: "Peak so far",
    least: "Least charged",
    free: "You may draw",
    freeHint: "on average until the quarter ends, without a new peak",
    freeWithoutCost: "Without cost",
    freeWithoutCostHint: "as much raises no bill, because 2.5 kW are charged anyway",
    moreThan: (power) => `over ${power}`,
  },
  nl: {
    quarter: "Dit kwartier",
    noQuarter: "De meter stuurde twee minuten niets, dus over dit kwartier valt niets te zeggen.",
    over: "Het volgende kwartier begint …",
    outlook: {
      calm: "Blijft onder de piek van deze maand",
      free: "Een nieuwe piek, maar onder 2,5 kW: kost niets",
      rising: "Als het zo doorgaat, een nieuwe piek",
      passed: "Dit kwartier is al een nieuwe piek",
      unknown: "Waar dit kwartier naartoe gaat, is nog niet bekend",
    },
    gauge: (soFar, forecast, limit) => `Tot nu toe ${soFar}, op weg naar ${forecast}, grens ${limit}.`,
    ends: "Resterende tijd",
    limit: "Grens",
    soFar: "Tot nu toe",
    soFarHint: "zoveel wordt het kwartier als er niets meer afgenomen wordt",
    forecast: "Op weg naar",
    forecastHint: "als het vermogen blijft zoals nu",
    target: "Piek tot nu toe",
    least: "Minimum",
    free: "Je mag afnemen",
    freeHint: "gemiddeld tot het einde van het kwartier, zonder nieuwe piek",
    freeWithoutCost: "Zonder kosten",
    freeWithoutCostHint: "zoveel verhoogt geen factuur, want 2,5 kW wordt toch aangerekend",
    moreThan: (power) => `meer dan ${power}`,
  },
  fr: {
    quarter: "Ce quart d'heure",
    noQuarter: "Le compteur n'a rien envoyé depuis deux minutes : on ne peut rien dire de ce quart d'heure.",
    over: "Le quart d'heure suivant commence …",
    outlook: {
      calm: "Reste sous la pointe de ce mois",
      free: "Une nouvelle pointe, mais sous 2,5 kW : sans coût",
      rising: "À ce rythme, une nouvelle pointe",
      passed: "Ce quart d'heure est déjà une nouvelle pointe",
      unknown: "On ne sait pas encore où va ce quart d'heure",
    },
    gauge: (soFar, forecast, limit) => `Jusqu'ici ${soFar}, prévu ${forecast}, limite ${limit}.`,
    ends: "Temps restant",
    limit: "Limite",
    soFar: "Jusqu'ici",
    soFarHint: "ce que donne le quart d'heure si plus rien n'est prélevé",
    forecast: "Prévu",
    forecastHint: "si la puissance reste comme maintenant",
    target: "Pointe jusqu'ici",
    least: "Minimum facturé",
    free: "Vous pouvez prélever",
    freeHint: "en moyenne jusqu'à la fin du quart d'heure, sans nouvelle pointe",
    freeWithoutCost: "Sans coût",
    freeWithoutCostHint: "ceci n'augmente pas la facture, car 2,5 kW sont facturés de toute façon",
    moreThan: (power) => `plus de ${power}`,
  },
  de: {
    quarter: "Diese Viertelstunde",
    noQuarter: "Der Zähler hat zwei Minuten nichts gesendet; über diese Viertelstunde lässt sich nichts sagen.",
    over: "Die nächste Viertelstunde beginnt …",
    outlook: {
      calm: "Bleibt unter der Spitze dieses Monats",
      free: "Eine neue Spitze, aber unter 2,5 kW: kostet nichts",
      rising: "Wenn es so weitergeht, eine neue Spitze",
      passed: "Diese Viertelstunde ist schon eine neue Spitze",
      unknown: "Wohin diese Viertelstunde führt, ist noch nicht bekannt",
    },
    gauge: (soFar, forecast, limit) => `Bisher ${soFar}, voraussichtlich ${forecast}, Grenze ${limit}.`,
    ends: "Restzeit",
    limit: "Grenze",
    soFar: "Bisher",
    soFarHint: "so viel wird die Viertelstunde, wenn nichts mehr bezogen wird",
    forecast: "Voraussichtlich",
    forecastHint: "wenn die Leistung so bleibt wie jetzt",
    target: "Spitze bisher",
    least: "Mindestens berechnet",
    free: "Sie können beziehen",
    freeHint: "im Mittel bis zum Ende der Viertelstunde, ohne neue Spitze",
    freeWithoutCost: "Ohne Kosten",
    freeWithoutCostHint: "so viel erhöht keine Rechnung, denn 2,5 kW werden ohnehin berechnet",
    moreThan: (power) => `über ${power}`,
  },
};
