import { beforeEach, describe, expect, test } from "vitest";
import { type CommitPorts, commit, type Limits } from "../../../lib/matcher/commit.ts";
import { ContendedWallets } from "../../../lib/matcher/contended-wallets.ts";
import { MarketState } from "../../../lib/matching/market-state.ts";
import { plan } from "../../../lib/matching/plan.ts";
import { RecordingLog, VirtualClock } from "../../simulation/effects.ts";
import { busy, type Hooks, hookedStore, unavailable } from "../../simulation/faulty-store.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { queued } from "../../support/matching/play.ts";
import { MARKET, placeOf } from "../../support/matching/random-commands.ts";

let clock: VirtualClock;
let pauses: number[];

beforeEach(() => {
  clock = new VirtualClock();
  pauses = [];
});

const isBusy: NonNullable<Hooks["before"]> = (call) =>
  call.operation === "transact" ? busy(call.input.length) : undefined;

/** A store that is busy for ever, chance that always draws the same, and a clock that notes its pauses. */
function ports(fraction: number, before = isBusy): CommitPorts {
  const store = hookedStore(new MemoryStore(), { before });
  const sleep = async (ms: number): Promise<void> => {
    pauses.push(ms);
    await clock.sleep(ms);
  };
  return {
    store,
    clock: { nowMs: () => clock.nowMs(), sleep },
    random: { fraction: () => fraction },
    log: new RecordingLog(),
    metrics: { add: () => {} },
  };
}

/** No user's wallet is contended for: what is busy is the store. */
function limits(forMs: number): Limits {
  return { commitBy: clock.nowMs() + forMs, contended: new ContendedWallets("BTC-USDT") };
}

const planned = plan(new MarketState(MARKET), {
  epoch: "epoch",
  commands: queued([placeOf({ id: "O1", priceTicks: 1n, quantityLots: 1n })]),
});

describe("between attempts a commit", () => {
  test.each([
    [0, [2, 4, 8, 16, 32, 64, 125, 125]],
    [0.5, [4, 8, 16, 32, 64, 128, 250, 250]],
  ])(
    "pauses twice as long each time, up to a quarter of a second, spread by chance (%d)",
    async (fraction, expected) => {
      const outcome = await commit(planned, limits(10_000), ports(fraction));
      expect(outcome.kind).toBe("out_of_time");
      expect(pauses.slice(0, 8)).toEqual(expected);
    },
  );

  test("does not begin a pause that would end when the time is over", async () => {
    expect((await commit(planned, limits(12), ports(0.5))).kind).toBe("out_of_time");
    expect(pauses).toEqual([4]);
  });
});

test("a store that never answers is not taken for one in which others keep writing a wallet", async () => {
  const silent = ports(0.5, () => {
    throw unavailable();
  });
  const { commitBy, contended } = limits(10_000);
  expect((await commit(planned, { commitBy, contended }, silent)).kind).toBe("out_of_time");
  expect(contended.userIds.size).toBe(0);
});
