/**
 * The tables' names and indexes, as the code uses them. What creates them is `resources/tables.yml`; a test compares the two.
 * Every table has the string keys `pk` and `sk`.
 */
export const TABLES = {
  /** Accounts, e-mail addresses, sessions. */
  users: { indexes: { created: { pk: "kind", sk: "id", keysOnly: false } } },
  /** What clients have named: idempotency keys and client order ids. */
  requests: { indexes: {} },
  /** Wallets, deposits, withdrawals. */
  wallets: { indexes: { withdrawalStatus: { pk: "status", sk: "id", keysOnly: false } } },
  /** Orders by user, then time. `live` holds only live orders: pk userId, sk order id. */
  orders: { indexes: { live: { pk: "liveUserId", sk: "sk", keysOnly: true } } },
  /** Entries and snapshots. Its stream wakes the projector. */
  journal: { indexes: {} },
  /** Markets' gates and projections: depth, trades, fills, statistics, watermarks. */
  "market-data": { indexes: {} },
  audit: {
    indexes: {
      actor: { pk: "actor", sk: "sk", keysOnly: false },
      entity: { pk: "entity", sk: "sk", keysOnly: false },
    },
  },
} as const satisfies {
  readonly [table: string]: {
    readonly indexes: {
      readonly [index: string]: { readonly pk: string; readonly sk: string; readonly keysOnly: boolean };
    };
  };
};

export type TableName = keyof typeof TABLES;
