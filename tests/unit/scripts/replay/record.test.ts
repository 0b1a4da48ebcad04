import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type LobsterMessage,
  parseBooks,
  parseMessages,
  type RecordedBook,
} from "../../../../scripts/replay/lobster.ts";
import { planReplay } from "../../../../scripts/replay/plan.ts";
import { NaiveExchange } from "../../../support/replay/naive-exchange.ts";
import { recordMarket } from "../../../support/replay/recorded-market.ts";

/** The data is not part of the project: LOBSTER_DIR names a folder with `messages.csv` and `orderbook.csv`. */
const folder = process.env.LOBSTER_DIR ?? "";
const isThere = folder !== "" && existsSync(join(folder, "messages.csv"));

function follow(messages: readonly LobsterMessage[], books: readonly RecordedBook[], depth: number) {
  const exchange = new NaiveExchange();
  let levelsFromRecord = 0;
  let requeued = 0;
  for (const { message, actions, ...step } of planReplay(messages, books)) {
    for (const action of actions) exchange.do(action);
    levelsFromRecord += step.levelsFromRecord;
    requeued += step.requeued;
    if (message !== null)
      expect(exchange.book(depth), `message ${message.index + 1}`).toEqual(books[message.index]);
  }
  return { levelsFromRecord, requeued, surprises: exchange.surprises };
}

describe("follow a record", () => {
  test.skipIf(!isThere)("a recorded morning > all ten levels agree after every message", () => {
    const messages = parseMessages(readFileSync(join(folder, "messages.csv"), "utf8"));
    const books = parseBooks(readFileSync(join(folder, "orderbook.csv"), "utf8"));
    const { levelsFromRecord, surprises } = follow(messages, books, 10);
    expect(surprises).toEqual([]);
    // Were the whole record copied over, it would agree as well; only a few levels may come from it.
    expect(levelsFromRecord).toBeLessThan(messages.length / 20);
  });

  test("made-up markets of which a few levels are seen > every level seen agrees after every message", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { messages, books } = recordMarket({ seed, events: 150, depth: 4 });
      expect(follow(messages, books, 4).surprises, `seed ${seed}`).toEqual([]);
    }
  });

  test("a market that is seen whole > nothing comes from the record and nothing loses its place", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const { messages, books } = recordMarket({ seed, events: 150, depth: 1_000 });
      const known = { levelsFromRecord: 0, requeued: 0, surprises: [] };
      expect(follow(messages, books, 1_000), `seed ${seed}`).toMatchObject(known);
    }
  });
});
