/** What customers would read of an incident, until somebody publishes it. */
import { useAnswer } from "../../api/queries";
import type { Incident } from "../../api/types";
import { Act, Field, text } from "../../ui/act";
import { Fetched } from "../../ui/age";
import { Failed, Tile } from "../../ui/tile";

/** There is no tile where nothing waits for a person. */
export function DraftsTile({ incident }: { incident: Incident }) {
  const query = useAnswer("/api/v1/incidents/{id}/drafts", { id: incident.id }, incident.revision);
  const drafts = query.data?.drafts ?? [];
  if (drafts.length === 0 && !query.error) return null;
  return (
    <Tile title="For customers to read" freshness={<Fetched at={query.dataUpdatedAt} />}>
      {query.error && <Failed error={query.error} again={query.refetch} />}
      {drafts.map((it) => (
        <section key={it.destination} className="draft" aria-label={it.destination}>
          <p className="soft small">
            <code>{it.destination}</code> says nothing of it yet; it would say:
          </p>
          <h3>{it.headline}</h3>
          <p className="said">{it.text}</p>
          <Act
            label="Publish"
            glyph="out"
            kind="primary"
            path={`/api/v1/incidents/${encodeURIComponent(incident.id)}/publish`}
            body={(fields) => ({ headline: text(fields, "headline"), text: text(fields, "text") })}
            hint="Customers read it at once, and what follows by itself."
            small
          >
            <Field label="Headline">{(id) => <input id={id} name="headline" required defaultValue={it.headline} />}</Field>
            <Field label="Text">{(id) => <textarea id={id} name="text" required defaultValue={it.text} />}</Field>
          </Act>
        </section>
      ))}
    </Tile>
  );
}
