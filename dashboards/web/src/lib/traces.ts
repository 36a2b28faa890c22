/** Addresses of traces, as `extensions.dashboard.trace_links` writes them. */

export interface Looked {
  service: string | undefined;
  /** ms since 1970. */
  from: number;
  until: number;
}

/** Fills an address in; without a service, one that takes a service is none. */
export function address(url: string, { service, from, until }: Looked): string | undefined {
  if (service === undefined && url.includes("{service}")) return undefined;
  const values: Record<string, string | number> = {
    service: service ?? "",
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
