import * as z from "zod";
import { route } from "./route.ts";
import { cursor, id, limit, listOf, time } from "./shapes.ts";

export const auditRecord = z
  .strictObject({
    id,
    time,
    actor: z.string().meta({ description: "A user's id, or system." }),
    action: z.string().meta({ examples: ["user_frozen"] }),
    entity: z
      .string()
      .meta({ description: "What it was done to.", examples: ["user:01KATB9Z8Q4W0J5V6R7N2M3X1C"] }),
    details: z.record(z.string(), z.unknown()),
    requestId: z.string().nullable(),
  })
  .meta({ id: "AuditRecord" });

const moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], "must be an ISO 8601 time or date")
  .exactOptional();

export const listAudit = route({
  id: "listAudit",
  method: "GET",
  path: "/api/admin/audit",
  auth: "admin",
  summary: "Audit records, newest first",
  query: z.strictObject({
    actor: z.string().min(1).max(200).exactOptional(),
    entity: z.string().min(1).max(200).exactOptional(),
    from: moment.meta({ description: "Inclusive; a time or a date." }),
    to: moment.meta({ description: "Inclusive; a date means its first moment." }),
    limit,
    cursor,
  }),
  answers: { 200: listOf(auditRecord) },
  refusals: [],
});
