/** The one connection of the page, for components. */
import { createContext, use, useEffect, useState, useSyncExternalStore } from "react";
import { get } from "../api/client";
import type { Snapshot } from "../api/types";
import { Connection, type Known, type Socket } from "./connection";

/** Makes a connection to the collector that served the page. */
export function connect(): Connection {
  const base = location.origin.replace(/^http/, "ws");
  return new Connection({
    open: (path) => new WebSocket(`${base}${path}`) as unknown as Socket,
    status: () => get("/api/v1/status"),
    now: () => performance.now(),
  });
}

export const LiveContext = createContext<Connection | null>(null);

/** Returns the connection. */
export function useConnection(): Connection {
  const connection = use(LiveContext);
  if (!connection) throw new Error("there is no connection around this component");
  return connection;
}

/** Returns what is known, anew whenever that changes. */
export function useKnown(): Known {
  const connection = useConnection();
  return useSyncExternalStore(connection.subscribe, connection.known);
}

/** Returns how everything stands. Only for what is shown once there is something to show. */
export function useSnapshot(): Snapshot {
  const { snapshot } = useKnown();
  if (!snapshot) throw new Error("nothing is known yet");
  return snapshot;
}

/** The page's clock, which only goes forward, and the wall clock, which goes on while the machine sleeps (ms). */
const CLOCKS = { page: () => performance.now(), wall: () => Date.now() };

/** Returns a clock (ms), about once a second. */
export function useTick(clock: keyof typeof CLOCKS = "page"): number {
  const [now, setNow] = useState(CLOCKS[clock]);
  useEffect(() => {
    const timer = setInterval(() => setNow(CLOCKS[clock]), 1_000);
    return () => clearInterval(timer);
  }, [clock]);
  return now;
}

/** Returns the collector's time (ms since 1970) now: ages are counted by its clock, not by ours. Before anything is known, 0. */
export function useNow(): number {
  const { snapshot, at } = useKnown();
  const tick = useTick();
  return snapshot ? Date.parse(snapshot.collector.now) + Math.max(0, tick - at) : 0;
}
