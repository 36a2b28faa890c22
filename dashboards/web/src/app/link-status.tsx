/** How what is shown comes here, and how old it is. */
import { useKnown, useTick } from "../live/store";
import { span } from "../lib/time";

export function LinkStatus() {
  const { link, at } = useKnown();
  const tick = useTick();
  const [tone, text, lasting] = (() => {
    switch (link.kind) {
      case "live":
        return ["good", "Live"];
      case "polling":
        return ["warn", "Polling"];
      case "lost":
        return ["worst", "No answer", `, ${span(tick - link.since)}`];
      default:
        return ["none", "Connecting"];
    }
  })();
  const title =
    link.kind === "polling" ? "The live connection is lost; the page asks every two seconds instead." : undefined;
  return (
    <p className={`link-status tone-${tone}`} role="status" title={title} data-link={link.kind} data-age={Math.round(tick - at)}>
      <span className="dot" aria-hidden="true" />
      <span>
        {text}
        {/* whoever hears the page is told once, not each second */}
        <span aria-hidden="true">{lasting}</span>
      </span>
    </p>
  );
}
