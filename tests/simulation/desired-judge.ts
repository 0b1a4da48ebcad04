import { readJournal } from "../../lib/journal/read-journal.ts";
import { unseal } from "../../lib/matching/entry.ts";
import type { Item, Store } from "../../lib/store/store.ts";
import { CATALOGUE } from "./in-process-exchange.ts";

/** A status as one part of the exchange has it, with the number of the change that set it. */
type Status = { readonly status: string; readonly number: number };

/** What a market's journal says of accounts and of the market itself: the last of each. */
type Journalled = {
  readonly accounts: ReadonlyMap<string, Status>;
  /** As it was last asked for. */
  readonly asked: Status;
  /** As it is: the market may have halted itself. */
  readonly status: string;
};

const NEVER: Status = { status: "active", number: 0 };

/**
 * At rest, all that was desired is so: an account stands in every market as in the table of users, a market's gate as its journal says,
 * each with the number of the last change; nobody frozen has a live order, and nothing is left to be sent.
 */
export async function judgeDesired(store: Store): Promise<readonly string[]> {
  const found: string[] = [];
  const users = (await itemsOf(store, "users")).filter(({ sk }) => sk === "PROFILE");
  for (const market of CATALOGUE.markets.keys()) {
    const journalled = await journalOf(market, store);
    for (const user of users) {
      const wanted = statusOf(user.status, user.statusNumber);
      const has = journalled.accounts.get(String(user.id)) ?? NEVER;
      if (!isSame(wanted, has))
        found.push(`${String(user.id)} is ${text(wanted)}, and ${text(has)} in ${market}`);
    }
    found.push(...(await judgeGate(market, { journalled, store })));
    const left = await store.query({ table: "market-data", pk: `DESIRED#${market}` });
    found.push(...left.items.map(({ sk }) => `what is desired of ${String(sk)} is left over in ${market}`));
  }
  const frozen = new Set(users.filter(({ status }) => status === "frozen").map(({ id }) => String(id)));
  for (const order of await itemsOf(store, "orders")) {
    if (
      order.liveUserId !== undefined &&
      order.reason !== "suspended" &&
      frozen.has(String(order.liveUserId))
    )
      found.push(`${String(order.liveUserId)} is frozen and has the live ${String(order.sk)}`);
  }
  return found;
}

async function judgeGate(
  market: string,
  { journalled, store }: { readonly journalled: Journalled; readonly store: Store },
): Promise<readonly string[]> {
  const gate = await store.get({ table: "market-data", key: { pk: `MARKET#${market}`, sk: "GATE" } });
  const found: string[] = [];
  const desired = gate?.desired === undefined ? undefined : statusOf(gate.desired, gate.number);
  if (desired !== undefined && !isSame(desired, journalled.asked))
    found.push(`${market} is to be ${text(desired)}, and its journal has ${text(journalled.asked)}`);
  if (Number(gate?.applied ?? 0n) !== journalled.asked.number)
    found.push(`the gate of ${market} does not know that change ${journalled.asked.number} is applied`);
  if ((gate?.status ?? "open") !== journalled.status)
    found.push(
      `the gate of ${market} says ${String(gate?.status)} where its journal says ${journalled.status}`,
    );
  return found;
}

async function journalOf(market: string, store: Store): Promise<Journalled> {
  const accounts = new Map<string, Status>();
  let asked: Status = { status: "open", number: 0 };
  let status = "open";
  for await (const run of readJournal({ market, after: 0 }, { store, clock: { sleep: async () => {} } })) {
    for (const event of run.flatMap((sealed) => unseal(sealed).events)) {
      if (event.type === "account_status_set") accounts.set(event.userId, event);
      if (event.type !== "status_set") continue;
      status = event.status;
      if (event.number !== undefined) asked = { status, number: event.number };
    }
  }
  return { accounts, asked, status };
}

async function itemsOf(store: Store, table: "users" | "orders"): Promise<readonly Item[]> {
  const items: Item[] = [];
  let after: Item | undefined;
  do {
    const page = await store.scan({ table, ...(after === undefined ? {} : { after }) });
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items;
}

function statusOf(status: unknown, number: unknown): Status {
  return { status: String(status), number: Number(number ?? 0n) };
}

function isSame(one: Status, other: Status): boolean {
  return one.status === other.status && one.number === other.number;
}

function text({ status, number }: Status): string {
  return `${status} (change ${number})`;
}
