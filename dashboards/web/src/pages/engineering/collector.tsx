/** How the collector itself is: who watches must not be the one that fails unseen. */
import type { Snapshot } from "../../api/types";
import { Ago, For, Moment } from "../../ui/age";
import { Chip } from "../../ui/badge";
import { Tile } from "../../ui/tile";
import { Fact, Facts } from "../incident/facts";
import { grouped } from "./destinations";

export function CollectorTile({ snapshot }: { snapshot: Snapshot }) {
  const { collector, receivers } = snapshot;
  const { configuration, heartbeat } = collector;
  const troubles = [...collector.problems, ...collector.warnings, ...(configuration.refused?.problems ?? [])];
  return (
    <Tile title="The collector itself" className="collector">
      <Facts>
        <Fact name="State">
          <Chip tone={collector.ready ? "good" : "worst"}>{collector.ready ? "Ready" : "Not ready"}</Chip>
        </Fact>
        <Fact name="Version">{collector.version}</Fact>
        <Fact name="Up for">
          <For since={collector.started_at} />
        </Fact>
        <Fact name="History">
          <Chip tone={collector.store_error ? "worst" : "good"}>{collector.store_error ?? "Kept"}</Chip>
        </Fact>
        <Fact name="Heartbeat">
          {!heartbeat ? (
            "None is sent"
          ) : heartbeat.failing ? (
            <Chip tone="worst">{heartbeat.failing}</Chip>
          ) : heartbeat.withheld.length > 0 ? (
            <Chip tone="warn">Withheld</Chip>
          ) : heartbeat.last_sent ? (
            <Ago at={heartbeat.last_sent} />
          ) : (
            "Not yet"
          )}
        </Fact>
        <Fact name="Configuration">
          {configuration.file ? <code>{configuration.file.split("/").pop()}</code> : "The defaults"}
          {configuration.loaded_at && (
            <span className="soft">
              since <Moment at={configuration.loaded_at} />
            </span>
          )}
          {configuration.refused && <Chip tone="worst">A newer one is refused</Chip>}
          {configuration.needs_restart.length > 0 && <Chip tone="warn">Takes a restart</Chip>}
        </Fact>
      </Facts>
      {troubles.length > 0 && (
        <ul className="causes">
          {troubles.map((it) => (
            <li key={it}>{it}</li>
          ))}
        </ul>
      )}
      <ul className="rows tight">
        {receivers.map((it) => {
          const refused = Object.entries(it.refused);
          return (
            <li key={it.name} className="row">
              <span className="row-main">
                <span>
                  <code>{it.name}</code> <span className="soft">on {it.address}</span>
                </span>
                {refused.length > 0 && (
                  <span className="soft small">
                    refused: {refused.map(([why, many]) => `${grouped(many)} ${why.replaceAll("_", " ")}`).join(", ")}
                  </span>
                )}
              </span>
              <span className="number">{grouped(it.accepted)} requests</span>
            </li>
          );
        })}
      </ul>
    </Tile>
  );
}
