import type { AccessTokens } from "../auth/ports.ts";
import type { ExchangePorts, RequestLog } from "../ports/ports.ts";

export type EdgePorts = Pick<ExchangePorts, "store" | "clock" | "random" | "metrics"> & {
  readonly log: RequestLog;
  readonly accessTokens: AccessTokens;
};
