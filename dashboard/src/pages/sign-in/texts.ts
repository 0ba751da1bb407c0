import type { Translations } from "../../i18n/language";

interface Texts {
  title: string;
  token: string;
  hint: string;
  signIn: string;
  checking: string;
  missing: string;
  wrong: string;
  expired: string;
  tooMany(seconds: number): string;
  unreachable: string;
  refused: string;
  lookOffline: string;
}

export const texts: Translations<Texts> = {
  en: {
    title: "See your home's energy",
    token: "Read token",
    hint: "One of READ_TOKENS of your server. It stays in this tab and is forgotten when you close it.",
    signIn: "Sign in",
    checking: "Checking …",
    missing: "Give a token first.",
    wrong: "The server does not know this token. Check that it was copied in full.",
    expired: "You were signed out: the server does not know the token any more.",
    tooMany: (seconds) => `Too many attempts. Try again in ${seconds} s.`,
    unreachable: "The server does not answer. Check that it runs and that you are on a network that reaches it.",
    refused: "The server said:",
    lookOffline: "Show the last data of this device",
  },
  nl: {
    title: "Zie de energie van je huis",
    token: "Leestoken",
    hint: "Een van READ_TOKENS van je server. Het blijft in dit tabblad en wordt vergeten als je het sluit.",
    signIn: "Aanmelden",
    checking: "Controleren …",
    missing: "Geef eerst een token.",
    wrong: "De server kent dit token niet. Kijk na of het volledig gekopieerd is.",
    expired: "Je bent afgemeld: de server kent het token niet meer.",
    tooMany: (seconds) => `Te veel pogingen. Probeer opnieuw over ${seconds} s.`,
    unreachable: "De server antwoordt niet. Kijk na of hij draait en of je netwerk hem bereikt.",
    refused: "De server zei:",
    lookOffline: "Toon de laatste gegevens van dit toestel",
  },
  fr: {
    title: "Voyez l'énergie de votre maison",
    token: "Jeton de lecture",
    hint: "L'un des READ_TOKENS de votre serveur. Il reste dans cet onglet et est oublié à sa fermeture.",
    signIn: "Se connecter",
    checking: "Vérification …",
    missing: "Donnez d'abord un jeton.",
    wrong: "Le serveur ne connaît pas ce jeton. Vérifiez qu'il a été copié en entier.",
    expired: "Vous avez été déconnecté : le serveur ne connaît plus le jeton.",
    tooMany: (seconds) => `Trop d'essais. Réessayez dans ${seconds} s.`,
    unreachable: "Le serveur ne répond pas. Vérifiez qu'il tourne et que votre réseau l'atteint.",
    refused: "Le serveur a dit :",
    lookOffline: "Montrer les dernières données de cet appareil",
  },
  de: {
    title: "Sehen, wohin die Energie fließt",
    token: "Lesetoken",
    hint: "Eines der READ_TOKENS Ihres Servers. Es bleibt in diesem Tab und ist vergessen, sobald er geschlossen wird.",
    signIn: "Anmelden",
    checking: "Prüft …",
    missing: "Bitte zuerst ein Token angeben.",
    wrong: "Der Server kennt dieses Token nicht. Wurde es vollständig kopiert?",
    expired: "Sie wurden abgemeldet: Der Server kennt das Token nicht mehr.",
    tooMany: (seconds) => `Zu viele Versuche. Bitte in ${seconds} s noch einmal.`,
    unreachable: "Der Server antwortet nicht. Läuft er, und erreicht ihn dieses Netz?",
    refused: "Der Server sagte:",
    lookOffline: "Letzte Daten dieses Geräts zeigen",
  },
};
