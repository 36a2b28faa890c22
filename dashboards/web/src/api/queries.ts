/** What is asked for beside the socket. */
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { get, type Answer } from "./client";
import type { Incident, Snapshot } from "./types";

type Path = Parameters<typeof get>[0];

/**
 * Asks for a path, and again from time to time, and at once when `also` changes. That makes no other question of
 * it, so that what was answered stays, with its age, until the next answer.
 */
export function useAnswer<P extends Path>(
  path: P,
  parameters: Record<string, string | number> = {},
  also?: string | number,
): UseQueryResult<Answer<P>> {
  const query = useQuery({
    queryKey: [path, parameters],
    queryFn: ({ signal }) => get(path, parameters, signal),
    refetchOnMount: also === undefined || "always",
  });
  const { refetch } = query;
  const asked = useRef(also);
  useEffect(() => {
    if (asked.current === also) return;
    asked.current = also;
    void refetch();
  }, [also, refetch]);
  return query;
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
