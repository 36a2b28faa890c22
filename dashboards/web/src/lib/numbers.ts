/** Shares and scores as people read them. */

/** Writes a share, which the API gives as text. */
export const percent = (value: string | null | undefined): string => (value == null ? "not measured" : `${value} %`);

/** Writes a score of 100 to the tenth: what is not whole is never written as 100. */
export function score(text: string): string {
  const value = Number(text);
  if (value === 100) return "100";
  return Math.min(Number(value.toFixed(1)), 99.9).toFixed(1);
}
