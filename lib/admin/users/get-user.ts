import { accountOf } from "../../auth/find-account.ts";
import { listSessions } from "../../auth/list-sessions.ts";
import { SESSIONS_AT_MOST, showSession } from "../../auth/session-item.ts";
import { type Account, showAccount } from "../../auth/user-item.ts";
import { type Result, refuse, success } from "../../contract/refusal.ts";
import type { ExchangePorts } from "../../ports/ports.ts";

export type GetUserPorts<B> = Pick<ExchangePorts, "store" | "clock"> & {
  /** The user's balances, as the contract words them. */
  readonly balances: (userId: string) => Promise<readonly B[]>;
};

export type UserDetail<B> = Account & {
  readonly balances: readonly B[];
  readonly sessions: readonly ReturnType<typeof showSession>[];
};

/** One user with all that an administrator looks at first. */
export async function getUser<B>(userId: string, ports: GetUserPorts<B>): Promise<Result<UserDetail<B>>> {
  const account = await accountOf(userId, ports.store);
  if (account === undefined) return refuse("NOT_FOUND", "User not found");
  const [balances, sessions] = await Promise.all([
    ports.balances(userId),
    listSessions(userId, { limit: SESSIONS_AT_MOST }, ports),
  ]);
  return success({ ...showAccount(account), balances, sessions: sessions.items.map(showSession) });
}
