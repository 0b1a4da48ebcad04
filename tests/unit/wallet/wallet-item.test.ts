import { beforeEach, describe, expect, test } from "vitest";
import type { Outcome } from "../../../lib/store/store.ts";
import {
  type AssetChange,
  availableOf,
  balancesOf,
  revisionOf,
  versionOf,
  walletKey,
  walletWrite,
} from "../../../lib/wallet/wallet-item.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";

let store: MemoryStore;

beforeEach(() => {
  store = new MemoryStore();
});

const change = (
  changes: Record<string, AssetChange>,
  options?: Parameters<typeof walletWrite>[2],
): Promise<Outcome> => store.write(walletWrite("ALICE", new Map(Object.entries(changes)), options));
const wallet = () => store.get({ table: "wallets", key: walletKey("ALICE") });

describe("a change of a wallet", () => {
  test("makes the wallet, adds up, and counts the revision", async () => {
    await change({ BTC: { available: 7n, credited: 7n } });
    await change({ BTC: { available: -3n, locked: 3n }, USDT: { available: 1n } });
    expect(Object.fromEntries(balancesOf(await wallet()))).toEqual({
      BTC: { available: 4n, locked: 3n, credited: 7n, withdrawn: 0n },
      USDT: { available: 1n, locked: 0n, credited: 0n, withdrawn: 0n },
    });
    expect(revisionOf(await wallet())).toBe(2n);
    expect(availableOf(await wallet(), "ETH")).toBe(0n);
  });

  test.each<Record<string, AssetChange>>([
    { BTC: { available: -8n } },
    { BTC: { available: 1n, locked: -1n } },
    { ETH: { available: -1n } },
    { BTC: { available: -7n }, USDT: { locked: -1n } },
  ])("that would take a single unit more than there is (%o) does nothing", async (changes) => {
    await change({ BTC: { available: 7n } });
    expect((await change(changes)).ok).toBe(false);
    expect(revisionOf(await wallet())).toBe(1n);
    expect(availableOf(await wallet(), "BTC")).toBe(7n);
  });

  test("may take the last unit", async () => {
    await change({ BTC: { available: 7n } });
    expect(await change({ BTC: { available: -7n, locked: 7n } })).toEqual({ ok: true });
    expect(await change({ BTC: { locked: -7n, withdrawn: 7n } })).toEqual({ ok: true });
  });

  test("notes the version of the market that made it, and keeps to conditions of its own", async () => {
    await change({ BTC: { available: 1n } }, { set: { "version:BTC-USDT": 9n } });
    expect(versionOf(await wallet(), "BTC-USDT")).toBe(9);
    expect(versionOf(await wallet(), "ETH-BTC")).toBe(0);
    expect([...balancesOf(await wallet()).keys()]).toEqual(["BTC"]);
    const refused = await change(
      { BTC: { available: 1n } },
      { when: [{ attribute: "frozen", is: "present" }] },
    );
    expect(refused.ok).toBe(false);
  });

  test("of nothing counts the revision and is nothing else: no amounts, no conditions", () => {
    expect(walletWrite("ALICE", new Map([["BTC", { available: 0n, locked: 0n }]]))).toStrictEqual({
      kind: "update",
      table: "wallets",
      key: { pk: "USER#ALICE", sk: "WALLET" },
      add: { revision: 1n },
    });
  });

  test("of a wallet that does not exist yet begins at nothing", () => {
    expect([versionOf(undefined, "BTC-USDT"), availableOf(undefined, "BTC"), revisionOf(undefined)]).toEqual([
      0,
      0n,
      0n,
    ]);
  });
});
