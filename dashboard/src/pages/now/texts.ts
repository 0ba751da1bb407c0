import type { Translations } from "../../i18n/language";

interface Texts {
  title: string;
  sun: string;
  house: string;
  battery: string;
  grid: string;
  charging: string;
  discharging: string;
  resting: string;
  importing: string;
  exporting: string;
  balanced: string;
  /** A sentence for who does not see the picture; values carry their units. */
  describeSun(power: string): string;
  describeHouse(power: string): string;
  nothingYet: string;
  nothingYetHint: string;
  stale(when: string): string;
  staleHint: string;
  offline(when: string): string;
}

export const texts: Translations<Texts> = {
  en: {
    title: "Power now",
    sun: "Sun",
    house: "House",
    battery: "Battery",
    grid: "Grid",
    charging: "charging",
    discharging: "discharging",
    resting: "at rest",
    importing: "importing",
    exporting: "exporting",
    balanced: "nothing flows",
    describeSun: (power) => `The sun gives ${power}.`,
    describeHouse: (power) => `The house uses ${power}.`,
    nothingYet: "No readings have arrived yet",
    nothingYetHint: "Start sungaze-edge with a device of this token; its first reading appears here within seconds.",
    stale: (when) => `This was ${when}`,
    staleHint: "Nothing newer has arrived. The edge keeps its readings and delivers them when it is back.",
    offline: (when) => `The server cannot be reached. This was ${when}`,
  },
  nl: {
    title: "Vermogen nu",
    sun: "Zon",
    house: "Huis",
    battery: "Batterij",
    grid: "Net",
    charging: "laadt",
    discharging: "ontlaadt",
    resting: "in rust",
    importing: "afname",
    exporting: "injectie",
    balanced: "er stroomt niets",
    describeSun: (power) => `De zon geeft ${power}.`,
    describeHouse: (power) => `Het huis verbruikt ${power}.`,
    nothingYet: "Er zijn nog geen metingen aangekomen",
    nothingYetHint:
      "Start sungaze-edge met een toestel van dit token; de eerste meting verschijnt hier binnen enkele seconden.",
    stale: (when) => `Dit was ${when}`,
    staleHint: "Er is niets nieuwers aangekomen. De edge bewaart zijn metingen en levert ze zodra hij terug is.",
    offline: (when) => `De server is niet bereikbaar. Dit was ${when}`,
  },
  fr: {
    title: "Puissance actuelle",
    sun: "Soleil",
    house: "Maison",
    battery: "Batterie",
    grid: "Réseau",
    charging: "en charge",
    discharging: "en décharge",
    resting: "au repos",
    importing: "prélèvement",
    exporting: "injection",
    balanced: "rien ne circule",
    describeSun: (power) => `Le soleil donne ${power}.`,
    describeHouse: (power) => `La maison consomme ${power}.`,
    nothingYet: "Aucune mesure n'est encore arrivée",
    nothingYetHint:
      "Démarrez sungaze-edge avec un appareil de ce jeton ; sa première mesure apparaît ici en quelques secondes.",
    stale: (when) => `C'était ${when}`,
    staleHint: "Rien de plus récent n'est arrivé. L'edge garde ses mesures et les envoie dès son retour.",
    offline: (when) => `Le serveur est injoignable. C'était ${when}`,
  },
  de: {
    title: "Leistung jetzt",
    sun: "Sonne",
    house: "Haus",
    battery: "Batterie",
    grid: "Netz",
    charging: "lädt",
    discharging: "entlädt",
    resting: "ruht",
    importing: "Bezug",
    exporting: "Einspeisung",
    balanced: "nichts fließt",
    describeSun: (power) => `Die Sonne liefert ${power}.`,
    describeHouse: (power) => `Das Haus verbraucht ${power}.`,
    nothingYet: "Noch keine Messwerte da",
    nothingYetHint:
      "Starten Sie sungaze-edge mit einem Gerät dieses Tokens; der erste Messwert erscheint hier nach Sekunden.",
    stale: (when) => `Das war ${when}`,
    staleHint: "Neueres kam nicht an. Die Edge behält ihre Messwerte und liefert sie, sobald sie zurück ist.",
    offline: (when) => `Der Server ist nicht erreichbar. Das war ${when}`,
  },
};
