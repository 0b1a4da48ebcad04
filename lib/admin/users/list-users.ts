import { accountByEmail } from "../../auth/find-account.ts";
import { type Account, type AccountStatus, readListedAccount, showAccount } from "../../auth/user-item.ts";
import { ID_PATTERN } from "../../contract/id.ts";
import { type Result, refuse, success } from "../../contract/refusal.ts";
import { type Listing, listNewestFirst } from "../../store/listing.ts";
import type { Item, Store } from "../../store/store.ts";

export type UserFilter = {
  /** A whole address, or how it begins; normalised. */
  readonly email?: string | undefined;
  readonly status?: AccountStatus | undefined;
  readonly limit: number;
  /** The id that the page before ended with. */
  readonly cursor?: string | undefined;
};

/** Users, newest first. A whole address is found at once; the beginning of one is looked for among all users. */
export async function listUsers(
  filter: UserFilter,
  { store }: { readonly store: Store },
): Promise<Result<Listing<Account>>> {
  const { email, status, limit, cursor: after } = filter;
  if (after !== undefined && !ID_PATTERN.test(after)) {
    return refuse("VALIDATION_ERROR", undefined, [
      { path: "cursor", message: "must be the nextCursor of a page before" },
    ]);
  }
  const isWanted = (account: Account): boolean =>
    (status === undefined || account.status === status) &&
    (email === undefined || account.email.startsWith(email));
  const named = email === undefined ? undefined : await accountByEmail(email, store);
  if (named !== undefined) return success({ items: isWanted(named) ? [showAccount(named)] : [] });
  const read = (item: Item): Account | undefined => {
    const account = readListedAccount(item);
    return isWanted(account) ? account : undefined;
  };
  const query = { table: "users", index: "created", pk: "user" } as const;
  return success(
    await listNewestFirst({ query, sortAttribute: "id", request: { limit, after }, read }, { store }),
  );
}
