/** What was at risk, lost and protected over a period, and how that compares with the one before. */
import { useMemo } from "react";
import type { Answer } from "../../api/client";
import type { Amount } from "../../api/types";
import { brief, sum } from "../../lib/money";
import { Chart } from "../../ui/chart";
import { Money } from "../../ui/money";
import { QueryTile } from "../../ui/query-tile";
import { useRange, useSince, type Range } from "../../ui/range";

type History = Answer<"/api/v1/impact">;

/** Returns the currencies that anything is in, the one with most at risk first. */
function currencies(history: History): string[] {
  const most = new Map<string, number>();
  for (const { currency, amount } of history.steps.flatMap((it) => [...it.at_risk, ...it.lost])) {
    most.set(currency, Math.max(most.get(currency) ?? 0, Number(amount)));
  }
  return [...most].sort((one, other) => other[1] - one[1]).map(([currency]) => currency);
}

const of = (amounts: readonly Amount[], currency: string) =>
  Number(amounts.find((it) => it.currency === currency)?.amount ?? 0);

export function MoneyOverTime() {
  const [range, choice] = useRange();
  const query = useSince("/api/v1/impact", range);
  return (
    <>
      <QueryTile title="Revenue at risk over time" query={query} actions={choice} className="over-time" lines={6}>
        {(history) => <RiskChart history={history} range={range} />}
      </QueryTile>
      <QueryTile
        title={`Protected, ${range.name}`}
        query={query}
        className="protected"
        definition="Opportunities that were at risk in this time and returned to safety, each counted once. Never added to what was lost."
      >
        {({ total, before }) => <Compared now={total.protected} before={before.protected} range={range} tone="good" />}
      </QueryTile>
      <QueryTile
        title={`Lost, ${range.name}`}
        query={query}
        className="lost"
        definition="What components earn in an hour, by the share of their requests that failed, added up over the time they did. Incidents that turned out false do not count."
      >
        {({ total, before }) => <Compared now={total.lost} before={before.lost} range={range} tone="worst" />}
      </QueryTile>
    </>
  );
}

function RiskChart({ history, range }: { history: History; range: Range }) {
  const [currency = "", ...others] = currencies(history);
  const times = useMemo(() => history.steps.map((it) => Date.parse(it.at) / 1_000), [history]);
  const lines = useMemo(() => {
    const values = history.steps.map((it) => of(it.at_risk, currency));
    return [{ label: "At risk", colour: "--worst", values, stepped: true }];
  }, [history, currency]);
  const total = sum(history.total.at_risk) ?? "nothing";
  const more = others.length > 0 ? ` Drawn is ${currency}.` : "";
  return (
    <Chart
      summary={`At risk at any time in these ${range.name}: ${total}.${more}`}
      times={times}
      lines={lines}
      format={brief}
      height={230}
    />
  );
}

interface ComparedProps {
  now: Amount[];
  before: Amount[];
  range: Range;
  tone: "good" | "worst";
}

function Compared({ now, before, range, tone }: ComparedProps) {
  return (
    <>
      <p className={`figure ${now.length > 0 ? `tone-${tone}` : ""}`}>
        <Money amounts={now} />
      </p>
      <p className="soft">
        {sum(before) ?? "nothing"} in {range.before}
      </p>
    </>
  );
}
