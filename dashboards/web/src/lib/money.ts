/** Money as people read it. Amounts stay decimal text: nothing is rounded through a float. */
import type { Amount } from "../api/types";

/** Writes `1234567.50` as `1,234,567.50`, whole amounts without decimals, and what is no decimal as it is. */
export function digits(amount: string): string {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount);
  if (!parts) return amount;
  const [, sign = "", whole = "", decimals = ""] = parts;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const rest = /[1-9]/.test(decimals) ? `.${decimals.padEnd(2, "0")}` : "";
  return `${sign}${grouped}${rest}`;
}

/** Writes an amount, such as `925,000 GBP`. */
export const money = (it: Amount): string => `${digits(it.amount)} ${it.currency}`;

/** Writes sums of several currencies, which are never added up; absent when there are none. */
export function sum(amounts: readonly Amount[]): string | undefined {
  return amounts.length > 0 ? amounts.map(money).join(" + ") : undefined;
}

/** Shortens an amount for the axis of a chart, such as `925k`. */
export function brief(value: number): string {
  const [unit, name] = value >= 1e9 ? [1e9, "bn"] : value >= 1e6 ? [1e6, "m"] : value >= 1e3 ? [1e3, "k"] : [1, ""];
  return `${Number((value / unit).toPrecision(3))}${name}`;
}

/** Compares amounts, the greater first; of different currencies by currency. */
export function byAmount(one: Amount, other: Amount): number {
  return one.currency.localeCompare(other.currency) || Number(other.amount) - Number(one.amount);
}
