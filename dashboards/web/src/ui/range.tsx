/** Which time is looked at. */
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { get, type Answer } from "../api/client";
import { useNow } from "../live/store";

export const RANGES = [
  { days: 1, name: "24 h", before: "the day before" },
  { days: 7, name: "7 days", before: "the 7 days before" },
  { days: 30, name: "30 days", before: "the 30 days before" },
  { days: 90, name: "90 days", before: "the 90 days before" },
] as const;

export const [DAY, , MONTH] = RANGES;

export type Range = (typeof RANGES)[number];

export function useRange(): [Range, ReactNode] {
  const [range, setRange] = useState<Range>(MONTH);
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

/** What is asked of a range that ends now. */
type Ranged = "/api/v1/impact" | "/api/v1/health-score" | "/api/v1/series";

/**
 * Asks for a range that ends now, to the minute, each time that it asks. It is the same question all along, so that
 * what was answered stays, with its age, until the next answer.
 */
export function useSince<P extends Ranged>(
  path: P,
  range: Range,
  parameters: Record<string, string | number> = {},
): UseQueryResult<Answer<P>> {
  const from = new Date(Math.floor(useNow() / 60_000) * 60_000 - range.days * 86_400_000).toISOString();
  const asked = { points: 120, ...parameters };
  return useQuery({
    queryKey: [path, range.days, asked],
    queryFn: ({ signal }) => get(path, { ...asked, from }, signal),
  });
}
