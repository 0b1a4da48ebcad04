import { createRequire } from "node:module";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Caller, logIn, newTrader, type Reply, request } from "../support/api.ts";
import { type Stack, startStack } from "../support/stack.ts";

const { THROTTLING } = createRequire(import.meta.url)("../../resources/limits.cjs");

/**
 * What a command may take, from being sent to having been matched, while strangers flood the exchange on this very machine: so much, or
 * so many times what it takes in peace where the machine is busy with other things.
 */
const COMMAND_WITHIN_MS = 5_000;
const TIMES_AS_IN_PEACE = 5;
const COMMANDS = 30;
const STRANGERS = 6;
/** Of the limits that hold on AWS: so much that this machine's strangers go beyond them. */
const SHARE = 0.02;

let stack: Stack;
let traders: readonly Caller[];

beforeAll(async () => {
  stack = await startStack({ env: { RATE_LIMITS: String(SHARE) } });
  const admin = await logIn(stack.url, stack.admin);
  traders = [
    await newTrader(stack.url, admin, { USDT: "100000" }),
    await newTrader(stack.url, admin, { BTC: "100" }),
  ];
});
afterAll(async () => {
  await stack?.stop();
});

/** Calls as fast as answers come, until told to stop. */
async function flood(call: () => Promise<Reply>, stop: AbortSignal): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  while (!stop.aborted) replies.push(await call());
  return replies;
}

/** Orders that match each other, one after the other; how long each took, or for ever where it was not matched. */
async function trade(): Promise<readonly number[]> {
  const took: number[] = [];
  for (let index = 0; index < COMMANDS; index++) {
    const [side, trader] = index % 2 === 0 ? (["buy", traders[0]] as const) : (["sell", traders[1]] as const);
    const order = { market: "BTC-USDT", side, type: "limit", price: "100", quantity: "1" };
    const startedAt = performance.now();
    const placed = await trader?.call("POST", "/orders", order, { prefer: "wait=5" });
    const isMatched = placed?.status === 201 && placed.body.status !== "pending";
    took.push(isMatched ? performance.now() - startedAt : Number.POSITIVE_INFINITY);
  }
  return took.toSorted((a, b) => a - b);
}

/** How many calls of a route may have been let through in so long a time. */
function mostLetThrough(route: string, ms: number): number {
  const { rate, burst } = THROTTLING.routes[route];
  return SHARE * (burst + (rate * ms) / 1_000) + 1;
}

const at = (sorted: readonly number[], share: number): number =>
  Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);

it("a flood of logins and of order-book reads > keeps to its share, and commands of the market go on in time", async () => {
  const { url } = stack;
  const stop = new AbortController();
  const login = {
    method: "POST",
    path: "/auth/login",
    body: { ...stack.admin, password: "a wrong password" },
  };
  const book = { method: "GET", path: "/markets/BTC-USDT/orderbook" };
  const inPeace = await trade();
  const startedAt = performance.now();
  const strangers = (call: () => Promise<Reply>) =>
    Promise.all(Array.from({ length: STRANGERS }, () => flood(call, stop.signal)));
  const logins = strangers(() => request(url, login));
  const books = strangers(() => request(url, book));
  const flooded = await trade();
  stop.abort();
  const [answers, pages] = [(await logins).flat(), (await books).flat()];
  const ms = performance.now() - startedAt;
  const statuses = (replies: readonly Reply[]) =>
    [401, 200, 429, 503].map((status) => replies.filter((reply) => reply.status === status).length);
  const told = (sorted: readonly number[]) =>
    `p50 ${at(sorted, 0.5)} ms, p90 ${at(sorted, 0.9)} ms, max ${at(sorted, 1)} ms`;
  console.log(
    `in peace ${told(inPeace)}; under a flood ${told(flooded)}; of it 401 / 200 / 429 / 503: ` +
      `logins ${statuses(answers).join(" / ")}, books ${statuses(pages).join(" / ")}`,
  );

  expect(at(flooded, 0.9)).toBeLessThan(Math.max(COMMAND_WITHIN_MS, TIMES_AS_IN_PEACE * at(inPeace, 0.9)));
  const [tried, , throttled, beyondCap] = statuses(answers);
  expect(tried).toBeLessThanOrEqual(mostLetThrough("POST /api/auth/login", ms));
  expect(throttled).toBeGreaterThan(0);
  expect(beyondCap).toBeGreaterThan(0);
  const [, read, throttledReads] = statuses(pages);
  expect(read).toBeLessThanOrEqual(mostLetThrough("GET /api/markets/{market}/orderbook", ms));
  expect(throttledReads).toBeGreaterThan(0);
  const codes = { 429: "RATE_LIMITED", 503: "UNAVAILABLE" };
  for (const { status, body, headers } of [...answers, ...pages]) {
    if (status !== 429 && status !== 503) continue;
    expect(body).toMatchObject({ code: codes[status], requestId: expect.any(String) });
    expect(headers.get("retry-after")).toBe("1");
  }
}, 240_000);
