import { authenticate } from "../auth/authenticate.ts";
import type { Route } from "../contract/route.ts";
import type { EdgePorts } from "./ports.ts";
import { type EdgeMiddleware, Refused } from "./request.ts";

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i;

/** Finds out who calls, and refuses whoever may not. It runs before the body is looked at: strangers learn nothing of shapes. */
export function authentication(route: Route, ports: EdgePorts): EdgeMiddleware {
  return {
    before: async ({ event }) => {
      if (route.auth === "none") return;
      const token = BEARER.exec(event.headers?.authorization ?? "")?.[1];
      if (token === undefined) throw new Refused({ code: "UNAUTHORIZED" });
      const found = await authenticate(token, ports);
      if (!found.ok) throw new Refused(found.refusal);
      if (route.auth === "admin" && found.value.user.role !== "admin")
        throw new Refused({ code: "FORBIDDEN" });
      event.edge.signedIn = found.value;
      ports.log.add({ userId: found.value.user.id });
    },
  };
}
