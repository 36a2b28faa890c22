/**
 * Keeps how everything stands current: over a socket, and by asking where there is none. A socket
 * that says nothing is asked after, since one that broke half-way says nothing either.
 */
import { ApiError } from "../api/client";
import type { LiveMessage, Snapshot } from "../api/types";
import { GAP, apply, type State } from "./reducer";

/** How what is shown comes here. */
export type Link =
  | { kind: "connecting" }
  /** Over the socket, as it changes. */
  | { kind: "live" }
  /** The socket is lost; it is asked for every two seconds. */
  | { kind: "polling" }
  /** The collector does not answer; what is shown is old. `since` is in ms of the clock. */
  | { kind: "lost"; since: number; why: string }
  /** The collector wants a token, or another one. */
  | { kind: "denied" };

/** What is known. */
export interface Known {
  readonly link: Link;
  readonly snapshot?: Snapshot;
  /** When that came, in ms of the clock. */
  readonly at: number;
}

/** The part of a WebSocket that is used. */
export interface Socket {
  onmessage: ((event: { data: string }) => void) | null;
  onclose: (() => void) | null;
  close(): void;
}

/** What surrounds a connection; tests have their own. */
export interface World {
  open(path: string): Socket;
  status(): Promise<Snapshot>;
  /** A clock that only goes forward, in ms. */
  now(): number;
}

/** How long a socket may say nothing until it is asked after (ms); most collectors speak each second. */
export const QUIET = 2_500;

/**
 * How long an answer may take until the collector is said not to answer (ms). It is waited for longer: a slow
 * answer is one. With what a socket may be quiet this is less than five seconds.
 */
export const PATIENCE = 2_000;

/** How often is asked where there is no socket (ms). */
export const POLL = 2_000;

/** How long until a socket is tried again (ms), by how often it was in vain. */
const RETRY = [500, 1_000, 2_000, 4_000, 8_000];

export class Connection {
  #known: Known;
  #state: State | undefined;
  #socket: Socket | undefined;
  #failures = 0;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #poll: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** The question that is on its way; its answer is void once this is another one, or none. */
  #asking: symbol | undefined;
  #running = false;
  readonly #world: World;
  readonly #listeners = new Set<() => void>();

  constructor(world: World) {
    this.#world = world;
    this.#known = { link: { kind: "connecting" }, at: world.now() };
  }

  known = (): Known => this.#known;

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start() {
    this.#running = true;
    this.#failures = 0;
    this.#open();
  }

  stop() {
    this.#running = false;
    this.#asking = undefined;
    this.#drop();
    clearTimeout(this.#poll);
    clearTimeout(this.#retry);
  }

  /** Tries at once, for whoever comes back to the page, signs in or waits no longer. */
  again() {
    this.stop();
    if (this.#known.link.kind === "denied") this.#tell({ ...this.#known, link: { kind: "connecting" } });
    this.start();
  }

  #tell(known: Known) {
    this.#known = known;
    for (const listener of this.#listeners) listener();
  }

  #open() {
    this.#drop();
    clearTimeout(this.#retry);
    const after = this.#state ? `?after=${this.#state.seq}` : "";
    const socket = this.#world.open(`/api/v1/live${after}`);
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data) as LiveMessage);
    socket.onclose = () => this.#lose();
    this.#listen();
  }

  /** Leaves the socket, which tells no more. */
  #drop() {
    clearTimeout(this.#quiet);
    if (!this.#socket) return;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = undefined;
  }

  #listen() {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => void this.#ask(), QUIET);
  }

  #take(message: LiveMessage) {
    const next = apply(this.#state, message);
    if (next === GAP) {
      this.#state = undefined;
      this.#open();
      return;
    }
    this.#state = next;
    // what is answered yet was asked before this was said: it may be older, and no answer is no news
    this.#asking = undefined;
    this.#failures = 0;
    clearTimeout(this.#poll);
    this.#listen();
    this.#tell({ link: { kind: "live" }, snapshot: next.snapshot, at: this.#world.now() });
  }

  /** The socket is gone: asks until there is another one. */
  #lose() {
    this.#drop();
    if (!this.#running) return;
    const wait = RETRY[Math.min(this.#failures, RETRY.length - 1)];
    this.#failures += 1;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), wait);
    clearTimeout(this.#poll);
    void this.#ask();
  }

  /** Asks for everything, and again after a while unless a socket speaks. */
  async #ask() {
    if (this.#asking || !this.#running) return;
    const asked = Symbol();
    this.#asking = asked;
    const late = setTimeout(() => {
      if (this.#asking === asked) this.#lost("The collector does not answer.");
    }, PATIENCE);
    const answer = await this.#world.status().then(
      (snapshot) => () => this.#answered(snapshot),
      (error: unknown) => () => this.#refused(error),
    );
    clearTimeout(late);
    if (this.#asking !== asked) return;
    this.#asking = undefined;
    answer();
  }

  #answered(snapshot: Snapshot) {
    const newest = this.#known.snapshot?.collector.now;
    const same = newest !== undefined && snapshot.collector.now <= newest;
    if (same && this.#socket && this.#known.link.kind === "live") {
      // nothing happened that a socket could have told; what the collector says of itself may have
      this.#tell({ ...this.#known, snapshot });
      this.#listen();
      return;
    }
    // what was missed is not known by number
    this.#state = undefined;
    this.#tell({ link: { kind: "polling" }, snapshot, at: same ? this.#known.at : this.#world.now() });
    if (this.#socket && this.#known.link.kind === "polling") this.#reopen();
    this.#again();
  }

  /** A socket that says nothing while there are news is none. */
  #reopen() {
    this.#drop();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), RETRY[0]);
  }

  #refused(error: unknown) {
    if (error instanceof ApiError && error.status === 401) {
      this.stop();
      this.#state = undefined;
      this.#tell({ link: { kind: "denied" }, at: this.#world.now() });
      return;
    }
    this.#lost(error instanceof Error ? error.message : String(error));
    this.#again();
  }

  #lost(why: string) {
    const { link } = this.#known;
    const since = link.kind === "lost" ? link.since : this.#world.now();
    this.#tell({ ...this.#known, link: { kind: "lost", since, why } });
  }

  #again() {
    clearTimeout(this.#poll);
    this.#poll = setTimeout(() => void this.#ask(), POLL);
  }
}
