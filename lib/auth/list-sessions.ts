import type { Clock } from "../ports/ports.ts";
import type { Item, Store } from "../store/store.ts";
import { isOver, readSession, SESSION_PREFIX, type Session, sessionPlace } from "./session-item.ts";

/** No id sorts after it. */
const AFTER_IDS = "~";

/** A user's live sessions, newest first. */
export async function sessionsOf(
  userId: string,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): Promise<Session[]> {
  const { key } = sessionPlace(userId, AFTER_IDS);
  const found: Session[] = [];
  let after: Item | undefined;
  do {
    const page = await store.query({
      table: "users",
      pk: key.pk,
      from: SESSION_PREFIX,
      to: key.sk,
      order: "descending",
      consistent: true,
      ...(after === undefined ? {} : { after }),
    });
    found.push(...page.items.map(readSession));
    after = page.next;
  } while (after !== undefined);
  const nowMs = clock.nowMs();
  return found.filter((session) => !isOver(session, nowMs));
}
