/** Addresses of traces, as `extensions.dashboard.trace_links` writes them. */

export interface Looked {
  service?: string | undefined;
  /** The id of one trace. */
  trace?: string;
  /** ms since 1970. */
  from: number;
  until: number;
}

/** Says whether an address leads to a single trace. */
export const isOfTrace = (url: string) => url.includes("{trace}");

/** Fills an address in; without a service or a trace, one that takes it is none. */
export function address(url: string, { service, trace, from, until }: Looked): string | undefined {
  if (service === undefined && url.includes("{service}")) return undefined;
  if (trace === undefined && isOfTrace(url)) return undefined;
  const values: Record<string, string | number> = {
    service: service ?? "",
    trace: trace ?? "",
    from,
    until,
    from_us: from * 1_000,
    until_us: until * 1_000,
  };
  return url.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = values[name];
    return value === undefined ? hole : encodeURIComponent(value);
  });
}
