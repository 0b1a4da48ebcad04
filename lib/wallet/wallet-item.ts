import type { Condition, Item, Key, Write } from "../store/store.ts";

/**
 * One wallet item per user: for each asset `available:X`, `locked:X`, and since its beginning `credited:X` and `withdrawn:X`; a
 * `revision`; and for each market `version:M`, the journal version that last changed it. All amounts in smallest units.
 * The running totals stand in the same item so that one read of it can be checked for conservation while trading goes on.
 */
export function walletKey(userId: string): Key {
  return { pk: `USER#${userId}`, sk: "WALLET" };
}

export type Balance = {
  readonly available: bigint;
  readonly locked: bigint;
  readonly credited: bigint;
  readonly withdrawn: bigint;
};

export type AssetChange = { readonly [field in keyof Balance]?: bigint };

/** A user's balances by asset; assets that were never touched are absent. */
export function balancesOf(wallet: Item | undefined): ReadonlyMap<string, Balance> {
  const balances = new Map<string, Balance>();
  for (const attribute of Object.keys(wallet ?? {})) {
    const [field, asset] = attribute.split(":");
    if (asset === undefined || field === "version" || balances.has(asset)) continue;
    const amount = (name: string): bigint => (wallet?.[`${name}:${asset}`] as bigint | undefined) ?? 0n;
    balances.set(asset, {
      available: amount("available"),
      locked: amount("locked"),
      credited: amount("credited"),
      withdrawn: amount("withdrawn"),
    });
  }
  return balances;
}

export function availableOf(wallet: Item | undefined, asset: string): bigint {
  return (wallet?.[`available:${asset}`] as bigint | undefined) ?? 0n;
}

export function isFrozen(wallet: Item | undefined): boolean {
  return wallet?.frozen === true;
}

export function revisionOf(wallet: Item | undefined): bigint {
  return (wallet?.revision as bigint | undefined) ?? 0n;
}

/** The journal version of a market that last changed the wallet; 0 where none did. */
export function versionOf(wallet: Item | undefined, market: string): number {
  return Number(wallet?.[`version:${market}`] ?? 0n);
}

type Also = {
  readonly set?: Item;
  readonly add?: { readonly [attribute: string]: bigint };
  readonly remove?: readonly string[];
  readonly when?: readonly Condition[];
};

/**
 * Changes a wallet on condition that nothing falls below zero: whatever is taken must be there.
 * `when` adds conditions, `set` and `add` attributes (the market's version, a count), `remove` removes some.
 */
export function walletWrite(
  userId: string,
  changes: ReadonlyMap<string, AssetChange>,
  { set, when = [], remove, ...more }: Also = {},
): Write {
  const add: Record<string, bigint> = { revision: 1n, ...more.add };
  const conditions: Condition[] = [...when];
  for (const [asset, change] of changes) {
    for (const [field, amount] of Object.entries(change)) {
      if (amount === 0n) continue;
      const attribute = `${field}:${asset}`;
      add[attribute] = amount;
      if (amount < 0n) conditions.push({ attribute, is: "at_least", to: -amount });
    }
  }
  return {
    kind: "update",
    table: "wallets",
    key: walletKey(userId),
    add,
    ...(set === undefined ? {} : { set }),
    ...(remove === undefined ? {} : { remove }),
    ...(conditions.length === 0 ? {} : { when: conditions }),
  };
}
