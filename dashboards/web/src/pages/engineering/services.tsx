/** Services with their versions, and whether each serves what it should. */
import { Link } from "react-router";
import type { Instance, Service } from "../../api/types";
import { count, type Tone } from "../../lib/words";
import { Ago } from "../../ui/age";
import { Chip } from "../../ui/badge";
import { Table } from "../../ui/table";
import { Empty, Tile } from "../../ui/tile";
import { difference, versions } from "./routes";

const STARTUPS: Record<NonNullable<Instance["startup"]>, { label: string; tone: Tone }> = {
  ready: { label: "Ready", tone: "good" },
  degraded: { label: "Degraded", tone: "warn" },
  aborted: { label: "Refused to start", tone: "worst" },
};

export function Startup({ instance: it }: { instance: Instance }) {
  if (!it.startup) return <Chip>Startup not told</Chip>;
  return <Chip tone={STARTUPS[it.startup].tone}>{STARTUPS[it.startup].label}</Chip>;
}

export function ServicesTile({ services }: { services: readonly Service[] }) {
  return (
    <Tile title="Services" className="services">
      {services.length === 0 ? (
        <Empty glyph="clock">No service has reported yet.</Empty>
      ) : (
        <Table label="Services" columns={["Service", "Running", "Instances", "Startup", "Routes", "Heard"]}>
          {services.map((it) => (
            <Row key={it.name} service={it} />
          ))}
        </Table>
      )}
    </Tile>
  );
}

function Row({ service }: { service: Service }) {
  const all = versions(service);
  const running = all.filter((it) => it.isRunning);
  const alive = service.instances.filter((it) => it.running);
  const newest = [...(alive.length > 0 ? alive : service.instances)].sort((one, other) =>
    other.last_seen.localeCompare(one.last_seen),
  )[0];
  const routes = difference(service);
  return (
    <tr>
      <th scope="row">
        <Link to={`/ui/services/${encodeURIComponent(service.name)}`}>{service.name}</Link>
      </th>
      <td>
        {running.length > 0 ? running.map((it) => it.version || "no version").join(", ") : <Chip tone="bad">None</Chip>}
      </td>
      <td className="number">
        {alive.length} <span className="soft">of {service.instances.length}</span>
      </td>
      <td>{newest && <Startup instance={newest} />}</td>
      <td>
        {routes && routes.gone.length > 0 ? (
          <Chip tone="worst">{routes.gone.length} gone</Chip>
        ) : (
          <span className="number">{newest?.routes ? count(newest.routes.length, "route") : "not told"}</span>
        )}
      </td>
      <td className="soft">{newest && <Ago at={newest.last_seen} />}</td>
    </tr>
  );
}
