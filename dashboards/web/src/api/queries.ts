/** What is asked for beside the socket. */
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
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

interface IncidentAnswer {
  incident?: Incident | undefined;
  error: Error | null;
  /** When it was read out of the history; absent while the socket tells it. */
  at?: number;
}

/**
 * Returns an incident: as the socket tells it while it is open, out of the history once it is over. Until that
 * answers, it stays as it was told last, so that nobody loses what they are writing about it.
 */
export function useIncident(id: string, snapshot: Snapshot): IncidentAnswer {
  const open = snapshot.incidents.find((it) => it.id === id);
  const [last, setLast] = useState(open);
  if (open && open !== last) setLast(open);
  const past = useQuery({
    queryKey: ["/api/v1/incidents/{id}", id],
    queryFn: ({ signal }) => get("/api/v1/incidents/{id}", { id }, signal),
    enabled: !open,
  });
  if (open) return { incident: open, error: null };
  if (past.data) return { incident: past.data, error: past.error, at: past.dataUpdatedAt };
  return { incident: last?.id === id ? last : undefined, error: past.error };
}
