import type { AccessTokens } from "../auth/ports.ts";
import type { Clock, Log, LogFields, Metrics, Random } from "../ports/ports.ts";
import type { Store } from "../store/store.ts";

/** A log whose lines carry the fields of the request that they were written in. */
export type RequestLog = Log & {
  /** Runs a request; lines written inside, also after awaiting, carry what was added inside. */
  within<T>(run: () => Promise<T>): Promise<T>;
  /** Adds fields to all further lines of the present request. */
  add(fields: LogFields): void;
};

export type EdgePorts = {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: RequestLog;
  readonly metrics: Metrics;
  readonly accessTokens: AccessTokens;
};
