/** Rules, what each found last, and the numbers that it goes by. */
import { useMemo, useState } from "react";
import { useAnswer } from "../../api/queries";
import type { Alert, Rule } from "../../api/types";
import type { Tone } from "../../lib/words";
import { useNow } from "../../live/store";
import { Ago } from "../../ui/age";
import { Chip } from "../../ui/badge";
import { Chart } from "../../ui/chart";
import { QueryTile } from "../../ui/query-tile";
import { DAY, useSince } from "../../ui/range";
import { Empty, Failed } from "../../ui/tile";
import { Traces } from "../../ui/trace-links";

const PHASES: Record<Alert["phase"], { label: string; tone: Tone; order: number }> = {
  firing: { label: "Firing", tone: "worst", order: 0 },
  pending: { label: "Pending", tone: "warn", order: 1 },
  recovering: { label: "Recovering", tone: "calm", order: 2 },
  resolved: { label: "Resolved", tone: "none", order: 3 },
  inactive: { label: "Quiet", tone: "good", order: 4 },
};

const DATA: Record<Alert["data"], { label: string; tone: Tone }> = {
  fresh: { label: "Fresh", tone: "good" },
  missing: { label: "Missing", tone: "warn" },
  error: { label: "Error", tone: "worst" },
};

export function RulesTile() {
  const rules = useAnswer("/api/v1/rules");
  const alerts = useAnswer("/api/v1/alerts", { limit: 1_000 });
  const kinds = useMemo(() => new Map(rules.data?.rules.map((it) => [it.id, it]) ?? []), [rules.data]);
  return (
    <QueryTile title="Rules, and what they found" query={alerts} lines={6}>
      {({ alerts: found }) => (
        <>
          <List alerts={found} rules={kinds} />
          {rules.error && <Failed error={rules.error} again={rules.refetch} />}
          {rules.data && <Silent alerts={found} rules={rules.data.rules} />}
        </>
      )}
    </QueryTile>
  );
}

function List({ alerts, rules }: { alerts: readonly Alert[]; rules: ReadonlyMap<string, Rule> }) {
  const sorted = [...alerts].sort(
    (one, other) => PHASES[one.phase].order - PHASES[other.phase].order || one.key.rule.localeCompare(other.key.rule),
  );
  return (
    <ul className="rows">
      {sorted.map((it) => (
        <li key={JSON.stringify(it.key)} className="row">
          <Found alert={it} rule={rules.get(it.key.rule)} />
        </li>
      ))}
    </ul>
  );
}

/** Where a trace is looked for in time, what led to it may be seen from here on (ms). */
const BEFORE = 300_000;

function Found({ alert: it, rule }: { alert: Alert; rule: Rule | undefined }) {
  const [isOpen, setOpen] = useState(false);
  const { label, tone } = PHASES[it.phase];
  const labels = Object.entries(it.key.labels);
  return (
    <details className="rule" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Chip tone={tone}>{label}</Chip>
        <code>{it.key.rule}</code>
        <span className="soft small">
          {rule?.kind} on {it.component}, <Ago at={it.since} />
        </span>
        {it.data !== "fresh" && <Chip tone={DATA[it.data].tone}>{`Data: ${DATA[it.data].label.toLowerCase()}`}</Chip>}
        {it.flapping && <Chip tone="warn">Flapping</Chip>}
        {rule && !rule.enforced && <Chip>Only observes</Chip>}
      </summary>
      <div className="found">
        {labels.length > 0 && (
          <p className="soft small">
            {labels.map(([name, value]) => (
              <code key={name}>{`${name}=${value} `}</code>
            ))}
          </p>
        )}
        {it.reasons.map((reason) => (
          <p key={reason.text}>{reason.text}</p>
        ))}
        {it.example && <Example trace={it.example} service={it.key.labels["service.name"]} at={Date.parse(it.since)} />}
        {it.suppressed_by && <p>Nobody is told: {it.suppressed_by}</p>}
        {isOpen && Object.entries(it.series).map(([name, series]) => <Indicator key={series} name={name} series={series} />)}
      </div>
    </details>
  );
}

/** A trace that shows what was found, which is looked for from some time before that on. */
function Example({ trace, service, at }: { trace: string; service: string | undefined; at: number }) {
  const now = useNow();
  return (
    <>
      <span className="soft small">A trace that shows it</span>
      <Traces traces={[trace]} service={service} from={at - BEFORE} until={now} />
    </>
  );
}

const number = (value: number) => Number(value.toPrecision(4)).toLocaleString("en-GB");

/** The number that a rule goes by, over a day. */
function Indicator({ name, series }: { name: string; series: string }) {
  const { data } = useSince("/api/v1/series", DAY, { name: series });
  const times = useMemo(() => data?.steps.map((it) => Date.parse(it.at) / 1_000) ?? [], [data]);
  const lines = useMemo(
    () => [{ label: name, colour: "--accent", values: data?.steps.map((it) => it.average) ?? [] }],
    [data, name],
  );
  const last = data?.steps.at(-1);
  if (!last) return <p className="soft small">{`${name}: nothing was kept in the last 24 h.`}</p>;
  return (
    <Chart summary={`${name}, 24 h; last ${number(last.average)}`} times={times} lines={lines} format={number} height={120} />
  );
}

function Silent({ alerts, rules }: { alerts: readonly Alert[]; rules: readonly Rule[] }) {
  const heard = new Set(alerts.map((it) => it.key.rule));
  const silent = rules.filter((it) => !heard.has(it.id));
  if (rules.length === 0) return <Empty glyph="note">No rule holds: the catalog names no component.</Empty>;
  if (silent.length === 0) return null;
  return (
    <details>
      <summary>{silent.length} more that found nothing yet</summary>
      <ul className="routes">
        {silent.map((it) => (
          <li key={it.id}>
            <code>{it.id}</code>
            <span className="soft small">
              {it.kind} on {it.component}
              {!it.enforced && ", only observes"}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
