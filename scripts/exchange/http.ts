import { setTimeout as sleep } from "node:timers/promises";
import { ExchangeError } from "./error.ts";

/** One request on the wire and what came back: every repetition is an attempt of its own. */
export type Attempt = {
  readonly method: string;
  /** The path with ids replaced by `{id}` and without the query, for tallies. */
  readonly route: string;
  readonly status: number;
  readonly code: string;
};

export type HttpOptions = {
  readonly baseUrl: string;
  /** For one attempt, without the seconds that `Prefer: wait` adds. */
  readonly timeoutMs?: number;
  /** For how long a call that may be repeated is repeated when no answer, 429, 502, 503 or 504 comes. 0: never. */
  readonly retryForMs?: number;
  readonly onAttempt?: (attempt: Attempt) => void;
  /** Another way to the exchange than the network's own. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
};

export type Call = {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly waitSeconds?: number | undefined;
  /** Whether asking twice does no more than asking once. */
  readonly repeatable: boolean;
};

const DEFAULT_TIMEOUT_MS = 15_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** Sends the call, repeats it as far as that is allowed, and answers the body; throws ExchangeError otherwise. */
export async function send(call: Call, options: HttpOptions): Promise<unknown> {
  const giveUpAt = performance.now() + (options.retryForMs ?? 0);
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const outcome = await attempt(call, options);
    if (outcome.error === null) return outcome.body;
    const waitMs = Math.max(outcome.retryAfterMs, pause * (0.5 + Math.random() / 2));
    const inTime = performance.now() + waitMs <= giveUpAt;
    if (!call.repeatable || !outcome.error.isTemporary || !inTime) throw outcome.error;
    await sleep(waitMs);
  }
}

type Outcome = {
  readonly status: number;
  readonly body?: unknown;
  readonly error: ExchangeError | null;
  readonly retryAfterMs: number;
};

async function attempt(call: Call, options: HttpOptions): Promise<Outcome> {
  const outcome = await exchange(call, options);
  const { status, error } = outcome;
  options.onAttempt?.({ method: call.method, route: routeOf(call.path), status, code: error?.code ?? "OK" });
  return outcome;
}

async function exchange(call: Call, options: HttpOptions): Promise<Outcome> {
  const { method, path } = call;
  try {
    const timeoutMs = (options.timeoutMs ?? DEFAULT_TIMEOUT_MS) + (call.waitSeconds ?? 0) * 1_000;
    const response = await (options.fetch ?? fetch)(options.baseUrl + path, {
      method,
      headers: headersOf(call),
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const { status } = response;
    const text = await response.text();
    const body = text === "" ? {} : parseJson(text);
    if (response.ok && body !== undefined) return { status, body, error: null, retryAfterMs: 0 };
    const error = new ExchangeError({ method, path, status, ...explain(body, text) });
    return { status, error, retryAfterMs: retryAfterMs(response.headers.get("retry-after")) };
  } catch (cause) {
    const code = cause instanceof Error && cause.name === "TimeoutError" ? "TIMEOUT" : "NO_ANSWER";
    const error = new ExchangeError({ method, path, status: 0, code, text: describe(cause), cause });
    return { status: 0, error, retryAfterMs: 0 };
  }
}

function headersOf(call: Call): Record<string, string> {
  return {
    accept: "application/json",
    ...(call.body === undefined ? {} : { "content-type": "application/json" }),
    ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
    ...(call.idempotencyKey === undefined ? {} : { "idempotency-key": call.idempotencyKey }),
    ...(call.waitSeconds === undefined ? {} : { prefer: `wait=${call.waitSeconds}` }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function explain(body: unknown, text: string): { code: string; text: string; requestId: string | undefined } {
  const fields: Record<string, unknown> = typeof body === "object" && body !== null ? { ...body } : {};
  const code = typeof fields.code === "string" ? fields.code : "UNREADABLE";
  const message = typeof fields.error === "string" ? fields.error : text.slice(0, 200);
  const details = fields.details === undefined ? "" : ` ${JSON.stringify(fields.details)}`;
  const requestId = typeof fields.requestId === "string" ? fields.requestId : undefined;
  return { code, text: message + details, requestId };
}

/** `fetch` hides why a connection failed in the cause of its own error. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message || cause.message : cause.message;
}

function retryAfterMs(header: string | null): number {
  if (header === null) return 0;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? 0 : Math.max(0, at - Date.now());
}

/** Ids are ULIDs, so a tally by route needs no table of the routes. */
function routeOf(path: string): string {
  return (path.split("?")[0] ?? path).replace(/\/[0-9A-HJKMNP-TV-Z]{26}(?=\/|$)/g, "/{id}");
}
