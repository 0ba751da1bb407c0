/** The browser's formatters, each made once: making one takes as long as hundreds of uses. */

const numbers = new Map<string, Intl.NumberFormat>();
const ages = new Map<string, Intl.RelativeTimeFormat>();
const dates = new Map<string, Intl.DateTimeFormat>();

export function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return once(numbers, [locale, options], () => new Intl.NumberFormat(locale, options));
}

/** Without a zone, dates are those of this machine. */
export function momentFormat(
  locale: string,
  timeZone: string | undefined,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const all = { ...options, ...(timeZone && { timeZone }) };
  return once(dates, [locale, all], () => new Intl.DateTimeFormat(locale, all));
}

export function ageFormat(locale: string): Intl.RelativeTimeFormat {
  return once(ages, locale, () => new Intl.RelativeTimeFormat(locale, { numeric: "always", style: "short" }));
}

function once<T>(made: Map<string, T>, what: unknown, make: () => T): T {
  const key = JSON.stringify(what);
  const known = made.get(key) ?? make();
  made.set(key, known);
  return known;
}
