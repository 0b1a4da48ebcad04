import * as z from "zod/mini";
import { route } from "./route.ts";
import { cursor, id, limit, listOf, time } from "./shapes.ts";

export const auditRecord = z
  .strictObject({
    id,
    time,
    actor: z.string().check(z.meta({ description: "A user's id, or system." })),
    action: z.string().check(z.meta({ examples: ["user_frozen"] })),
    entity: z
      .string()
      .check(z.meta({ description: "What it was done to.", examples: ["user:01KATB9Z8Q4W0J5V6R7N2M3X1C"] })),
    entities: z.array(z.string()).check(
      z.meta({
        description: "All that it is about, what it was done to first; `?entity=` finds it under each.",
        examples: [["deposit:bank-4711", "user:01KATB9Z8Q4W0J5V6R7N2M3X1C"]],
      }),
    ),
    details: z.record(z.string(), z.unknown()),
    requestId: z.nullable(z.string()),
  })
  .check(z.meta({ id: "AuditRecord" }));

const moment = z.exactOptional(
  z.union([z.iso.datetime({ offset: true }), z.iso.date()], "must be an ISO 8601 time or date"),
);

export const listAudit = route({
  id: "listAudit",
  method: "GET",
  path: "/api/admin/audit",
  auth: "admin",
  summary: "Audit records, newest first",
  description:
    "Without a filter, the records of administration and money. Those of a user or by a user include the account's security events: " +
    "logins, failed ones, sessions that ended. A page may end early where many days are empty; nextCursor goes on.",
  query: z.strictObject({
    actor: z.exactOptional(z.string().check(z.minLength(1), z.maxLength(200))),
    entity: z.exactOptional(z.string().check(z.minLength(1), z.maxLength(200))),
    from: moment.check(z.meta({ description: "Inclusive; a time or a date." })),
    to: moment.check(z.meta({ description: "Inclusive; a date means its first moment." })),
    limit,
    cursor,
  }),
  answers: { 200: listOf(auditRecord) },
  refusals: [],
});
