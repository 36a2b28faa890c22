import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../api/client";
import type { Snapshot } from "../api/types";
import { Connection, POLL, QUIET, type Socket } from "./connection";

const snapshot = (second: number) =>
  ({ collector: { now: new Date(second * 1_000).toISOString() }, components: [] }) as unknown as Snapshot;

/** A collector whose sockets and answers a test holds in its hand. */
function world() {
  const sockets: (Socket & { path: string; closed: boolean })[] = [];
  let answer: () => Snapshot | Promise<Snapshot> = () => {
    throw new ApiError(0, "no answer");
  };
  const connection = new Connection({
    open: (path) => {
      const socket = { path, closed: false, onmessage: null, onclose: null, close: () => void (socket.closed = true) };
      sockets.push(socket);
      return socket;
    },
    status: () => new Promise((resolve) => resolve(answer())),
    now: () => Date.now(),
  });
  const newest = () => {
    const socket = sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  };
  const send = (message: object) => newest().onmessage?.({ data: JSON.stringify(message) });
  return {
    connection,
    sockets,
    newest,
    send,
    everything: (seq: number, second: number) => send({ kind: "snapshot", seq, snapshot: snapshot(second) }),
    answers: (next: () => Snapshot) => (answer = next),
    answersAfter: (ms: number, next: () => Snapshot | Promise<Snapshot>) =>
      (answer = () => new Promise((resolve) => setTimeout(() => resolve(next()), ms))),
    link: () => connection.known().link.kind,
    second: () => Date.parse(connection.known().snapshot?.collector.now ?? "") / 1_000,
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("a connection", () => {
  it("is live with the first message", () => {
    const it = world();
    it.connection.start();
    expect(it.link()).toBe("connecting");
    it.everything(1, 10);
    expect([it.link(), it.second()]).toEqual(["live", 10]);
  });

  it("asks for everything after a gap", () => {
    const it = world();
    it.connection.start();
    it.everything(1, 10);
    it.send({ kind: "delta", seq: 3 });
    expect(it.sockets).toHaveLength(2);
    expect(it.sockets[0]?.closed).toBe(true);
    expect(it.newest().path).toBe("/api/v1/live");
  });

  it("polls at once when the socket is lost, and is live again when there is one", async () => {
    const it = world();
    it.answers(() => snapshot(11));
    it.connection.start();
    it.everything(1, 10);
    it.newest().onclose?.();
    await pass(0);
    expect([it.link(), it.second()]).toEqual(["polling", 11]);
    await pass(500);
    expect(it.sockets).toHaveLength(2);
    it.everything(5, 12);
    expect([it.link(), it.second()]).toEqual(["live", 12]);
    it.answers(() => {
      throw new Error("is not asked any more");
    });
    await pass(QUIET - 1);
    expect(it.link()).toBe("live");
  });

  it("goes on where it was when nothing was asked in between", async () => {
    const it = world();
    it.answers(() => snapshot(10));
    it.connection.start();
    it.everything(41, 10);
    it.connection.again();
    expect(it.newest().path).toBe("/api/v1/live?after=41");
    await pass(0);
  });

  it("polls on while sockets fail", async () => {
    const it = world();
    let second = 20;
    it.answers(() => snapshot(second++));
    it.connection.start();
    for (let n = 0; n < 5; n += 1) {
      it.newest().onclose?.();
      await pass(POLL);
    }
    expect(it.link()).toBe("polling");
    expect(it.second()).toBeGreaterThanOrEqual(23);
  });

  it("finds a socket that says nothing while there are news, within five seconds", async () => {
    const it = world();
    it.answers(() => snapshot(14));
    it.connection.start();
    it.everything(1, 10);
    await pass(QUIET);
    expect([it.link(), it.second()]).toEqual(["polling", 14]);
    expect(it.sockets[0]?.closed).toBe(true);
    await pass(500);
    expect(it.newest().path).toBe("/api/v1/live");
  });

  it("lets no answer undo what a socket said after it was asked for", async () => {
    const it = world();
    const slow = 5_000;
    it.connection.start();
    for (const answer of [() => snapshot(9), () => snapshot(99), () => Promise.reject(new ApiError(0, "no answer"))]) {
      it.answersAfter(slow, answer);
      it.everything(1, 10);
      it.newest().onclose?.();
      await pass(500);
      it.everything(2, 12);
      for (let n = 3; n * 1_000 < slow + 3_000; n += 1) {
        await pass(1_000);
        expect([it.link(), it.second()]).toEqual(["live", 12]);
        it.send({ kind: "delta", seq: n });
      }
      it.connection.again();
    }
  });

  it("lets no answer undo what is shown to somebody else", async () => {
    const it = world();
    it.answersAfter(1_000, () => snapshot(11));
    it.connection.start();
    it.everything(1, 10);
    it.newest().onclose?.();
    // signs out
    it.connection.again();
    it.answers(() => {
      throw new ApiError(401, "who?");
    });
    it.newest().onclose?.();
    await pass(0);
    expect(it.link()).toBe("denied");
    await pass(5_000);
    expect([it.link(), it.connection.known().snapshot]).toEqual(["denied", undefined]);
  });

  it("leaves a socket alone that has nothing to say", async () => {
    const it = world();
    it.answers(() => snapshot(10));
    it.connection.start();
    it.everything(1, 10);
    await pass(QUIET * 5);
    expect(it.link()).toBe("live");
    expect(it.sockets).toHaveLength(1);
  });

  it("says within five seconds that nobody answers, keeps what it knew, and comes back", async () => {
    const it = world();
    it.connection.start();
    it.everything(1, 10);
    const at = Date.now();
    await pass(QUIET);
    expect(it.connection.known()).toMatchObject({ link: { kind: "lost", since: at + QUIET }, at });
    expect(it.second()).toBe(10);
    await pass(10 * POLL);
    expect(it.connection.known().link).toMatchObject({ kind: "lost", since: at + QUIET });
    it.answers(() => snapshot(40));
    await pass(POLL);
    expect([it.link(), it.second()]).toEqual(["polling", 40]);
  });

  it("says within five seconds that a collector hangs, and takes an answer that comes late all the same", async () => {
    const it = world();
    it.answersAfter(7_000, () => snapshot(17));
    it.connection.start();
    it.everything(1, 10);
    await pass(4_999);
    expect([it.link(), it.second()]).toEqual(["lost", 10]);
    await pass(QUIET + 7_000 - 4_999);
    expect([it.link(), it.second()]).toEqual(["polling", 17]);
    it.answersAfter(60_000, () => snapshot(99));
    await pass(4_999);
    expect(it.link()).toBe("lost");
  });

  it("forgets what it knew when the token is refused, and stops asking", async () => {
    const it = world();
    it.answers(() => {
      throw new ApiError(401, "who?");
    });
    it.connection.start();
    it.everything(1, 10);
    it.newest().onclose?.();
    await pass(0);
    expect(it.connection.known().snapshot).toBeUndefined();
    expect(it.link()).toBe("denied");
    const asked = it.sockets.length;
    await pass(60_000);
    expect(it.sockets).toHaveLength(asked);
  });

  it("does nothing once it is stopped", async () => {
    const it = world();
    it.connection.start();
    it.everything(1, 10);
    it.connection.stop();
    await pass(60_000);
    expect(it.sockets).toHaveLength(1);
    expect(it.link()).toBe("live");
  });
});
