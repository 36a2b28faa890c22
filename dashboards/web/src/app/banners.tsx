/** What everybody has to know before they believe what is below. */
import type { ReactNode } from "react";
import { useKnown } from "../live/store";
import { Moment } from "../ui/age";
import { GlyphIcon, type Glyph } from "../ui/icons";

export function Banners() {
  const { link, snapshot } = useKnown();
  if (!snapshot) return null;
  const { collector } = snapshot;
  const withheld = collector.heartbeat?.withheld ?? [];
  return (
    <>
      {link.kind === "lost" && (
        <Banner glyph="warning" title="The collector does not answer">
          What is shown below was so at <Moment at={collector.now} /> and may be over. The page goes on asking.
        </Banner>
      )}
      {!collector.ready && (
        <Banner glyph="eyeOff" title="The collector cannot see">
          <Problems problems={collector.problems} none="It is starting: nothing was evaluated yet." />
          What is shown below is the last that it knew.
        </Banner>
      )}
      {collector.ready && withheld.length > 0 && (
        <Banner glyph="eyeOff" title="The collector sees only a part">
          <Problems problems={withheld} none="" />
        </Banner>
      )}
      {collector.store_error != null && (
        <Banner glyph="warning" title="The newest change is not stored">
          {collector.store_error}
        </Banner>
      )}
    </>
  );
}

function Problems({ problems, none }: { problems: readonly string[]; none: string }) {
  if (problems.length === 0) return <p>{none}</p>;
  return (
    <ul>
      {problems.map((it) => (
        <li key={it}>{it}</li>
      ))}
    </ul>
  );
}

function Banner({ glyph, title, children }: { glyph: Glyph; title: string; children: ReactNode }) {
  return (
    <section className="banner" role="alert" aria-label={title}>
      <GlyphIcon name={glyph} size={20} />
      <div>
        <h2>{title}</h2>
        <div className="banner-text">{children}</div>
      </div>
    </section>
  );
}
