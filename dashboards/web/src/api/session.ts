/** Who asks, and what they may do. */
import { useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { Role, Session } from "./types";

const ORDER: readonly Role[] = ["viewer", "operator", "admin"];

export function useSession(): Session | undefined {
  return useQuery({ queryKey: ["session"], queryFn: ({ signal }) => get("/api/v1/session", {}, signal), staleTime: 60_000 })
    .data;
}

/** Says whether whoever looks has at least a role. */
export function useMay(role: Role): boolean {
  const session = useSession();
  return session !== undefined && ORDER.indexOf(session.role) >= ORDER.indexOf(role);
}

/** Who comes from the collector's own machine without a token has no name; they say one. */
export const isNameless = (session: Session | undefined): boolean => session?.name === "loopback";
