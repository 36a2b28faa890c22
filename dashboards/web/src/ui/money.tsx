/** Amounts of money, each currency by itself. */
import type { Amount } from "../api/types";
import { digits } from "../lib/money";

export function Money({ amounts, none = "Nothing" }: { amounts: readonly Amount[]; none?: string }) {
  if (amounts.length === 0) return <span className="money none">{none}</span>;
  return (
    <span className="money">
      {amounts.map((it) => (
        <span key={it.currency} className="amount">
          {digits(it.amount)} <small>{it.currency}</small>
        </span>
      ))}
    </span>
  );
}
