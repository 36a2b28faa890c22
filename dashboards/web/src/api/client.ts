/**
 * Asks the collector. The token is in a cookie that no script can read (docs/api.md#browsers), so
 * that nothing here holds one.
 */
import type { paths } from "./schema";
import type { Problem } from "./types";

/** What the collector refused, or why it could not be asked. */
export class ApiError extends Error {
  /** HTTP's status; 0 when there was no answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** An answer that takes longer than this (ms) is none. */
const PATIENCE = 8_000;

type Gets = { [P in keyof paths]: paths[P] extends { get: unknown } ? P : never }[keyof paths];

type Json<Operation> = Operation extends {
  responses: { 200: { content: { "application/json": infer Body } } };
}
  ? Body
  : never;

/** What a path answers to GET. */
export type Answer<P extends Gets> = Json<paths[P]["get"]>;

/** Asks, and reads the answer, if there is anything to read. */
async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
  const timeout = AbortSignal.timeout(PATIENCE);
  const unanswered = (error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "The collector does not answer.");
  };
  const response = await fetch(path, {
    method,
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  }).catch(unanswered);
  if (response.status === 204) return undefined;
  if (response.ok) return response.json().catch(unanswered);
  // what stands between may say something else, or nothing
  const problem = (await response.json().catch(() => null)) as Partial<Problem> | null;
  throw new ApiError(response.status, problem?.error?.message ?? `The collector answered ${response.status}.`);
}

/** Fills the parameters of a path, such as `{id}`. */
function fill(path: string, parameters: Record<string, string | number> = {}): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const [name, value] of Object.entries(parameters)) {
    const hole = `{${name}}`;
    if (filled.includes(hole)) filled = filled.replace(hole, encodeURIComponent(value));
    else query.set(name, String(value));
  }
  return query.size > 0 ? `${filled}?${query.toString()}` : filled;
}

/** Reads. */
export async function get<P extends Gets>(
  path: P,
  parameters?: Record<string, string | number>,
  signal?: AbortSignal,
): Promise<Answer<P>> {
  return (await ask("GET", fill(path, parameters), undefined, signal)) as Answer<P>;
}

/** Acts. The collector has stored what it answers to. */
export const post = (path: string, body: unknown) => ask("POST", path, body);

/** Signs in: the collector puts the token into its cookie. */
export const signIn = (token: string) => post("/api/v1/session", { token });

/** Signs out. */
export const signOut = () => ask("DELETE", "/api/v1/session");
