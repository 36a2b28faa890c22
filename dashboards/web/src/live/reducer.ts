/** What a live socket says, made into how everything stands. Pure. */
import type { LiveMessage, Snapshot } from "../api/types";

/** How everything stands, up to a message. */
export interface State {
  readonly seq: number;
  readonly snapshot: Snapshot;
}

/** What changed in a list; without `order`, none came, went or moved. */
interface Changes {
  changed: Item[];
  order?: string[] | null;
}

type Item = Partial<Record<"id" | "name", string>>;

/** Returned where a message does not follow what is known: everything has to be asked for anew. */
export const GAP = Symbol("gap");

/**
 * Takes one message. Entries that did not change stay the same objects. Parts are taken as they
 * come, so that those of a newer collector are, too.
 */
export function apply(state: State | undefined, message: LiveMessage): State | typeof GAP {
  if (message.kind === "snapshot") return { seq: message.seq, snapshot: message.snapshot };
  if (!state || message.seq !== state.seq + 1) return GAP;
  const { seq, ...parts } = message;
  const snapshot: Record<string, unknown> = { ...state.snapshot };
  for (const [name, part] of Object.entries(parts)) {
    if (name === "kind") continue;
    if (!isChanges(part)) {
      snapshot[name] = part;
      continue;
    }
    const list = merge((snapshot[name] ?? []) as Item[], part);
    if (!list) return GAP;
    snapshot[name] = list;
  }
  // what was a snapshot is one with its parts exchanged
  return { seq, snapshot: snapshot as unknown as Snapshot };
}

function isChanges(part: unknown): part is Changes {
  return typeof part === "object" && part !== null && "changed" in part;
}

const key = (it: Item) => it.id ?? it.name ?? "";

/** Returns the list after changes, or nothing when the order names what nobody has told. */
function merge(before: Item[], { changed, order }: Changes): Item[] | undefined {
  const all = new Map(before.map((it) => [key(it), it]));
  for (const it of changed) all.set(key(it), it);
  if (!order) return [...all.values()];
  const ordered = order.map((id) => all.get(id)).filter((it) => it !== undefined);
  return ordered.length === order.length ? ordered : undefined;
}
