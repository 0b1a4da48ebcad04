import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../command/until.ts";
import { loginAdmin, newTrader } from "../exchange/client.ts";
import { ExchangeError } from "../exchange/error.ts";
import type { HttpOptions } from "../exchange/http.ts";
import type { Market } from "../exchange/types.ts";
import { chanceFrom } from "./chance.ts";
import { Tally } from "./tally.ts";
import { Trader } from "./trader.ts";
import { type Values, walkingValues } from "./values.ts";
import { termsOf } from "./venue-terms.ts";

export type CrowdOptions = {
  readonly baseUrl: string;
  readonly seed: number;
  readonly traders: number;
  /** Requests under way at once; a trader makes one at a time, so more than there are traders has no effect. */
  readonly concurrency: number;
  /** For how long a call is repeated while the exchange is away. Orders carry idempotency keys. */
  readonly retryForMs: number;
  /** Unique per run: names the users and starts the keys. */
  readonly run: string;
} & Pick<HttpOptions, "fetch">;

/** A room of traders. They can be stopped and started again, and live on when the exchange goes away and returns. */
export type Crowd = Awaited<ReturnType<typeof gatherCrowd>>;

const SHARE_OF_MAKERS = 1 / 3;
/** What each trader is given of each asset, in the common unit of the values. */
const WORTH_PER_ASSET = 200_000;
const DEPOSIT_DECIMALS = 4;
const PAUSE_WHILE_AWAY_MS = 500;
const SIGN_UPS_AT_ONCE = 4;

export async function gatherCrowd({ fetch, ...options }: CrowdOptions) {
  const tally = new Tally();
  const http: HttpOptions = {
    baseUrl: options.baseUrl,
    retryForMs: options.retryForMs,
    ...(fetch === undefined ? {} : { fetch }),
    onAttempt: (attempt) => tally.countAttempt(attempt),
  };
  const admin = await loginAdmin(http);
  const markets = await admin.markets();
  const values = walkingValues(chanceFrom(options.seed));
  const terms = markets.map(termsOf);
  const makers = Math.ceil(options.traders * SHARE_OF_MAKERS);

  const join = async (index: number): Promise<Trader> => {
    const role = index < makers ? "maker" : "taker";
    const name = `${role}-${index < makers ? index + 1 : index - makers + 1}`;
    const email = `${name}.${options.run}@example.com`;
    const { client, userId } = await newTrader({ email, funds: fundsFor(markets, values), admin, http });
    const mind = { terms, values, chance: chanceFrom(options.seed + 1 + index) };
    return new Trader({ name, userId, role, client, mind, tally, keyPrefix: options.run });
  };
  const traders: Trader[] = [];
  for (let first = 0; first < options.traders; first += SIGN_UPS_AT_ONCE) {
    const count = Math.min(SIGN_UPS_AT_ONCE, options.traders - first);
    traders.push(...(await Promise.all(Array.from({ length: count }, (_, offset) => join(first + offset)))));
  }
  return { traders, markets, admin, tally, ...tradingFloor(traders, options.concurrency) };
}

function fundsFor(markets: readonly Market[], values: Values): [asset: string, amount: string][] {
  const assets = new Set(markets.flatMap(({ base, quote }) => [base, quote]));
  return [...assets].map((asset) => [asset, (WORTH_PER_ASSET / values.of(asset)).toFixed(DEPOSIT_DECIMALS)]);
}

function tradingFloor(traders: readonly Trader[], concurrency: number) {
  const idle = [...traders];
  let isOpen = false;
  let work: Promise<unknown> = Promise.resolve();

  /** Takes whoever has been idle longest, so that everybody gets a turn. */
  const serve = async () => {
    while (isOpen) {
      const trader = idle.shift();
      if (trader === undefined) return;
      const isReached = await trader.act().finally(() => idle.push(trader));
      if (!isReached) await sleep(PAUSE_WHILE_AWAY_MS);
    }
  };
  return {
    start: (): void => {
      if (isOpen) return;
      isOpen = true;
      work = Promise.all(Array.from({ length: Math.min(concurrency, traders.length) }, serve));
      // A failure is thrown where the crowd is stopped; until then nobody listens.
      work.catch(() => {});
    },
    /** Ends when the last call under way has ended. */
    stop: async (): Promise<void> => {
      isOpen = false;
      await work;
    },
    /** Waits until no order of the crowd is pending. Answers how many still are when the time is over. */
    settle: async (timeoutMs: number): Promise<number> => {
      const none = async () => ((await countPending(traders)) === 0 ? true : undefined);
      const isSettled = await until(none, { forMs: timeoutMs, everyMs: 250 });
      return isSettled ? 0 : await countPending(traders);
    },
  };
}

async function countPending(traders: readonly Trader[]): Promise<number> {
  let pending = 0;
  for (const { client } of traders) {
    try {
      pending += (await client.orders({ status: "pending", limit: 500 })).items.length;
    } catch (error) {
      // An exchange that cannot be asked may hold pending orders: it counts as not settled.
      if (error instanceof ExchangeError && error.isTemporary) return pending + 1;
      throw error;
    }
  }
  return pending;
}
