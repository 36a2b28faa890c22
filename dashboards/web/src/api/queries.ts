/** What is asked for beside the socket. */
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { get, type Answer } from "./client";
import type { Incident, Snapshot } from "./types";

type Path = Parameters<typeof get>[0];

/** Asks for a path, and again from time to time. `also` makes it be asked anew when it changes. */
export function useAnswer<P extends Path>(
  path: P,
  parameters: Record<string, string | number> = {},
  also: unknown = null,
): UseQueryResult<Answer<P>> {
  return useQuery({
    queryKey: [path, parameters, also],
    queryFn: ({ signal }) => get(path, parameters, signal),
    // what was there stays until the next is
    placeholderData: (before) => before,
  });
}

/** Returns an incident: as the socket tells it while it is open, out of the history once it is over. */
export function useIncident(id: string, snapshot: Snapshot): { incident?: Incident; error: Error | null; at?: number } {
  const open = snapshot.incidents.find((it) => it.id === id);
  const past = useQuery({
    queryKey: ["/api/v1/incidents/{id}", id],
    queryFn: ({ signal }) => get("/api/v1/incidents/{id}", { id }, signal),
    enabled: !open,
  });
  if (open) return { incident: open, error: null };
  return { ...(past.data ? { incident: past.data } : {}), error: past.error, at: past.dataUpdatedAt };
}
