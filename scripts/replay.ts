/** `npm run replay -- FILE`: plays a recorded morning of a real exchange through the public API of this one. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { flag, number, text } from "./command/options.ts";
import { interruption, runCommand } from "./command/run.ts";
import { print, startProgress } from "./command/terminal.ts";
import { CannotBegin } from "./command/told.ts";
import { type ExchangeClient, loginAdmin } from "./exchange/client.ts";
import { defaultUrl, reachExchange } from "./exchange/find.ts";
import { parseBooks, parseMessages } from "./replay/lobster.ts";
import { mapTo } from "./replay/mapping.ts";
import { planReplay } from "./replay/plan.ts";
import { printReport } from "./replay/report.ts";
import { runReplay } from "./replay/run.ts";
import { Venue } from "./replay/venue.ts";

const HELP = `Usage: npm run replay -- FILE [options]

Replays a LOBSTER message file (lobsterdata.com) through the public API and, after every message, compares the
best levels of the order book with the recorded ones.

  FILE             the messages
  --book FILE      the recorded order book; without it, orderbook.csv beside the messages, or LOBSTER's own naming
                   (..._message_10.csv beside ..._orderbook_10.csv); where there is none, nothing is compared
  --market M       the market to use (BTC-USDT); it must be empty and nobody else may trade in it
  --limit N        only the first N messages
  --url URL        the exchange (${defaultUrl()}; where none answers there, one is started)
  --keep           leave the replay's orders in the book at the end (they are cancelled otherwise)
  --help           this text

New orders become limit orders of a maker, deletions cancels, and executions IOC orders of a taker on the other side;
hidden executions (type 5) are skipped. There is no way to make an order smaller, so an order of which the record
cancels a part is placed in parts from the start, and a partial cancel cancels one of them: the rest keeps its
priority. What was in the book before the first message is seeded from the recorded book; where its window reaches
further than before, what it shows there is taken over, since nothing was recorded of it.

Exit code: 0 the books were equal, 1 they were not or something failed, 2 it could not begin.`;

const RETRY_FOR_MS = 30_000;

await runCommand({
  help: HELP,
  takesFiles: true,
  options: {
    book: text(),
    market: text(),
    limit: number({ least: 1 }, Number.POSITIVE_INFINITY),
    url: text(),
    keep: flag(),
  },
  run: async ({ book, market: name = "BTC-USDT", limit, url, keep }, [file, ...more]) => {
    if (file === undefined || more.length > 0) throw new CannotBegin(HELP);
    const { messages, books } = readRecord(file, { limit, book });
    const steps = planReplay(messages, books);
    const exchange = await reachExchange(url, print);
    const stop = interruption();
    try {
      const http = { baseUrl: exchange.url, retryForMs: RETRY_FOR_MS };
      const admin = await loginAdmin(http);
      const market = await emptyMarket(admin, name);
      const mapping = mapTo(
        market,
        steps.flatMap((step) => step.actions),
      );
      print(`${messages.length} messages on ${market.market}: ${mapping.description}`);

      const run = Date.now().toString(36);
      const venue = new Venue({ run, market, mapping, admin, http, steps });
      const progress = startProgress("replay", messages.length);
      try {
        const report = await runReplay(steps, {
          venue,
          mapping,
          books,
          isInterrupted: () => stop.aborted,
          onMessage: (done, differing) => progress.update(done, `${done} messages, ${differing} differing`),
        }).finally(() => progress.stop());
        printReport(report, venue);
        return report.differing > 0 || stop.aborted ? 1 : 0;
      } finally {
        if (!keep) await venue.cancelEverything();
      }
    } finally {
      await exchange.stop();
    }
  },
});

type Part = { readonly limit: number; readonly book: string | undefined };

function readRecord(file: string, { limit, book }: Part) {
  const messages = parseMessages(read(file)).slice(0, limit);
  const bookFile = book ?? bookBeside(file);
  const books = bookFile === null ? null : parseBooks(read(bookFile)).slice(0, limit);
  if (books !== null && books.length !== messages.length) {
    throw new CannotBegin(`${bookFile} has ${books.length} rows for ${messages.length} messages`);
  }
  if (bookFile === null) print("No recorded order book: nothing is compared.");
  return { messages, books };
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CannotBegin(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function bookBeside(file: string): string | null {
  const names = [basename(file).replace("_message_", "_orderbook_"), "orderbook.csv"];
  const found = names
    .filter((name) => name !== basename(file))
    .map((name) => join(dirname(file), name))
    .find((path) => existsSync(path));
  return found ?? null;
}

async function emptyMarket(client: ExchangeClient, name: string) {
  const markets = await client.markets();
  const market = markets.find((candidate) => candidate.market === name);
  if (market === undefined) {
    throw new CannotBegin(
      `there is no market ${name}, only ${markets.map((known) => known.market).join(", ")}`,
    );
  }
  const book = await client.orderbook(name, 1);
  if (book.bids.length + book.asks.length > 0) {
    throw new CannotBegin(
      `The book of ${name} is not empty: other orders would trade with the replay's. Use a fresh market: another one ` +
        "(--market), or a freshly started exchange.",
    );
  }
  return market;
}
