/** Which time is looked at. */
import { useState, type ReactNode } from "react";

export const RANGES = [
  { days: 1, name: "24 h", before: "the day before" },
  { days: 7, name: "7 days", before: "the 7 days before" },
  { days: 30, name: "30 days", before: "the 30 days before" },
  { days: 90, name: "90 days", before: "the 90 days before" },
] as const;

export type Range = (typeof RANGES)[number];

export function useRange(at = 2): [Range, ReactNode] {
  const [range, setRange] = useState<Range>(RANGES[at] ?? RANGES[0]);
  const choice = (
    <div className="choice" role="group" aria-label="Period">
      {RANGES.map((it) => (
        <button key={it.days} type="button" aria-pressed={it === range} onClick={() => setRange(it)}>
          {it.name}
        </button>
      ))}
    </div>
  );
  return [range, choice];
}

/** Returns the query of a range that ends now, to the minute, so that it stays the same for a while. */
export function since(range: Range, now: number, points = 120): Record<string, string | number> {
  const minute = Math.floor(now / 60_000) * 60_000;
  return { from: new Date(minute - range.days * 86_400_000).toISOString(), points };
}
