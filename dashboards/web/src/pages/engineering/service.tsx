/** One service: its versions, how they started, what they serve. */
import { useParams } from "react-router";
import type { Instance, Service } from "../../api/types";
import { count } from "../../lib/words";
import { useNow, useSnapshot } from "../../live/store";
import { Act, Field, text } from "../../ui/act";
import { Ago, Moment } from "../../ui/age";
import { Chip } from "../../ui/badge";
import { Crumbs, PageHead } from "../../ui/page-head";
import { Empty, Tile } from "../../ui/tile";
import { TraceLinks } from "../../ui/trace-links";
import { difference, versions, type Difference } from "./routes";
import { Startup } from "./services";

/** Traces of the last hour are linked to (ms). */
const HOUR = 3_600_000;

export default function ServicePage() {
  const { name = "" } = useParams();
  const now = useNow();
  const service = useSnapshot().services.find((it) => it.name === name);
  return (
    <>
      <Crumbs to="/ui/engineering" name="Engineering">
        <span>Service</span>
      </Crumbs>
      <PageHead title={name}>
        <TraceLinks services={[name]} from={now - HOUR} until={now} />
      </PageHead>
      {service ? (
        <div className="columns">
          <div>
            <InstancesTile service={service} />
          </div>
          <div>
            <RoutesTile service={service} />
            <RemovalsTile service={service} />
          </div>
        </div>
      ) : (
        <Empty glyph="clock">No service of this name has reported.</Empty>
      )}
    </>
  );
}

function InstancesTile({ service }: { service: Service }) {
  return (
    <Tile title="Versions and instances">
      {versions(service).map((it) => (
        <section key={it.version} className="version" aria-label={`Version ${it.version}`}>
          <h3>
            Version {it.version || "not told"} {!it.isRunning && <Chip>Not running</Chip>}
          </h3>
          {it.instances.map((one) => (
            <InstanceRow key={one.id} instance={one} />
          ))}
        </section>
      ))}
    </Tile>
  );
}

function InstanceRow({ instance: it }: { instance: Instance }) {
  const failed = it.checks.filter((check) => check.outcome !== "passed");
  return (
    <details className="instance" open={it.running && failed.length > 0}>
      <summary>
        <code>{it.id}</code>
        <span className="facts">
          <Startup instance={it} />
          {it.running ? (
            <span>
              heard <Ago at={it.last_seen} />
            </span>
          ) : (
            <span className="soft">
              {it.stopped ? "stopped" : "silent since"} <Ago at={it.stopped ?? it.last_seen} />
            </span>
          )}
          <span className="soft">
            {it.checks.length > 0 && `${it.checks.length - failed.length} of ${count(it.checks.length, "check")} passed`}
          </span>
        </span>
      </summary>
      <p className="soft small">
        First heard <Moment at={it.first_seen} />; {it.routes ? count(it.routes.length, "route") : "no manifest of routes"}.
      </p>
      {it.checks.length === 0 ? (
        <p className="soft small">It told of no startup check.</p>
      ) : (
        <ul className="checks">
          {it.checks.map((check) => (
            <li key={check.name}>
              <Chip tone={check.outcome === "passed" ? "good" : "worst"}>{check.outcome}</Chip>
              <strong>{check.name}</strong>
              {check.component && <span className="soft">guards {check.component}</span>}
              {check.message && <span className="soft">{check.message}</span>}
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}

function RoutesTile({ service }: { service: Service }) {
  const routes = difference(service);
  const newest = versions(service).find((it) => it.routes);
  return (
    <Tile title={routes ? `Routes of ${routes.of.version} against ${routes.against.version}` : "Routes"}>
      {routes && <Changes service={service} routes={routes} />}
      {!newest && <Empty glyph="clock">No manifest of routes came yet.</Empty>}
      {newest?.routes && (
        <details>
          <summary>All {count(newest.routes.size, "route")}</summary>
          <ul className="routes">
            {[...newest.routes].sort().map((it) => (
              <li key={it}>
                <code>{it}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Tile>
  );
}

function Changes({ service, routes }: { service: Service; routes: Difference }) {
  const { gone, meant, come } = routes;
  if (gone.length + meant.length + come.length === 0) return <Empty>It serves what the version before it served.</Empty>;
  return (
    <>
      <ul className="routes">
        {gone.map((it) => (
          <li key={it} className="tone-worst">
            <Chip tone="worst">gone</Chip>
            <code>{it}</code>
          </li>
        ))}
        {meant.map((it) => (
          <li key={it}>
            <Chip>gone on purpose</Chip>
            <code>{it}</code>
          </li>
        ))}
        {come.map((it) => (
          <li key={it}>
            <Chip tone="calm">new</Chip>
            <code>{it}</code>
          </li>
        ))}
      </ul>
      {gone.length > 0 && (
        <div>
          <Act
            label="They are gone on purpose"
            glyph="check"
            path="/api/v1/routes/accept"
            body={(fields) => ({ service: service.name, routes: gone, why: text(fields, "why") })}
            hint={`${count(gone.length, "route")} will not be missed any more, here and in versions to come.`}
            small
          >
            <Field label="Why">{(id) => <input id={id} name="why" required maxLength={1_000} />}</Field>
          </Act>
        </div>
      )}
    </>
  );
}

function RemovalsTile({ service }: { service: Service }) {
  if (service.accepted_removals.length === 0) return null;
  return (
    <Tile title="Gone on purpose">
      <ul className="rows tight">
        {service.accepted_removals.map((it) => (
          <li key={it.route} className="row">
            <span className="row-main">
              <code>{it.route}</code>
              <span className="soft small">
                {it.by}: {it.why}
              </span>
            </span>
            <span className="soft since">
              <Ago at={it.at} />
            </span>
          </li>
        ))}
      </ul>
    </Tile>
  );
}
