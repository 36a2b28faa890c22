/** Times and ages as people read them. */

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** Writes a time span (ms) in its two greatest units, such as `2 h 5 min`; below an hour in one. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const at = UNITS.findIndex(([, size]) => seconds >= size);
  if (at < 0) return ms > 0 ? "less than 1 s" : "0 s";
  const [unit, size] = UNITS[at] ?? ["s", 1];
  const first = `${Math.floor(seconds / size)} ${unit}`;
  const next = UNITS[at + 1];
  const rest = next && size >= 3_600 ? Math.floor((seconds % size) / next[1]) : 0;
  return next && rest > 0 ? `${first} ${rest} ${next[0]}` : first;
}

/** Writes how long ago something was, by the collector's clock (ms since 1970). */
export function ago(at: string, now: number): string {
  const age = now - Date.parse(at);
  return age < 1_000 ? "just now" : `${span(age)} ago`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const YEAR = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** Writes a moment in the reader's own zone: today by the clock, else with the day. */
export function moment(at: string, now: number): string {
  const [then, today] = [new Date(at), new Date(now)];
  if (then.toDateString() === today.toDateString()) return CLOCK.format(then);
  const day = then.getFullYear() === today.getFullYear() ? DAY : YEAR;
  return `${day.format(then)}, ${CLOCK.format(then)}`;
}

const MONTH = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });

/** Names a month such as `2026-11`. */
export const monthName = (month: string): string => MONTH.format(new Date(`${month}-01T00:00:00Z`));
