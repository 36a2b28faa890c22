/** Links to where the traces of services are kept, about the time that is looked at. */
import { useAnswer } from "../api/queries";
import { address } from "../lib/traces";
import { GlyphIcon } from "./icons";

interface Props {
  services: readonly string[];
  /** ms since 1970. */
  from: number;
  until: number;
}

export function TraceLinks({ services, from, until }: Props) {
  const links = useAnswer("/api/v1/trace-links").data?.links ?? [];
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
      {all.map(({ url, name }) => (
        <a key={name} href={url} target="_blank" rel="noreferrer">
          <GlyphIcon name="out" size={14} /> {name}
        </a>
      ))}
    </span>
  );
}
