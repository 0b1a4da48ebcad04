import type { AccessTokens } from "../auth/ports.ts";
import type { Clock, Metrics, Random, RequestLog } from "../ports/ports.ts";
import type { Store } from "../store/store.ts";

export type EdgePorts = {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: RequestLog;
  readonly metrics: Metrics;
  readonly accessTokens: AccessTokens;
};
