import type { Translations } from "../i18n/language";
import type { AmountName } from "./amounts";

/** How a home's energies and shares are called, the same on every page. */
export type EnergyName = AmountName | "selfConsumption" | "selfSufficiency";

export const energyNames: Translations<Record<EnergyName, string>> = {
  en: {
    pv: "Production",
    load: "Consumption",
    import: "From the grid",
    export: "To the grid",
    charge: "Battery charged",
    discharge: "Battery discharged",
    selfConsumption: "Self-consumption",
    selfSufficiency: "Self-sufficiency",
  },
  nl: {
    pv: "Productie",
    load: "Verbruik",
    import: "Van het net",
    export: "Naar het net",
    charge: "Batterij geladen",
    discharge: "Batterij ontladen",
    selfConsumption: "Zelfconsumptie",
    selfSufficiency: "Zelfvoorziening",
  },
  fr: {
    pv: "Production",
    load: "Consommation",
    import: "Prélevé du réseau",
    export: "Injecté au réseau",
    charge: "Batterie chargée",
    discharge: "Batterie déchargée",
    selfConsumption: "Auto\u00adconsommation",
    selfSufficiency: "Autosuffisance",
  },
  de: {
    pv: "Erzeugung",
    load: "Verbrauch",
    import: "Netzbezug",
    export: "Einspeisung",
    charge: "Batterie geladen",
    discharge: "Batterie entladen",
    selfConsumption: "Eigenverbrauch",
    selfSufficiency: "Autarkie",
  },
};
