import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { Command } from "../../../lib/matching/command.ts";
import { MAX_OPEN_ORDERS_PER_USER } from "../../../lib/matching/engine.ts";
import { unseal } from "../../../lib/matching/entry.ts";
import type { LiveOrder, OrderTerms } from "../../../lib/matching/order.ts";
import { plan } from "../../../lib/matching/plan.ts";
import { NaiveMarket } from "../../support/matching/naive-market.ts";
import { EPOCH, Play, queued } from "../../support/matching/play.ts";
import {
  cancelOf,
  MARKET,
  placeOf,
  randomCommands,
  termsOf,
} from "../../support/matching/random-commands.ts";
import { runs } from "../../support/property-runs.ts";

let play: Play;

beforeEach(() => {
  play = new Play();
});

function place(terms: Pick<OrderTerms, "id"> & Partial<OrderTerms>): string | undefined {
  play.take([placeOf(terms)]);
  return play.outcomes.get(terms.id);
}

const sell = (id: string, priceTicks: bigint, quantityLots: bigint) =>
  place({ id, userId: "BOB", side: "sell", priceTicks, quantityLots });
const spend = (id: string, quoteBudget: bigint) =>
  place({ id, type: "market", timeInForce: "IOC", quoteBudget });

describe("any run of commands", () => {
  test("does what the plainest matching does, conserves all money, and never crosses the book", () => {
    fc.assert(
      fc.property(randomCommands, fc.integer({ min: 1, max: 10 }), (commands, batchSize) => {
        const live = new Play();
        const naive = new NaiveMarket();
        live.run(commands, batchSize);
        for (const command of commands) naive.run(command);
        expect(live.trades).toEqual(naive.trades);
        const outcomes = [...naive.orders.values()].map(({ id, outcome, lots, quote, fee }) => [
          id,
          `${outcome} ${lots} ${quote} ${fee}`,
        ]);
        expect(Object.fromEntries(live.outcomes)).toEqual(Object.fromEntries(outcomes));
        for (const side of ["buy", "sell"] as const) {
          expect([...live.state.book.orders(side)].map(({ id }) => id)).toEqual(
            naive.queue(side).map(({ id }) => id),
          );
        }
        const { book } = live.state;
        const [bid, ask] = [book.best("buy")?.priceTicks, book.best("sell")?.priceTicks];
        expect(bid === undefined || ask === undefined || bid < ask).toBe(true);
        live.expectConserved();
      }),
      { numRuns: runs(300) },
    );
  });
});

describe("a market buy", () => {
  const lot = (ticks: bigint) => ticks * MARKET.tickLotUnits;

  test("that spends its whole budget on the last order of the book is filled", () => {
    sell("S1", 100n, 2n);
    expect(spend("B1", 2n * lot(100n))).toMatch(/^filled {2}2 /);
  });

  test("that spends its whole budget before its own user's order is filled, not a self-trade", () => {
    sell("S1", 100n, 2n);
    place({ id: "S2", side: "sell", priceTicks: 101n, quantityLots: 1n });
    expect(spend("B1", 2n * lot(100n))).toMatch(/^filled {2}2 /);
  });

  test("whose rest does not pay for one more lot is filled and gets the rest back", () => {
    sell("S1", 100n, 9n);
    expect(spend("B1", 3n * lot(100n) - 1n)).toMatch(/^filled {2}2 /);
    expect(play.wallets.get("ALICE USDT")).toEqual({ available: -2n * lot(100n), locked: 0n });
  });

  test("that cannot pay for one lot expires", () => {
    sell("S1", 100n, 9n);
    expect(spend("B1", lot(100n) - 1n)).toBe("expired unfilled 0 0 0");
  });

  test("never rests, whatever its time in force says", () => {
    expect(place({ id: "B1", type: "market", timeInForce: "GTC", quoteBudget: lot(100n) })).toBe(
      "expired unfilled 0 0 0",
    );
  });

  test("that empties the book expires with what it has bought", () => {
    sell("S1", 100n, 2n);
    expect(spend("B1", 5n * lot(100n))).toMatch(/^expired unfilled 2 /);
  });
});

describe("an order", () => {
  test("beyond the limit of open orders is rejected, and one less is not", () => {
    const resting = Array.from({ length: MAX_OPEN_ORDERS_PER_USER - 1 }, (_, index) =>
      placeOf({ id: `O${index}`, priceTicks: 10n, quantityLots: 1n }),
    );
    play.run(resting, 50);
    expect(place({ id: "LAST", priceTicks: 10n, quantityLots: 1n })).toBe("open  0 0 0");
    expect(place({ id: "MORE", priceTicks: 10n, quantityLots: 1n })).toBe(
      "rejected too_many_open_orders 0 0 0",
    );
    expect(place({ id: "OTHER", userId: "BOB", priceTicks: 10n, quantityLots: 1n })).toBe("open  0 0 0");
    play.take([cancelOf("C1", termsOf({ id: "LAST", priceTicks: 10n, quantityLots: 1n }))]);
    expect(place({ id: "ROOM", priceTicks: 10n, quantityLots: 1n })).toBe("open  0 0 0");
  });

  test("of a frozen account is rejected until the account is unfrozen, and its orders are cancelled", () => {
    place({ id: "O1", priceTicks: 10n, quantityLots: 1n });
    play.take([{ kind: "set_account_status", id: "F1", userId: "ALICE", status: "frozen", number: 1 }]);
    expect(play.outcomes.get("O1")).toBe("cancelled account_frozen 0 0 0");
    expect(place({ id: "O2", priceTicks: 10n, quantityLots: 1n })).toBe("rejected account_frozen 0 0 0");
    play.take([{ kind: "set_account_status", id: "F2", userId: "ALICE", status: "active", number: 2 }]);
    expect(place({ id: "O3", priceTicks: 10n, quantityLots: 1n })).toBe("open  0 0 0");
  });

  test("in a halted market is rejected, while cancels are served", () => {
    place({ id: "O1", priceTicks: 10n, quantityLots: 1n });
    play.take([{ kind: "set_status", id: "H1", status: "halted", number: 1, actor: "ADMIN" }]);
    expect(place({ id: "O2", priceTicks: 10n, quantityLots: 1n })).toBe("rejected market_halted 0 0 0");
    play.take([cancelOf("C1", termsOf({ id: "O1", priceTicks: 10n, quantityLots: 1n }))]);
    expect(play.outcomes.get("O1")).toBe("cancelled user 0 0 0");
    play.expectConserved();
  });

  test("halted and of a frozen account says that the market is halted", () => {
    play.take([
      { kind: "set_account_status", id: "F1", userId: "ALICE", status: "frozen", number: 1 },
      { kind: "set_status", id: "H1", status: "halted", number: 1, actor: "ADMIN" },
    ]);
    expect(place({ id: "O1", priceTicks: 10n, quantityLots: 1n })).toBe("rejected market_halted 0 0 0");
  });
});

describe("numbered changes that arrive the wrong way round", () => {
  const account = (number: number, status: "active" | "frozen"): Command => ({
    kind: "set_account_status",
    id: `F${number}`,
    userId: "ALICE",
    status,
    number,
  });
  const market = (number: number, status: "open" | "halted"): Command => ({
    kind: "set_status",
    id: `H${number}`,
    status,
    number,
    actor: "ADMIN",
  });

  /** Commands of which the journal says that a later change came before. */
  const superseded = (): readonly string[] =>
    play.journal
      .flatMap((sealed) => unseal(sealed).events)
      .flatMap((event) =>
        event.type === "ignored" && event.reason === "superseded" ? [event.commandId] : [],
      );

  test("of an account > the higher number stands, and a lower one cancels nothing any more", () => {
    play.take([account(2, "active")]);
    place({ id: "O1", priceTicks: 10n, quantityLots: 1n });
    play.take([account(1, "frozen")]);
    expect(play.outcomes.get("O1")).toBe("open  0 0 0");
    expect(play.state.accounts.get("ALICE")).toEqual({ status: "active", number: 2 });
    expect(superseded()).toEqual(["F1"]);
  });

  test("of an account > the same one again does nothing", () => {
    play.take([account(1, "frozen"), { ...account(1, "active"), id: "F1-again" }]);
    expect(play.state.isFrozen("ALICE")).toBe(true);
  });

  test("of a market > the higher number stands", () => {
    play.take([market(4, "halted"), market(3, "open"), { ...market(4, "open"), id: "H4-again" }]);
    expect(play.state).toMatchObject({ status: "halted", statusNumber: 4 });
    expect(superseded()).toEqual(["H3", "H4-again"]);
    play.take([market(5, "open")]);
    expect(place({ id: "O1", priceTicks: 10n, quantityLots: 1n })).toBe("open  0 0 0");
  });
});

describe("a release", () => {
  const one = { priceTicks: 10n, quantityLots: 3n };
  const back: LiveOrder = {
    ...termsOf({ id: "O1", side: "sell", ...one }),
    filledLots: 1n,
    filledQuote: 0n,
    fee: 0n,
  };
  const release = (order = back, id = "R1"): Command => ({ kind: "release", id, order });
  /** The events of what a fresh state makes of the command. */
  const eventsOf = (command: Command): string[] => {
    const planned = plan(play.state, { epoch: EPOCH, commands: queued([command], 900) });
    play.state.rollBack(planned.savepoint);
    return planned.entry.events.map((event) => (event.type === "ignored" ? event.reason : event.type));
  };

  test("lets the order rest behind the others, or trade with what it meets", () => {
    expect(eventsOf(release())).toEqual(["released", "rested"]);
    place({ id: "B1", userId: "BOB", priceTicks: 10n, quantityLots: 1n });
    expect(eventsOf(release())).toEqual(["released", "filled", "rested"]);
    place({ id: "B2", userId: "BOB", priceTicks: 10n, quantityLots: 5n });
    expect(eventsOf(release())).toEqual(["released", "filled", "filled"]);
  });

  test("of a market sell that finds nothing ends it", () => {
    const terms = termsOf({ id: "O1", side: "sell", type: "market", timeInForce: "IOC", quantityLots: 3n });
    expect(eventsOf(release({ ...terms, filledLots: 1n, filledQuote: 10n, fee: 0n }))).toEqual([
      "released",
      "closed",
    ]);
  });

  test("of what is on the book, into a halted market, or of a frozen account does nothing", () => {
    place({ id: "O1", side: "sell", ...one });
    expect(eventsOf(release())).toEqual(["duplicate"]);
    play.take([{ kind: "set_account_status", id: "F1", userId: "ALICE", status: "frozen", number: 1 }]);
    expect(eventsOf(release())).toEqual(["account_frozen"]);
    play.take([{ kind: "set_status", id: "H1", status: "halted", number: 1, actor: "ADMIN" }]);
    expect(eventsOf(release())).toEqual(["market_halted"]);
  });

  test("that an entry has no room for waits for the next one", () => {
    const full = Array.from({ length: 99 }, (_, index) =>
      placeOf({ id: `P${index}`, priceTicks: 5n, quantityLots: 1n }),
    );
    const planned = plan(play.state, { epoch: EPOCH, commands: queued([...full, release()]) });
    expect(planned.completed).toBe(99);
    expect(planned.entry.events.some(({ type }) => type === "released")).toBe(false);
  });
});
