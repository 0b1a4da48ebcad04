import { firstIdAt, ID_PATTERN, lastIdAt, timeOfId } from "../contract/id.ts";
import { type Result, refuse, success } from "../contract/refusal.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import { type Listing, listNewestFirst } from "../store/listing.ts";
import type { Item } from "../store/store.ts";
import { type AuditRecord, monthOf, readAuditRecord } from "./record.ts";

export type AuditFilter = {
  readonly actor?: string;
  readonly entity?: string;
  /** ISO 8601, inclusive. */
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
  /** The id that the page before ended with. */
  readonly cursor?: string;
};

/** A listing without a filter goes back so many months; whoever wants older records names a time. */
const MONTHS_BACK = 24;
const MONTHS_AT_MOST = 600;

type Ports = Pick<ExchangePorts, "store" | "clock">;
type Bounds = { readonly from: string; readonly to: string };

/** Audit records, newest first. */
export async function listAudit(filter: AuditFilter, ports: Ports): Promise<Result<Listing<AuditRecord>>> {
  const toMs = timeOf(filter.to) ?? ports.clock.nowMs();
  const fromMs = timeOf(filter.from) ?? monthsBefore(toMs, MONTHS_BACK);
  if (fromMs < 0 || fromMs > toMs || monthsBefore(toMs, MONTHS_AT_MOST) > fromMs)
    return invalid("from", "must be before to, and within 50 years of it");
  if (filter.cursor !== undefined && !ID_PATTERN.test(filter.cursor))
    return invalid("cursor", "must be the nextCursor of a page before");
  const bounds = { from: firstIdAt(fromMs), to: lastIdAt(toMs) };
  const { actor, entity, limit, cursor: after } = filter;
  if (actor === undefined && entity === undefined) return success(await listMonths(filter, bounds, ports));
  const index =
    entity !== undefined ? { index: "entity", pk: entity } : { index: "actor", pk: String(actor) };
  const read = (item: Item): AuditRecord | undefined =>
    actor === undefined || item.actor === actor ? readAuditRecord(item) : undefined;
  const query = { table: "audit", ...index, ...bounds } as const;
  return success(await listNewestFirst({ query, request: { limit, after }, read }, ports));
}

function invalid(path: string, message: string): Result<never> {
  return refuse("VALIDATION_ERROR", undefined, [{ path, message }]);
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

/** The first moment of the month so many months before a time's own. */
function monthsBefore(timeMs: number, months: number): number {
  const date = new Date(timeMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - months, 1);
}

/** Goes back month by month, and looks for one record more than the page holds, to know whether another page follows. */
async function listMonths(filter: AuditFilter, bounds: Bounds, ports: Ports): Promise<Listing<AuditRecord>> {
  const { limit, cursor: after } = filter;
  const newest = after !== undefined && after < bounds.to ? after : bounds.to;
  const found: AuditRecord[] = [];
  const oldest = monthOf(timeOfId(bounds.from));
  for (
    let atMs = timeOfId(newest);
    found.length <= limit && monthOf(atMs) >= oldest;
    atMs = monthsBefore(atMs, 1)
  ) {
    const query = { table: "audit", pk: monthOf(atMs), ...bounds, consistent: true } as const;
    const request = { limit: limit + 1 - found.length, after };
    const page = await listNewestFirst({ query, request, read: readAuditRecord }, ports);
    found.push(...page.items);
  }
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, next: last.id } : { items };
}
