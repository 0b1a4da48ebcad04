import type { AccessTokens } from "../auth/ports.ts";
import type { ExchangePorts, RequestLog } from "../ports/ports.ts";
import { ORDERS_PER_SECOND } from "../wallet/order-rate.ts";
import { accessTokens } from "./access-tokens.ts";
import { createPorts } from "./create-ports.ts";

type Ports = ExchangePorts & {
  readonly log: RequestLog;
  readonly accessTokens: AccessTokens;
  readonly ordersPerSecond: number | undefined;
};

/** The real effects of the functions; made once per instance. Load tests have few users, so they turn the limits off. */
export const ports: Ports = {
  ...createPorts(),
  accessTokens,
  ordersPerSecond: process.env.RATE_LIMITS === "off" ? undefined : ORDERS_PER_SECOND,
};
