import type { EnergyName } from "../../home/energy-texts";
import type { Translations } from "../../i18n/language";
import type { Unit } from "../../time/period";

export interface Texts {
  title: string;
  periods: string;
  units: Record<Unit, string>;
  everything: string;
  previous: string;
  next: string;
  today: string;
  choose: string;
  layers: Record<"fromSun" | "fromBattery" | "fromGrid" | "toBattery" | "toGrid" | "soc", string>;
  /** Chart's name; `period` is "March 2026". */
  chart(period: string): string;
  meanPower: string;
  socChart: string;
  total: string;
  noReadings: string;
  open(bucket: string): string;
  asChart: string;
  asTable: string;
  download: string;
  time: string;
  explain(name: string): string;
  definitions: Record<EnergyName, string>;
  sources: Record<"counter" | "power" | "balance", string>;
  loading: string;
  empty: string;
  emptyHint: string;
  unreachable: string;
  unreachableHint: string;
  refused: string;
  asOf(when: string): string;
}

export const texts: Translations<Texts> = {
  en: {
    title: "Energy",
    periods: "Period",
    units: { day: "Day", month: "Month", year: "Year", all: "All" },
    everything: "Since the first reading",
    previous: "Earlier",
    next: "Later",
    today: "Today",
    choose: "Go to",
    layers: {
      fromSun: "Used from sun",
      fromBattery: "Used from battery",
      fromGrid: "Used from grid",
      toBattery: "Into the battery",
      toGrid: "To the grid",
      soc: "Charge of the battery",
    },
    chart: (period) => `Chart of ${period}: upwards what the house used, downwards what went elsewhere`,
    meanPower: "mean power of each quarter of an hour",
    socChart: "Charge of the battery, in percent",
    total: "Total",
    noReadings: "no readings",
    open: (bucket) => `Open ${bucket}`,
    asChart: "Chart",
    asTable: "Table",
    download: "Download CSV",
    time: "Time",
    explain: (name) => `What is “${name}”?`,
    definitions: {
      pv: "What the solar panels gave.",
      load: "What the house used, wherever it came from.",
      import: "What came in from the grid. A grid meter goes before the inverter: it is what you pay by.",
      export: "What went out to the grid. A grid meter goes before the inverter.",
      charge: "What went into the battery.",
      discharge: "What came out of the battery.",
      selfConsumption: "How much of the production stayed at home: (production − to the grid) ÷ production.",
      selfSufficiency:
        "How much of the consumption did not come from the grid: (consumption − from the grid) ÷ consumption.",
    },
    sources: {
      counter: "Counted by the meter of the device.",
      power: "The device has no counter for it: power times time, so that gaps in the readings are missing.",
      balance: "Nothing measures it: it is what production, battery and grid leave.",
    },
    loading: "Loading …",
    empty: "Nothing was read in this period",
    emptyHint: "Go to another period, or see under Health whether your devices deliver.",
    unreachable: "The server cannot be reached",
    unreachableHint: "This device has no data of this period yet.",
    refused: "The server said:",
    asOf: (when) => `The server cannot be reached. As of ${when}.`,
  },
  nl: {
    title: "Energie",
    periods: "Periode",
    units: { day: "Dag", month: "Maand", year: "Jaar", all: "Alles" },
    everything: "Sinds de eerste meting",
    previous: "Vroeger",
    next: "Later",
    today: "Vandaag",
    choose: "Ga naar",
    layers: {
      fromSun: "Verbruikt van de zon",
      fromBattery: "Verbruikt uit de batterij",
      fromGrid: "Verbruikt van het net",
      toBattery: "In de batterij",
      toGrid: "Naar het net",
      soc: "Laadniveau van de batterij",
    },
    chart: (period) => `Grafiek van ${period}: naar boven wat het huis verbruikte, naar onder wat elders ging`,
    meanPower: "gemiddeld vermogen per kwartier",
    socChart: "Laadniveau van de batterij, in procent",
    total: "Totaal",
    noReadings: "geen metingen",
    open: (bucket) => `Open ${bucket}`,
    asChart: "Grafiek",
    asTable: "Tabel",
    download: "CSV downloaden",
    time: "Tijd",
    explain: (name) => `Wat is “${name}”?`,
    definitions: {
      pv: "Wat de zonnepanelen gaven.",
      load: "Wat het huis verbruikte, waar het ook vandaan kwam.",
      import: "Wat van het net kwam. Een netmeter gaat voor op de omvormer: daarmee wordt afgerekend.",
      export: "Wat naar het net ging. Een netmeter gaat voor op de omvormer.",
      charge: "Wat in de batterij ging.",
      discharge: "Wat uit de batterij kwam.",
      selfConsumption: "Hoeveel van de productie thuis bleef: (productie − naar het net) ÷ productie.",
      selfSufficiency: "Hoeveel van het verbruik niet van het net kwam: (verbruik − van het net) ÷ verbruik.",
    },
    sources: {
      counter: "Geteld door de meter van het toestel.",
      power: "Het toestel telt dit niet: vermogen maal tijd, zodat gaten in de metingen ontbreken.",
      balance: "Niets meet dit: het is wat productie, batterij en net overlaten.",
    },
    loading: "Laden …",
    empty: "In deze periode is niets gemeten",
    emptyHint: "Ga naar een andere periode, of kijk bij Toestand of je toestellen leveren.",
    unreachable: "De server is niet bereikbaar",
    unreachableHint: "Dit toestel heeft nog geen gegevens van deze periode.",
    refused: "De server zei:",
    asOf: (when) => `De server is niet bereikbaar. Stand van ${when}.`,
  },
  fr: {
    title: "Énergie",
    periods: "Période",
    units: { day: "Jour", month: "Mois", year: "Année", all: "Tout" },
    everything: "Depuis la première mesure",
    previous: "Avant",
    next: "Après",
    today: "Aujourd'hui",
    choose: "Aller à",
    layers: {
      fromSun: "Venant du soleil",
      fromBattery: "Venant de la batterie",
      fromGrid: "Venant du réseau",
      toBattery: "Vers la batterie",
      toGrid: "Vers le réseau",
      soc: "Charge de la batterie",
    },
    chart: (period) => `Graphique de ${period} : en haut ce que la maison a consommé, en bas ce qui est allé ailleurs`,
    meanPower: "puissance moyenne par quart d'heure",
    socChart: "Charge de la batterie, en pour cent",
    total: "Total",
    noReadings: "pas de mesures",
    open: (bucket) => `Ouvrir ${bucket}`,
    asChart: "Graphique",
    asTable: "Tableau",
    download: "Télécharger en CSV",
    time: "Heure",
    explain: (name) => `Qu'est-ce que « ${name} » ?`,
    definitions: {
      pv: "Ce que les panneaux solaires ont donné.",
      load: "Ce que la maison a consommé, d'où que cela vienne.",
      import: "Ce qui est venu du réseau. Un compteur passe avant l'onduleur : c'est lui qui fait la facture.",
      export: "Ce qui est parti vers le réseau. Un compteur passe avant l'onduleur.",
      charge: "Ce qui est entré dans la batterie.",
      discharge: "Ce qui est sorti de la batterie.",
      selfConsumption: "La part de la production restée à la maison : (production − injecté) ÷ production.",
      selfSufficiency:
        "La part de la consommation qui n'est pas venue du réseau : (consommation − prélevé) ÷ consommation.",
    },
    sources: {
      counter: "Compté par le compteur de l'appareil.",
      power: "L'appareil n'a pas de compteur : puissance fois temps, les trous dans les mesures manquent donc.",
      balance: "Rien ne le mesure : c'est ce que laissent la production, la batterie et le réseau.",
    },
    loading: "Chargement …",
    empty: "Rien n'a été mesuré pendant cette période",
    emptyHint: "Allez à une autre période, ou voyez sous État si vos appareils envoient leurs mesures.",
    unreachable: "Le serveur est injoignable",
    unreachableHint: "Cet appareil n'a pas encore de données de cette période.",
    refused: "Le serveur a dit :",
    asOf: (when) => `Le serveur est injoignable. Données de ${when}.`,
  },
  de: {
    title: "Energie",
    periods: "Zeitraum",
    units: { day: "Tag", month: "Monat", year: "Jahr", all: "Alles" },
    everything: "Seit dem ersten Messwert",
    previous: "Früher",
    next: "Später",
    today: "Heute",
    choose: "Gehe zu",
    layers: {
      fromSun: "Verbraucht von der Sonne",
      fromBattery: "Verbraucht aus der Batterie",
      fromGrid: "Verbraucht aus dem Netz",
      toBattery: "In die Batterie",
      toGrid: "Ins Netz",
      soc: "Ladestand der Batterie",
    },
    chart: (period) => `Diagramm ${period}: nach oben, was das Haus verbrauchte, nach unten, was anderswohin ging`,
    meanPower: "mittlere Leistung je Viertelstunde",
    socChart: "Ladestand der Batterie, in Prozent",
    total: "Summe",
    noReadings: "keine Messwerte",
    open: (bucket) => `${bucket} öffnen`,
    asChart: "Diagramm",
    asTable: "Tabelle",
    download: "CSV herunterladen",
    time: "Zeit",
    explain: (name) => `Was ist „${name}“?`,
    definitions: {
      pv: "Was die Solarmodule lieferten.",
      load: "Was das Haus verbrauchte, woher es auch kam.",
      import: "Was aus dem Netz kam. Ein Netzzähler geht vor dem Wechselrichter: Nach ihm wird abgerechnet.",
      export: "Was ins Netz ging. Ein Netzzähler geht vor dem Wechselrichter.",
      charge: "Was in die Batterie ging.",
      discharge: "Was aus der Batterie kam.",
      selfConsumption: "Wie viel der Erzeugung im Haus blieb: (Erzeugung − Einspeisung) ÷ Erzeugung.",
      selfSufficiency: "Wie viel des Verbrauchs nicht aus dem Netz kam: (Verbrauch − Netzbezug) ÷ Verbrauch.",
    },
    sources: {
      counter: "Vom Zähler des Geräts gezählt.",
      power: "Das Gerät zählt dies nicht: Leistung mal Zeit, Lücken in den Messwerten fehlen also.",
      balance: "Nichts misst dies: Es ist, was Erzeugung, Batterie und Netz übrig lassen.",
    },
    loading: "Lädt …",
    empty: "In diesem Zeitraum wurde nichts gemessen",
    emptyHint: "Wählen Sie einen anderen Zeitraum, oder sehen Sie unter Zustand nach, ob Ihre Geräte liefern.",
    unreachable: "Der Server ist nicht erreichbar",
    unreachableHint: "Von diesem Zeitraum hat dieses Gerät noch keine Daten.",
    refused: "Der Server sagte:",
    asOf: (when) => `Der Server ist nicht erreichbar. Stand: ${when}.`,
  },
};
