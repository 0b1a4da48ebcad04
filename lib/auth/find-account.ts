import type { Store } from "../store/store.ts";
import { emailPlace, profilePlace, readAccount, type StoredAccount } from "./user-item.ts";

export async function accountOf(userId: string, store: Store): Promise<StoredAccount | undefined> {
  const item = await store.get(profilePlace(userId));
  return item === undefined ? undefined : readAccount(item);
}

/** The account of a normalised address. */
export async function accountByEmail(email: string, store: Store): Promise<StoredAccount | undefined> {
  const holder = await store.get(emailPlace(email));
  return typeof holder?.userId === "string" ? accountOf(holder.userId, store) : undefined;
}
