import type { AccessTokens } from "../auth/ports.ts";
import type { ExchangePorts, RequestLog } from "../ports/ports.ts";
import { accessTokens } from "./access-tokens.ts";
import { createPorts } from "./create-ports.ts";

type Ports = ExchangePorts & { readonly log: RequestLog; readonly accessTokens: AccessTokens };

/** The real effects of the functions; made once per instance. */
export const ports: Ports = { ...createPorts(), accessTokens };
