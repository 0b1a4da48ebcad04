import { firstIdAt, ID_PATTERN, lastIdAt, timeOfId } from "../contract/id.ts";
import { type Result, refuse, success } from "../contract/refusal.ts";
import type { Clock } from "../ports/ports.ts";
import { type Listing, listNewestFirst, mergeNewestFirst } from "../store/listing.ts";
import type { Item, Query, Store } from "../store/store.ts";
import { activityOf } from "./activity.ts";
import { type AuditRecord, indexOfEntity, readAuditRecord, shardsOf } from "./record.ts";

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

const DAY_MS = 24 * 60 * 60 * 1000;
/** A listing without a filter goes back so far; whoever wants older records names a time. */
const DAYS_BACK = 2 * 365;
const DAYS_AT_MOST = 50 * 366;
/** Days that one page looks at, so that its cost is bounded where days are empty; it then ends early, and the next one goes on. */
const DAYS_A_PAGE = 31;
/** Days that are read at once. */
const STRIDE_AT_MOST = 4;

type Ports = { readonly store: Store; readonly clock: Clock };
type Bounds = { readonly from: string; readonly to: string };
type Source = {
  readonly query: Pick<Query, "table" | "index" | "pk" | "consistent">;
  readonly read: (item: Item) => AuditRecord;
};

/**
 * Audit records, newest first: all of administration and money, or those of an actor or an entity. What concerns a user includes the
 * account's security events, which are kept apart.
 */
export async function listAudit(filter: AuditFilter, ports: Ports): Promise<Result<Listing<AuditRecord>>> {
  const toMs = timeOf(filter.to) ?? ports.clock.nowMs();
  const fromMs = timeOf(filter.from) ?? Math.max(toMs - DAYS_BACK * DAY_MS, 0);
  if (!(fromMs >= 0 && fromMs <= toMs && toMs - fromMs <= DAYS_AT_MOST * DAY_MS))
    return invalid("from", "must be before to, and within 50 years of it");
  if (filter.cursor !== undefined && !ID_PATTERN.test(filter.cursor))
    return invalid("cursor", "must be the nextCursor of a page before");
  const bounds = { from: firstIdAt(fromMs), to: lastIdAt(toMs) };
  const sources = sourcesOf(filter);
  if (sources.length === 0) return success(await listDays(filter, bounds, ports));
  return success(await pageOf(sources, { ...filter, ...bounds }, ports));
}

function invalid(path: string, message: string): Result<never> {
  return refuse("VALIDATION_ERROR", undefined, [{ path, message }]);
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

/** Where the records of an entity or an actor stand; none where neither is asked for. */
function sourcesOf({ actor, entity }: AuditFilter): readonly Source[] {
  if (entity === undefined && actor === undefined) return [];
  const [index, pk] = entity === undefined ? ["actor", String(actor)] : [indexOfEntity(entity), entity];
  const records: Source = { query: { table: "audit", index, pk }, read: readAuditRecord };
  const userId = entity === undefined ? pk : /^user:(.+)$/.exec(entity)?.[1];
  return userId !== undefined && ID_PATTERN.test(userId) ? [records, activityOf(userId)] : [records];
}

type Page = Pick<AuditFilter, "actor" | "limit" | "cursor"> & Bounds;

async function pageOf(
  sources: readonly Source[],
  { actor, limit, cursor: after, from, to }: Page,
  ports: Ports,
): Promise<Listing<AuditRecord>> {
  const pages = await Promise.all(
    sources.map(({ query, read }) =>
      listNewestFirst(
        {
          query: { ...query, from, to },
          request: { limit, after },
          read: (item) => (actor === undefined || item.actor === actor ? read(item) : undefined),
        },
        ports,
      ),
    ),
  );
  return mergeNewestFirst(pages, limit);
}

/** Goes back in strides of days that grow while they are empty, and asks for one record more than the page holds, to know whether another follows. */
async function listDays(filter: AuditFilter, bounds: Bounds, ports: Ports): Promise<Listing<AuditRecord>> {
  const { limit, cursor } = filter;
  const newest = cursor !== undefined && cursor < bounds.to ? cursor : bounds.to;
  const oldestDay = dayOf(bounds.from);
  const found: AuditRecord[] = [];
  let day = dayOf(newest);
  const lastDay = Math.max(oldestDay, day - DAYS_A_PAGE + 1);
  for (let stride = 1; day >= lastDay; stride = Math.min(stride * 2, STRIDE_AT_MOST)) {
    const days = Array.from({ length: Math.min(stride, day - lastDay + 1) }, (_, back) => day - back);
    const sources = days.flatMap((each) => shardsOf(each * DAY_MS)).map(shard);
    const page = await pageOf(sources, { ...filter, ...bounds, limit: limit + 1 - found.length }, ports);
    found.push(...page.items);
    if (found.length > limit) {
      const items = found.slice(0, limit);
      return { items, next: items.at(-1)?.id ?? newest };
    }
    day -= days.length;
  }
  return lastDay > oldestDay ? { items: found, next: firstIdAt(lastDay * DAY_MS) } : { items: found };
}

function dayOf(id: string): number {
  return Math.floor(timeOfId(id) / DAY_MS);
}

function shard(pk: string): Source {
  return { query: { table: "audit", pk, consistent: true }, read: readAuditRecord };
}
