/**
 * The tables' names and indexes, as the code uses them. What creates them is `resources/tables.yml`; a test compares the two.
 * Every table has the string keys `pk` and `sk`.
 */

/** What an index holds of its items beside the keys: all, nothing, or the attributes named. */
export type Projection = "all" | "keys" | readonly string[];

export const TABLES = {
  /** Accounts, e-mail addresses, sessions, security events. The list of accounts holds what it shows, and so no hash of a password. */
  users: {
    indexes: { created: { pk: "kind", sk: "id", projects: ["email", "role", "status", "createdAt"] } },
  },
  /** What clients have named: idempotency keys and client order ids. */
  requests: { indexes: {} },
  /** Wallets, deposits, withdrawals. */
  wallets: { indexes: { withdrawalStatus: { pk: "status", sk: "id", projects: "all" } } },
  /** Orders by user, then time. An order is in `pending` until its market has it, then in `live` until it closes: pk userId, sk order id. */
  orders: {
    indexes: {
      pending: { pk: "pendingUserId", sk: "sk", projects: "keys" },
      live: { pk: "liveUserId", sk: "sk", projects: "keys" },
    },
  },
  /** Entries and snapshots. Its stream wakes the projector. */
  journal: { indexes: {} },
  /** Markets' gates and projections: depth, trades, fills, statistics, watermarks. */
  "market-data": { indexes: {} },
  /** Records by day and shard; the indexes are of who did it, and of all that it is about. */
  audit: {
    indexes: {
      actor: { pk: "actor", sk: "sk", projects: "all" },
      user: { pk: "user", sk: "sk", projects: "all" },
      market: { pk: "market", sk: "sk", projects: "all" },
      entity: { pk: "entity", sk: "sk", projects: "all" },
    },
  },
} as const satisfies {
  readonly [table: string]: {
    readonly indexes: {
      readonly [index: string]: { readonly pk: string; readonly sk: string; readonly projects: Projection };
    };
  };
};

export type TableName = keyof typeof TABLES;
