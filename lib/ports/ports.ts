import type { Catalogue } from "../market/market.ts";
import type { Store } from "../store/store.ts";
import type { CommandQueue } from "./command-queue.ts";

/**
 * All that use cases may want of the outside. Each picks what it uses and is given it as its last argument. The real ones are in
 * `lib/adapters`, bound in `functions/`.
 */
export type ExchangePorts = {
  readonly catalogue: Catalogue;
  readonly store: Store;
  readonly queue: CommandQueue;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
};

/** For those that put commands into a market's queue and do nothing else with it. */
export type SendPort = { readonly queue: Pick<CommandQueue, "send"> };

export type Clock = {
  /** Milliseconds since 1970, UTC. */
  nowMs(): number;
  sleep(ms: number): Promise<void>;
};

export type Random = {
  /** A ULID for the given time: sorts by time, then by chance. */
  id(timeMs: number): string;
  /** A number in [0, 1), for jitter. */
  fraction(): number;
};

/** Fields that a person would search by. Never a secret, a token, a password or a whole e-mail address. */
export type LogFields = {
  readonly [name: string]: string | number | boolean | undefined | readonly string[];
};

export type Log = {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, cause: unknown, fields?: LogFields): void;
};

/** A log whose lines carry the fields of the request that they were written in. */
export type RequestLog = Log & {
  /** Runs a request; lines written inside, also after awaiting, carry what was added inside. */
  within<T>(run: () => Promise<T>): Promise<T>;
  /** Adds fields to all further lines of the present request. */
  add(fields: LogFields): void;
};

export type MetricUnit = "Count" | "Milliseconds";

/** What a measurement is about, as dimensions that alarms name. */
export type MetricOf = { readonly market: string };

export type Metrics = {
  add(name: string, unit: MetricUnit, value: number, of?: MetricOf): void;
};
