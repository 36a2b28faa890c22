/** Links to where traces are kept: those of services about a time, and single ones. */
import { useAnswer } from "../api/queries";
import { address, isOfTrace } from "../lib/traces";
import { GlyphIcon } from "./icons";

interface Time {
  /** ms since 1970. */
  from: number;
  until: number;
}

const useLinks = () => useAnswer("/api/v1/trace-links").data?.links ?? [];

function Out({ url, name }: { url: string; name: string }) {
  return (
    <a href={url} target="_blank" rel="noreferrer">
      <GlyphIcon name="out" size={14} /> {name}
    </a>
  );
}

export function TraceLinks({ services, from, until }: Time & { services: readonly string[] }) {
  const links = useLinks().filter((link) => !isOfTrace(link.url));
  const of = services.length === 0 ? [undefined] : services;
  const all = links.flatMap((link) =>
    of.flatMap((service) => {
      const url = address(link.url, { service, from, until });
      return url === undefined ? [] : [{ url, name: of.length > 1 && service ? `${link.name}: ${service}` : link.name }];
    }),
  );
  if (all.length === 0) return null;
  return (
    <span className="facts trace-links">
      {all.map((it) => (
        <Out key={it.name} {...it} />
      ))}
    </span>
  );
}

/** Traces by their ids, each with where it can be looked at. */
export function Traces({ traces, service, from, until }: Time & { traces: readonly string[]; service: string | undefined }) {
  const links = useLinks().filter((link) => isOfTrace(link.url));
  return (
    <ul className="traces">
      {traces.map((trace) => (
        <li key={trace} className="facts trace-links">
          <code>{trace}</code>
          {links.map((link) => {
            const url = address(link.url, { service, trace, from, until });
            return url && <Out key={link.name} url={url} name={link.name} />;
          })}
        </li>
      ))}
    </ul>
  );
}
