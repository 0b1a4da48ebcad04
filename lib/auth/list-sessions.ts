import type { ExchangePorts } from "../ports/ports.ts";
import { type Listing, type ListRequest, listNewestFirst } from "../store/listing.ts";
import type { Item } from "../store/store.ts";
import { accountOf } from "./find-account.ts";
import {
  isOver,
  readSession,
  SESSION_PREFIX,
  SESSIONS_AT_MOST,
  type Session,
  sessionPlace,
} from "./session-item.ts";
import { isOfVersion } from "./standing.ts";
import type { StoredAccount } from "./user-item.ts";

/** No id sorts after it. */
const AFTER_IDS = "~";
/** Far more than there are at a time: until a login has ended the oldest, and time to live has removed what is over. */
const ALL = SESSIONS_AT_MOST * 100;

type Ports = Pick<ExchangePorts, "store" | "clock">;

/** A page of a user's live sessions, newest first. `after` is the id that the page before ended with. */
export async function listSessions(
  userId: string,
  request: ListRequest,
  ports: Ports,
): Promise<Listing<Session>> {
  const account = await accountOf(userId, ports.store);
  return account === undefined ? { items: [] } : pageOf(account, request, ports);
}

/** All of an account's live sessions, newest first. */
export async function sessionsOf(account: StoredAccount, ports: Ports): Promise<readonly Session[]> {
  return (await pageOf(account, { limit: ALL }, ports)).items;
}

async function pageOf(
  account: StoredAccount,
  { limit, after }: ListRequest,
  { store, clock }: Ports,
): Promise<Listing<Session>> {
  const nowMs = clock.nowMs();
  const { key } = sessionPlace(account.id, AFTER_IDS);
  const read = (item: Item): Session | undefined => {
    const session = readSession(item);
    return isOver(session, nowMs) || !isOfVersion(session, account) ? undefined : session;
  };
  const query = { table: "users", pk: key.pk, from: SESSION_PREFIX, to: key.sk, consistent: true } as const;
  const request = { limit, after: after === undefined ? undefined : SESSION_PREFIX + after };
  const { items, next } = await listNewestFirst({ query, request, read }, { store });
  return next === undefined ? { items } : { items, next: next.slice(SESSION_PREFIX.length) };
}
