/** The live readings: server-sent events read with fetch, because EventSource cannot carry a token in a header. */

import { type Answer, ask } from "./client";
import type { Sample } from "./types";

/** Between two bytes of a healthy stream lie at most 15 s. */
export const SILENCE_MS = 25_000;

export interface Listener {
  /** The stream stands; the offset is that of `Answer`. */
  opened(clockOffsetMs: number): void;
  sample(sample: Sample): void;
}

/** Read one stream to its end, which the server makes after some 100 s. Rejects when it could not begin or broke off. */
export async function readStream(token: string, listener: Listener, signal: AbortSignal): Promise<void> {
  const silence = new AbortController();
  const either = AbortSignal.any([signal, silence.signal]);
  let heardAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hear = () => {
    heardAt = Date.now();
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  // While a phone sleeps its timers stand still, and the connection is dead when it wakes.
  const wake = () => Date.now() - heardAt > SILENCE_MS && silence.abort();
  document.addEventListener("visibilitychange", wake);
  hear();
  try {
    const { response, clockOffsetMs } = await open(token, either);
    listener.opened(clockOffsetMs);
    const parser = new EventParser((event, data) => {
      if (event === "sample") listener.sample(JSON.parse(data) as Sample);
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      hear();
      parser.feed(part.value);
    }
  } finally {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", wake);
  }
}

const PATH = "/v1/stream";

/** A stream that was asked for before anybody was there to read it. */
let early: { token: string; stop: AbortController; answer: Promise<Answer> } | null = null;

/** Ask for a stream that the first reader is to take over. */
export function openEarly(token: string): void {
  const stop = new AbortController();
  const answer = ask(token, PATH, stop.signal);
  answer.catch(() => {}); // who takes it over hears of it
  early = { token, stop, answer };
}

function open(token: string, signal: AbortSignal): Promise<Answer> {
  const taken = early;
  early = null;
  if (taken?.token !== token) {
    taken?.stop.abort();
    return ask(token, PATH, signal);
  }
  signal.addEventListener("abort", () => taken.stop.abort(), { once: true });
  return taken.answer;
}

/** Takes the text of an event stream apart, however it is cut (WHATWG HTML, "server-sent events"). */
export class EventParser {
  #rest = "";
  #event = "";
  #data: string[] = [];

  constructor(readonly dispatch: (event: string, data: string) => void) {}

  feed(text: string): void {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#take(line);
  }

  #take(line: string): void {
    if (line === "") {
      if (this.#data.length) this.dispatch(this.#event || "message", this.#data.join("\n"));
      this.#event = "";
      this.#data = [];
      return;
    }
    const [, field, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "event") this.#event = value ?? "";
    if (field === "data") this.#data.push(value ?? "");
  }
}
