/** Names of months and ISO weeks, as reports are asked for. Pure. */

/** Returns the month of a moment (ms since 1970, UTC) and those before it, such as `2026-11`. */
export function months(now: number, many: number): string[] {
  const at = new Date(now);
  return Array.from({ length: many }, (_, back) => {
    const it = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - back, 1));
    return it.toISOString().slice(0, 7);
  });
}

/** Returns the ISO week of a moment and those before it, such as `2026-W48`. */
export function weeks(now: number, many: number): string[] {
  return Array.from({ length: many }, (_, back) => week(now - back * 7 * 86_400_000));
}

function week(now: number): string {
  const at = new Date(now);
  // the week is of the year that its Thursday is in
  const day = at.getUTCDay() || 7;
  const thursday = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() + 4 - day));
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const number = Math.floor((thursday.getTime() - first) / (7 * 86_400_000)) + 1;
  return `${thursday.getUTCFullYear()}-W${String(number).padStart(2, "0")}`;
}
