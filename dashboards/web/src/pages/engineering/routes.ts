/** What a version serves, held against the version before it. Pure. */
import type { Instance, Service } from "../../api/types";

export interface Version {
  version: string;
  instances: Instance[];
  isRunning: boolean;
  /** When the first of its instances was heard. */
  since: string;
  /** What any of its instances serves; absent until a manifest came. */
  routes?: Set<string>;
}

export interface Difference {
  of: Version;
  against: Version;
  gone: string[];
  /** Gone, and somebody said that it is meant. */
  meant: string[];
  come: string[];
}

/** Groups the instances of a service by version, the newest first. */
export function versions(service: Service): Version[] {
  const all = new Map<string, Version>();
  for (const it of service.instances) {
    const known = all.get(it.version) ?? { version: it.version, instances: [], isRunning: false, since: it.first_seen };
    known.instances.push(it);
    known.isRunning ||= it.running;
    if (it.first_seen < known.since) known.since = it.first_seen;
    if (it.routes) known.routes = new Set([...(known.routes ?? []), ...it.routes]);
    all.set(it.version, known);
  }
  return [...all.values()].sort((one, other) => other.since.localeCompare(one.since));
}

/** Compares the newest version that told its routes with the one before it that did. */
export function difference(service: Service): Difference | undefined {
  const [of, against] = versions(service).filter((it) => it.routes);
  if (!of?.routes || !against?.routes) return undefined;
  const [now, before] = [of.routes, against.routes];
  const accepted = new Set(service.accepted_removals.map((it) => it.route));
  const missing = [...before].filter((it) => !now.has(it)).sort();
  return {
    of,
    against,
    gone: missing.filter((it) => !accepted.has(it)),
    meant: missing.filter((it) => accepted.has(it)),
    come: [...now].filter((it) => !before.has(it)).sort(),
  };
}
