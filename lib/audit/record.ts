import { timeOfId } from "../contract/id.ts";
import { isoTime } from "../contract/time.ts";
import type { Item, Write } from "../store/store.ts";

type Details = { readonly [name: string]: string | number | boolean | null | undefined };

/** What an administrator may ask about later: who did what to what. */
export type AuditEvent = {
  /** A ULID: records are kept and listed by it, whatever the time of the action. */
  readonly id: string;
  /** A user's id, or `system`. */
  readonly actor: string;
  /** What happened: `user_frozen`, `withdrawal_completed`. */
  readonly action: string;
  /**
   * All that it is about, what it was done to first: at most one `user:ID`, one `market:BTC-USDT`, and one thing of another kind,
   * such as `deposit:REFERENCE`, `withdrawal:ID`, `order:ID`.
   */
  readonly entities: readonly [string, ...string[]];
  readonly details?: Details;
  readonly timeMs: number;
  readonly requestId?: string | undefined;
};

export type AuditRecord = {
  readonly id: string;
  readonly time: string;
  readonly actor: string;
  readonly action: string;
  readonly entity: string;
  readonly entities: readonly string[];
  readonly details: { readonly [name: string]: unknown };
  readonly requestId: string | null;
};

/** A partition takes about 500 transactions a second; so many of them share a day. */
const SHARDS = 4;
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The partitions of a time's UTC day. */
export function shardsOf(timeMs: number): readonly string[] {
  return Array.from({ length: SHARDS }, (_, shard) => partition(timeMs, shard));
}

/** Chance ends an id, so its last character spreads a day's records evenly; the same id always meets its own record. */
function shardOf(id: string): string {
  return partition(timeOfId(id), ALPHABET.indexOf(id.slice(-1)) % SHARDS);
}

function partition(timeMs: number, shard: number): string {
  return `AUDIT#${isoTime(timeMs).slice(0, 10)}#${shard}`;
}

export type EntityIndex = "entity" | "user" | "market";

/** The index in which an entity's records stand: it costs one write unit by entity, and a record stays one item. */
export function indexOfEntity(entity: string): EntityIndex {
  if (entity.startsWith("user:")) return "user";
  return entity.startsWith("market:") ? "market" : "entity";
}

/**
 * The write of a record, for the very transaction of what it records: neither happens without the other. A record is never
 * written over: an operation that is repeated, after its answer was lost, fails here and finds that it was done.
 */
export function auditWrite(event: AuditEvent): Write {
  const { id, actor, entities } = event;
  const about = new Map(entities.map((entity) => [indexOfEntity(entity), entity]));
  if (about.size !== entities.length)
    throw new Error(`a record cannot be about all of ${entities.join(", ")}`);
  const item = { pk: shardOf(id), sk: id, actor, ...Object.fromEntries(about), ...contentOf(event) };
  return { kind: "put", table: "audit", item, when: [{ attribute: "pk", is: "absent" }] };
}

export function contentOf(event: Omit<AuditEvent, "id" | "actor" | "entities">): Item {
  const { action, details = {}, timeMs, requestId } = event;
  return {
    action,
    details: JSON.stringify(details),
    time: isoTime(timeMs),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

export function readAuditRecord(item: Item): AuditRecord {
  const { sk, time, actor, action, entity, user, market, details, requestId } = item;
  const entities = [entity, user, market].filter((about) => about !== undefined).map(String);
  return {
    id: String(sk),
    time: String(time),
    actor: String(actor),
    action: String(action),
    entity: entities[0] ?? "",
    entities,
    details: JSON.parse(String(details)),
    requestId: requestId === undefined ? null : String(requestId),
  };
}
