import type { Item, Store } from "../store/store.ts";
import type { TableName } from "../store/tables.ts";

type Ports = { readonly store: Store };
type Counts = ReadonlyMap<string, bigint>;

/** How often is looked at tables that change meanwhile. */
const LOOKS = 6;

/**
 * The counters against what they count. Both are read while the exchange goes on, so a difference counts only where two looks, during
 * neither of which a counter moved, show the same one.
 *
 * @returns the differences in words.
 */
export async function checkCounters(ports: Ports): Promise<readonly string[]> {
  let last: string | undefined;
  for (let look = 0; look < LOOKS; look++) {
    const before = await countersOf(ports);
    const counted = await count(ports);
    const after = await countersOf(ports);
    const differences = differencesOf(before, counted);
    if (differences.length === 0) return [];
    const isStill = textOf(before) === textOf(after);
    const text = differences.join();
    if (isStill && text === last) return differences;
    last = isStill ? text : undefined;
  }
  return [];
}

function differencesOf(counters: Counts, counted: Counts): readonly string[] {
  return [...new Set([...counters.keys(), ...counted.keys()])].flatMap((name) => {
    const [says, are] = [counters.get(name) ?? 0n, counted.get(name) ?? 0n];
    return says === are ? [] : [`the counter of ${name} says ${says}, there are ${are}`];
  });
}

/** What all counters say, those of days added up. */
async function countersOf(ports: Ports): Promise<Counts> {
  const sums = new Map<string, bigint>();
  for (const table of ["users", "wallets"] as const) {
    for await (const item of itemsOf(table, ports)) {
      if (!String(item.pk).startsWith("COUNTERS#")) continue;
      for (const [name, value] of Object.entries(item)) {
        if (typeof value === "bigint") add(sums, name, value);
      }
    }
  }
  return sums;
}

async function count(ports: Ports): Promise<Counts> {
  const sums = new Map<string, bigint>();
  for await (const { kind, status } of itemsOf("users", ports)) {
    if (kind !== "user") continue;
    for (const name of ["users", "registered"]) add(sums, name, 1n);
    if (status === "frozen") add(sums, "frozen", 1n);
  }
  for await (const { pk, sk, status } of itemsOf("wallets", ports)) {
    if (!String(pk).startsWith("USER#")) continue;
    if (String(sk).startsWith("DEPOSIT#")) add(sums, "deposits", 1n);
    if (!String(sk).startsWith("WITHDRAWAL#")) continue;
    if (status === "pending_approval") add(sums, "pendingWithdrawals", 1n);
    if (status === "completed") add(sums, "completedWithdrawals", 1n);
  }
  return sums;
}

function add(sums: Map<string, bigint>, name: string, by: bigint): void {
  sums.set(name, (sums.get(name) ?? 0n) + by);
}

function textOf(counts: Counts): string {
  return [...counts].map(String).sort().join();
}

async function* itemsOf(table: TableName, { store }: Ports): AsyncGenerator<Item> {
  let after: Item | undefined;
  do {
    const page = await store.scan({ table, consistent: true, ...(after === undefined ? {} : { after }) });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}
