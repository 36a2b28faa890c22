/** What nobody is told of for a while, and what is under maintenance. */
import type { Silence, Snapshot } from "../../api/types";
import { Act, Duration, Field, text } from "../../ui/act";
import { Moment } from "../../ui/age";
import { StateBadge } from "../../ui/badge";
import { Empty, Tile } from "../../ui/tile";
import { Reason } from "../incident/reason";

export function QuietTile({ snapshot }: { snapshot: Snapshot }) {
  const { silences, components } = snapshot;
  const maintained = components.filter((it) => it.effective === "under_maintenance");
  return (
    <Tile
      title="Silences, maintenance"
      className="quiet"
      actions={
        <Act
          label="Silence"
          glyph="mute"
          path="/api/v1/silences"
          body={(fields) => ({ component: text(fields, "component"), reason: text(fields, "reason"), for: text(fields, "for") })}
          hint="Nobody is told of incidents of this component for a while. It is watched as before."
          small
        >
          <Field label="Component">
            {(id) => (
              <select id={id} name="component">
                {components.map((it) => (
                  <option key={it.id} value={it.id}>
                    {it.name}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Duration usual="2h" />
          <Reason />
        </Act>
      }
    >
      {silences.length === 0 && maintained.length === 0 && <Empty>Nothing is silenced or under maintenance.</Empty>}
      <ul className="rows tight">
        {maintained.map((it) => (
          <li key={it.id} className="row">
            <span className="row-main">{it.name}</span>
            <StateBadge state={it.effective} />
          </li>
        ))}
        {silences.map((it) => (
          <Row key={it.id} silence={it} />
        ))}
      </ul>
    </Tile>
  );
}

function Row({ silence: it }: { silence: Silence }) {
  return (
    <li className="row">
      <span className="row-main">
        <span>
          {it.component && <>Component {it.component}</>}
          {it.incident && <>Incident {it.incident}</>} {it.when && <code>{it.when}</code>}
        </span>
        <span className="facts soft">
          <span>
            {it.author}: {it.reason}
          </span>
          <span>{it.until ? <>until <Moment at={it.until} /></> : "until it is resolved"}</span>
        </span>
      </span>
      {it.id.startsWith("sil-") && (
        <Act label="End" glyph="bolt" path={`/api/v1/silences/${encodeURIComponent(it.id)}/end`} hint="People are told again." small />
      )}
    </li>
  );
}
