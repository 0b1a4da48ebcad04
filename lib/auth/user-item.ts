import type { Item, Key, Place } from "../store/store.ts";

/** Accounts as the table `users` holds them. */
export type Role = "user" | "admin";
export type AccountStatus = "active" | "frozen";

export type Account = {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly status: AccountStatus;
  readonly createdAt: string;
};

export type StoredAccount = Account & {
  readonly passwordHash: string;
  /** Raised where everything issued before must end; a session is good for the version that it was started under. */
  readonly credentialsVersion: bigint;
};

export function profilePlace(userId: string): Place {
  return { table: "users", key: { pk: `USER#${userId}`, sk: "PROFILE" } };
}

/** Holds an address, so that two accounts cannot have it. */
export function emailPlace(email: string): Place {
  return { table: "users", key: { pk: `EMAIL#${email}`, sk: "EMAIL" } };
}

/** `kind` puts accounts, and nothing else, into the index that lists them. */
export function profileItem(account: StoredAccount): Item & Key {
  return { ...profilePlace(account.id).key, kind: "user", ...account };
}

export function readAccount(item: Item): StoredAccount {
  const { passwordHash, credentialsVersion = 0n } = item;
  if (typeof passwordHash !== "string" || typeof credentialsVersion !== "bigint")
    throw new Error(`account ${String(item.pk)} has no credentials`);
  return { ...readListedAccount(item), passwordHash, credentialsVersion };
}

/** An account as the index that lists them has it: without credentials. */
export function readListedAccount(item: Item): Account {
  const text = (name: string): string => {
    const value = item[name];
    if (typeof value !== "string") throw new Error(`account ${String(item.pk)} has no ${name}`);
    return value;
  };
  const role = text("role");
  const status = text("status");
  if (role !== "user" && role !== "admin") throw new Error(`account ${text("id")} has the role ${role}`);
  if (status !== "active" && status !== "frozen")
    throw new Error(`account ${text("id")} has the status ${status}`);
  return { id: text("id"), email: text("email"), role, status, createdAt: text("createdAt") };
}

/** An account as its owner and administrators see it: everything but its credentials. */
export function showAccount({ id, email, role, status, createdAt }: Account): Account {
  return { id, email, role, status, createdAt };
}
