/** Requests to the server: the token goes into a header and nowhere else. */

/** The server answered, and not with what was asked for; `detail` is its own sentence. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly retryAfterS: number | null,
  ) {
    super(detail || `status ${status}`);
  }
}

/** Nothing came back: the server or the way to it is down. */
export class Unreachable extends Error {}

export interface Answer {
  response: Response;
  /** What is to be added to this machine's clock to get the server's, ms. */
  clockOffsetMs: number;
}

export async function ask(token: string, path: string, signal?: AbortSignal): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      headers: { Authorization: `Bearer ${token}` },
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable("no answer", { cause: error });
  }
  if (!response.ok) throw await refusal(response);
  return { response, clockOffsetMs: clockOffsetMs(response) };
}

/** Ask for a JSON document. */
export async function getJson<T>(token: string, path: string, signal?: AbortSignal): Promise<T> {
  const { response } = await ask(token, path, signal);
  try {
    return (await response.json()) as T;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable("the answer broke off", { cause: error });
  }
}

async function refusal(response: Response): Promise<Error> {
  // What a proxy says when the server behind it is away is no word of the server.
  if ([502, 503, 504].includes(response.status)) return new Unreachable(`status ${response.status}`);
  const problem: { detail?: unknown } = await response.json().catch(() => ({}));
  const wait = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const detail = typeof problem.detail === "string" ? problem.detail : "";
  return new Refused(response.status, detail, Number.isNaN(wait) ? null : wait);
}

function clockOffsetMs(response: Response): number {
  const date = Date.parse(response.headers.get("Date") ?? "");
  return Number.isNaN(date) ? 0 : date + 500 - Date.now(); // the header is cut off at the second
}

/** Put a path together; what is undefined is left out. */
export function withQuery(path: string, query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}
