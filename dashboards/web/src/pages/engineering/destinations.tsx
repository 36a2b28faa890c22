/** Where telemetry and messages go, and what waits. */
import type { Destination, Stream } from "../../api/types";
import { STREAMS } from "../../lib/words";
import { Ago } from "../../ui/age";
import { Chip } from "../../ui/badge";
import { Table } from "../../ui/table";
import { Empty, Tile } from "../../ui/tile";

const BYTES = ["B", "KiB", "MiB", "GiB"] as const;

/** Writes a size in the unit that fits. */
function bytes(many: number): string {
  const at = many < 1 ? 0 : Math.min(Math.floor(Math.log2(many) / 10), BYTES.length - 1);
  return `${Number((many / 1_024 ** at).toPrecision(3))} ${BYTES[at] ?? "B"}`;
}

export const grouped = (many: number): string => many.toLocaleString("en-GB");

const COLUMNS = [
  "Destination",
  "Of",
  "State",
  { name: "Waiting", end: true },
  { name: "Sent", end: true },
  { name: "Given up", end: true },
  "Last sent",
];

export function DestinationsTile({ destinations }: { destinations: readonly Destination[] }) {
  return (
    <Tile title="Destinations" className="destinations">
      {destinations.length === 0 ? (
        <Empty glyph="note">None is configured: nobody is told, and nothing is forwarded.</Empty>
      ) : (
        <Table label="Destinations" columns={COLUMNS}>
          {destinations.flatMap((it) =>
            (["signals", "notices", "metrics"] as const).map((kind) => {
              const stream = it[kind];
              return stream ? <Row key={`${it.name} ${kind}`} name={it.name} of={kind} stream={stream} /> : null;
            }),
          )}
        </Table>
      )}
    </Tile>
  );
}

const OF = { signals: "telemetry", notices: "messages", metrics: "metrics" } as const;

function Row({ name, of, stream: it }: { name: string; of: keyof typeof OF; stream: Stream }) {
  const { label, tone } = STREAMS[it.state];
  const dropped = Object.values(it.dropped).reduce((sum, many) => sum + many, 0) + it.refused_items;
  return (
    <tr>
      <th scope="row">
        <code>{name}</code>
      </th>
      <td>{OF[of]}</td>
      <td>
        <Chip tone={tone}>{label}</Chip>
        {it.why && <span className="soft small why">{it.why}</span>}
      </td>
      <td className="end number">
        {grouped(it.queued)}
        {it.queued_bytes > 0 && <span className="soft"> · {bytes(it.queued_bytes)}</span>}
        {it.oldest && (
          <span className="soft">
            {" "}
            · <Ago at={it.oldest} />
          </span>
        )}
      </td>
      <td className="end number">{grouped(it.sent)}</td>
      <td className={`end number ${dropped > 0 ? "loss" : "soft"}`} title={JSON.stringify(it.dropped)}>
        {grouped(dropped)}
      </td>
      <td className="soft">{it.last_sent ? <Ago at={it.last_sent} /> : "never"}</td>
    </tr>
  );
}
