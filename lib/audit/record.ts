import { timeOfId } from "../contract/id.ts";
import { isoTime } from "../contract/time.ts";
import type { Item, Write } from "../store/store.ts";

/** What an administrator may ask about later: who did what to what. */
export type AuditEvent = {
  /** A ULID: records are kept and listed by it, whatever the time of the action. */
  readonly id: string;
  /** A user's id, or `system`. */
  readonly actor: string;
  /** What happened: `user_frozen`, `withdrawal_completed`. */
  readonly action: string;
  /** `user:ID`, `withdrawal:ID`, `market:BTC-USDT`, `deposit:REFERENCE`. */
  readonly entity: string;
  readonly details?: { readonly [name: string]: string | number | boolean | null | undefined };
  readonly timeMs: number;
  readonly requestId?: string | undefined;
};

export type AuditRecord = {
  readonly id: string;
  readonly time: string;
  readonly actor: string;
  readonly action: string;
  readonly entity: string;
  readonly details: { readonly [name: string]: unknown };
  readonly requestId: string | null;
};

/** One partition a month keeps partitions bounded and lets a listing go back in time. */
export function monthOf(timeMs: number): string {
  return `AUDIT#${isoTime(timeMs).slice(0, 7)}`;
}

/**
 * The write of a record, for the very transaction of what it records: neither happens without the other. A record is never
 * written over: an operation that is repeated, after its answer was lost, fails here and finds that it was done.
 */
export function auditWrite({
  id,
  actor,
  action,
  entity,
  details = {},
  timeMs,
  requestId,
}: AuditEvent): Write {
  const item = {
    pk: monthOf(timeOfId(id)),
    sk: id,
    actor,
    action,
    entity,
    details: JSON.stringify(details),
    time: isoTime(timeMs),
    ...(requestId === undefined ? {} : { requestId }),
  };
  return { kind: "put", table: "audit", item, when: [{ attribute: "pk", is: "absent" }] };
}

export function readAuditRecord(item: Item): AuditRecord {
  const { sk, time, actor, action, entity, details, requestId } = item;
  return {
    id: String(sk),
    time: String(time),
    actor: String(actor),
    action: String(action),
    entity: String(entity),
    details: JSON.parse(String(details)),
    requestId: requestId === undefined ? null : String(requestId),
  };
}
