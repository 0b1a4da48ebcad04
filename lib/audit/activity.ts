import { firstIdAt } from "../contract/id.ts";
import type { Item, Store, Write } from "../store/store.ts";
import { type AuditEvent, type AuditRecord, contentOf, readAuditRecord } from "./record.ts";

/**
 * The security events of one account: logins, failed ones, sessions that ended. Strangers bring them about, so they stand apart from the
 * records of money and administration: a partition for each account, and a time to live.
 */
export type ActivityEvent = Omit<AuditEvent, "entities"> & { readonly userId: string };

const KEPT_SECONDS = 180 * 24 * 60 * 60;
const WINDOW_MS = 60_000;
const MOST_IN_WINDOW = 10;

function partition(userId: string): string {
  return `ACTIVITY#${userId}`;
}

/** Written under the same id again, an event stands corrected. */
export function activityWrite(event: ActivityEvent, keptSeconds = KEPT_SECONDS): Write {
  const { id, userId, actor, timeMs } = event;
  const expiresAt = BigInt(Math.floor(timeMs / 1000) + keptSeconds);
  const item = { pk: partition(userId), sk: id, actor, ...contentOf(event), expiresAt };
  return { kind: "put", table: "users", item };
}

/** Whether an account has had so many events within the last minute that what strangers cause is no longer recorded. */
export async function isBusy(
  userId: string,
  nowMs: number,
  { store }: { readonly store: Store },
): Promise<boolean> {
  const from = firstIdAt(Math.max(nowMs - WINDOW_MS, 0));
  const { items } = await store.query({
    table: "users",
    pk: partition(userId),
    from,
    limit: MOST_IN_WINDOW,
    consistent: true,
  });
  return items.length >= MOST_IN_WINDOW;
}

/** Where a list of an account's events reads them, and how. */
export function activityOf(userId: string) {
  const entity = `user:${userId}`;
  return {
    query: { table: "users", pk: partition(userId), consistent: true },
    read: (item: Item): AuditRecord => readAuditRecord({ ...item, user: entity }),
  } as const;
}
