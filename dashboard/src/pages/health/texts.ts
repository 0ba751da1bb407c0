import type { Translations } from "../../i18n/language";
import type { Complaint } from "./diagnosis";

interface Texts {
  title: string;
  allWell: string;
  /** `device` is its name, `what` how long it has been silent or how many readings it is about. */
  complaint: Record<Complaint, (device: string, what: string) => string>;
  remedy: Record<Complaint, string>;
  unreachable: string;
  server: string;
  link: { connecting: string; live: string; polling: string; offline: string };
  linkRemedy: string;
  lastAnswer(when: string): string;
  zone: string;
  noDevices: string;
  kind: Record<string, string>;
  noKind: string;
  lastSeen: string;
  firstSeen: string;
  never: string;
  stale: string;
  fresh: string;
  edge: string;
  edgeSilent: string;
  waiting: string;
  quarantined: string;
  version: string;
  reported(when: string): string;
}

export const texts: Translations<Texts> = {
  en: {
    title: "Health",
    allWell: "All devices deliver",
    complaint: {
      silent: (device, age) => `Nothing arrives: ${device} was last heard of ${age}`,
      alone: (device, age) => `${device} is silent: last heard of ${age}`,
      never: (device) => `${device} has delivered nothing yet`,
      refused: (device, count) => `${device}: the server refused readings (${count})`,
      waiting: (device, count) => `${device}: readings still wait on the edge (${count})`,
    },
    remedy: {
      silent:
        "Is the Raspberry Pi on, and does it reach the server? `sungaze-edge healthcheck` on it says what is wrong. Its readings are kept and come later.",
      alone:
        "Others deliver, so look at this device: its power, its network, its address. `sungaze-edge check` reads it once and says what is wrong.",
      never: "Set the device up on the edge under this very name; `sungaze-edge check` tries all settings.",
      refused:
        "They are kept on the edge. `sungaze-edge spool list` there says why, `sungaze-edge spool retry` sends them again.",
      waiting:
        "After an outage the edge catches up by itself. If the number keeps growing, `sungaze-edge healthcheck` says why.",
    },
    unreachable: "The server cannot be reached",
    server: "Server",
    link: {
      connecting: "Connecting …",
      live: "Readings are pushed as they arrive",
      polling: "Readings are asked for every 5 seconds: something on the way does not let them be pushed",
      offline: "Not reachable",
    },
    linkRemedy:
      "Does the server run, and is this device on a network that reaches it? Readings wait on the edge meanwhile.",
    lastAnswer: (when) => `Last answer ${when}`,
    zone: "Days and months are those of",
    noDevices: "This token is for no device.",
    kind: { sungrow: "Sungrow inverter", p1: "P1 grid meter" },
    noKind: "Device",
    lastSeen: "Newest reading",
    firstSeen: "First reading",
    never: "never",
    stale: "silent",
    fresh: "delivers",
    edge: "Edge",
    edgeSilent: "has told nothing of itself yet",
    waiting: "waiting",
    quarantined: "set aside",
    version: "version",
    reported: (when) => `reported ${when}`,
  },
  nl: {
    title: "Toestand",
    allWell: "Alle toestellen leveren",
    complaint: {
      silent: (device, age) => `Er komt niets aan: ${device} leverde het laatst ${age}`,
      alone: (device, age) => `${device} zwijgt: laatste meting ${age}`,
      never: (device) => `${device} heeft nog niets geleverd`,
      refused: (device, count) => `${device}: de server weigerde metingen (${count})`,
      waiting: (device, count) => `${device}: er wachten nog metingen op de edge (${count})`,
    },
    remedy: {
      silent:
        "Staat de Raspberry Pi aan en bereikt hij de server? `sungaze-edge healthcheck` zegt daar wat er scheelt. De metingen worden bewaard en komen later.",
      alone:
        "Andere toestellen leveren, dus kijk naar dit toestel: stroom, netwerk, adres. `sungaze-edge check` leest het één keer en zegt wat er scheelt.",
      never: "Stel het toestel op de edge in onder precies deze naam; `sungaze-edge check` probeert alle instellingen.",
      refused:
        "Ze blijven op de edge bewaard. `sungaze-edge spool list` zegt daar waarom, `sungaze-edge spool retry` stuurt ze opnieuw.",
      waiting:
        "Na een onderbreking haalt de edge vanzelf in. Blijft het aantal groeien, dan zegt `sungaze-edge healthcheck` waarom.",
    },
    unreachable: "De server is niet bereikbaar",
    server: "Server",
    link: {
      connecting: "Verbinden …",
      live: "Metingen komen binnen zodra ze er zijn",
      polling: "Metingen worden om de 5 seconden opgevraagd: iets onderweg laat ze niet meteen door",
      offline: "Niet bereikbaar",
    },
    linkRemedy:
      "Draait de server, en is dit toestel op een netwerk dat hem bereikt? De metingen wachten intussen op de edge.",
    lastAnswer: (when) => `Laatste antwoord ${when}`,
    zone: "Dagen en maanden zijn die van",
    noDevices: "Dit token is voor geen enkel toestel.",
    kind: { sungrow: "Sungrow-omvormer", p1: "P1-meter" },
    noKind: "Toestel",
    lastSeen: "Nieuwste meting",
    firstSeen: "Eerste meting",
    never: "nooit",
    stale: "zwijgt",
    fresh: "levert",
    edge: "Edge",
    edgeSilent: "heeft nog niets over zichzelf verteld",
    waiting: "wachten",
    quarantined: "opzijgezet",
    version: "versie",
    reported: (when) => `gemeld op ${when}`,
  },
  fr: {
    title: "État",
    allWell: "Tous les appareils envoient leurs mesures",
    complaint: {
      silent: (device, age) => `Rien n'arrive : dernière mesure de ${device} ${age}`,
      alone: (device, age) => `${device} est muet : dernière mesure ${age}`,
      never: (device) => `${device} n'a encore rien envoyé`,
      refused: (device, count) => `${device} : le serveur a refusé des mesures (${count})`,
      waiting: (device, count) => `${device} : des mesures attendent encore sur l'edge (${count})`,
    },
    remedy: {
      silent:
        "Le Raspberry Pi est-il allumé et atteint-il le serveur ? `sungaze-edge healthcheck` y dit ce qui ne va pas. Ses mesures sont gardées et arriveront plus tard.",
      alone:
        "D'autres envoient leurs mesures : regardez donc cet appareil, son alimentation, son réseau, son adresse. `sungaze-edge check` le lit une fois et dit ce qui ne va pas.",
      never: "Configurez l'appareil sur l'edge sous ce nom exact ; `sungaze-edge check` essaie tous les réglages.",
      refused:
        "Elles sont gardées sur l'edge. `sungaze-edge spool list` y dit pourquoi, `sungaze-edge spool retry` les renvoie.",
      waiting:
        "Après une panne, l'edge rattrape son retard tout seul. Si le nombre grandit encore, `sungaze-edge healthcheck` dit pourquoi.",
    },
    unreachable: "Le serveur est injoignable",
    server: "Serveur",
    link: {
      connecting: "Connexion …",
      live: "Les mesures sont envoyées dès leur arrivée",
      polling: "Les mesures sont demandées toutes les 5 secondes : quelque chose en chemin empêche l'envoi direct",
      offline: "Injoignable",
    },
    linkRemedy:
      "Le serveur tourne-t-il, et cet appareil est-il sur un réseau qui l'atteint ? Entre-temps, les mesures attendent sur l'edge.",
    lastAnswer: (when) => `Dernière réponse ${when}`,
    zone: "Les jours et les mois sont ceux de",
    noDevices: "Ce jeton ne vaut pour aucun appareil.",
    kind: { sungrow: "Onduleur Sungrow", p1: "Compteur P1" },
    noKind: "Appareil",
    lastSeen: "Dernière mesure",
    firstSeen: "Première mesure",
    never: "jamais",
    stale: "muet",
    fresh: "actif",
    edge: "Edge",
    edgeSilent: "n'a encore rien dit de lui-même",
    waiting: "en attente",
    quarantined: "mises de côté",
    version: "version",
    reported: (when) => `signalé le ${when}`,
  },
  de: {
    title: "Zustand",
    allWell: "Alle Geräte liefern",
    complaint: {
      silent: (device, age) => `Es kommt nichts an: ${device} lieferte zuletzt ${age}`,
      alone: (device, age) => `${device} schweigt: letzter Messwert ${age}`,
      never: (device) => `${device} hat noch nichts geliefert`,
      refused: (device, count) => `${device}: Der Server hat Messwerte abgelehnt (${count})`,
      waiting: (device, count) => `${device}: Auf der Edge warten noch Messwerte (${count})`,
    },
    remedy: {
      silent:
        "Ist der Raspberry Pi an, und erreicht er den Server? `sungaze-edge healthcheck` sagt dort, was fehlt. Die Messwerte bleiben erhalten und kommen später.",
      alone:
        "Andere liefern, also liegt es an diesem Gerät: Strom, Netz, Adresse. `sungaze-edge check` liest es einmal und sagt, was fehlt.",
      never:
        "Richten Sie das Gerät auf der Edge unter genau diesem Namen ein; `sungaze-edge check` probiert alle Einstellungen.",
      refused:
        "Sie bleiben auf der Edge erhalten. `sungaze-edge spool list` sagt dort, warum, `sungaze-edge spool retry` sendet sie erneut.",
      waiting:
        "Nach einem Ausfall holt die Edge von selbst auf. Wächst die Zahl weiter, sagt `sungaze-edge healthcheck`, warum.",
    },
    unreachable: "Der Server ist nicht erreichbar",
    server: "Server",
    link: {
      connecting: "Verbindet …",
      live: "Messwerte kommen, sobald sie da sind",
      polling: "Messwerte werden alle 5 Sekunden abgefragt: Etwas auf dem Weg lässt sie nicht sofort durch",
      offline: "Nicht erreichbar",
    },
    linkRemedy:
      "Läuft der Server, und erreicht ihn das Netz dieses Geräts? Die Messwerte warten inzwischen auf der Edge.",
    lastAnswer: (when) => `Letzte Antwort ${when}`,
    zone: "Tage und Monate sind die von",
    noDevices: "Dieses Token gilt für kein Gerät.",
    kind: { sungrow: "Sungrow-Wechselrichter", p1: "P1-Netzzähler" },
    noKind: "Gerät",
    lastSeen: "Neuester Messwert",
    firstSeen: "Erster Messwert",
    never: "nie",
    stale: "schweigt",
    fresh: "liefert",
    edge: "Edge",
    edgeSilent: "hat noch nichts von sich gesagt",
    waiting: "warten",
    quarantined: "beiseitegelegt",
    version: "Version",
    reported: (when) => `gemeldet am ${when}`,
  },
};
