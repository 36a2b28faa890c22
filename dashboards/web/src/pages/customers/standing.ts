/** How customers stand: as the worst of what they need. Pure. */
import type { Catalog, CatalogCustomer, Component, ComponentState, Snapshot } from "../../api/types";
import { worstFirst } from "../../lib/words";

/** Returns the components that a customer needs, the worst first. */
export function needs(customer: CatalogCustomer, snapshot: Snapshot): Component[] {
  const needed = new Set(customer.components);
  return worstFirst(snapshot.components.filter((it) => needed.has(it.id)));
}

/** Returns the state of a customer; unknown where it needs nothing that is watched. */
export const standing = (customer: CatalogCustomer, snapshot: Snapshot): ComponentState =>
  needs(customer, snapshot)[0]?.effective ?? "unknown";

/** Returns what a customer might do business for, with whether it is at risk and because of what. */
export function opportunities(catalog: Catalog, customer: string, snapshot: Snapshot) {
  const atRisk = new Map(snapshot.impact.opportunities.map((it) => [it.id, it.because]));
  return catalog.opportunities
    .filter((it) => it.customer === customer)
    .map((it) => ({ ...it, because: atRisk.get(it.id) }));
}

/** Returns why a journey does not get to its end, as far as that is known. */
export function journeyFailures(journey: string, snapshot: Snapshot): string[] {
  return snapshot.components.flatMap((component) =>
    component.reasons
      .filter((it) => it.kind === "journey_failing" && (it as { journey?: string }).journey === journey)
      .map((it) => it.text),
  );
}
