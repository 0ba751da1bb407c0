import type { Translations } from "./i18n/language";

interface Texts {
  skip: string;
  loading: string;
  pages: { now: string; energy: string; capacity: string; health: string };
  navigation: string;
  link: { connecting: string; live: string; polling: string; offline: string; stale: string; nothing: string };
  /** `when` is "3 minutes ago". */
  newest(when: string): string;
  menu: string;
  language: string;
  theme: string;
  themes: { auto: string; light: string; dark: string };
  signOut: string;
}

export const texts: Translations<Texts> = {
  en: {
    skip: "Skip to the content",
    loading: "Loading …",
    pages: { now: "Now", energy: "Energy", capacity: "Capacity", health: "Health" },
    navigation: "Pages",
    link: {
      connecting: "Connecting",
      live: "Live",
      polling: "Live, every 5 s",
      offline: "Server not reachable",
      stale: "No new readings",
      nothing: "No readings yet",
    },
    newest: (when) => `newest reading ${when}`,
    menu: "Settings",
    language: "Language",
    theme: "Colours",
    themes: { auto: "As the device", light: "Light", dark: "Dark" },
    signOut: "Sign out",
  },
  nl: {
    skip: "Naar de inhoud",
    loading: "Laden …",
    pages: { now: "Nu", energy: "Energie", capacity: "Capaciteit", health: "Toestand" },
    navigation: "Pagina's",
    link: {
      connecting: "Verbinden",
      live: "Live",
      polling: "Live, elke 5 s",
      offline: "Server niet bereikbaar",
      stale: "Geen nieuwe metingen",
      nothing: "Nog geen metingen",
    },
    newest: (when) => `nieuwste meting ${when}`,
    menu: "Instellingen",
    language: "Taal",
    theme: "Kleuren",
    themes: { auto: "Zoals het toestel", light: "Licht", dark: "Donker" },
    signOut: "Afmelden",
  },
  fr: {
    skip: "Aller au contenu",
    loading: "Chargement …",
    pages: { now: "Maintenant", energy: "Énergie", capacity: "Capacité", health: "État" },
    navigation: "Pages",
    link: {
      connecting: "Connexion",
      live: "En direct",
      polling: "En direct, toutes les 5 s",
      offline: "Serveur injoignable",
      stale: "Pas de nouvelles mesures",
      nothing: "Pas encore de mesures",
    },
    newest: (when) => `dernière mesure ${when}`,
    menu: "Réglages",
    language: "Langue",
    theme: "Couleurs",
    themes: { auto: "Comme l'appareil", light: "Clair", dark: "Sombre" },
    signOut: "Se déconnecter",
  },
  de: {
    skip: "Zum Inhalt",
    loading: "Lädt …",
    pages: { now: "Jetzt", energy: "Energie", capacity: "Kapazität", health: "Zustand" },
    navigation: "Seiten",
    link: {
      connecting: "Verbindet",
      live: "Live",
      polling: "Live, alle 5 s",
      offline: "Server nicht erreichbar",
      stale: "Keine neuen Messwerte",
      nothing: "Noch keine Messwerte",
    },
    newest: (when) => `neuester Messwert ${when}`,
    menu: "Einstellungen",
    language: "Sprache",
    theme: "Farben",
    themes: { auto: "Wie das Gerät", light: "Hell", dark: "Dunkel" },
    signOut: "Abmelden",
  },
};
