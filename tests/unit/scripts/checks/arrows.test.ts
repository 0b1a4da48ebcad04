import { describe, expect, it } from "vitest";
import { brokenArrows, DOMAIN } from "../../../../scripts/checks/arrows.ts";

function check(path: string, text: string): readonly string[] {
  return brokenArrows([{ path, text }]);
}

describe("arrows", () => {
  it("let the domain know money, and adapters the SDK", () => {
    expect(check("lib/wallet/amount.ts", 'import { parseDecimal } from "../money/decimal.ts";')).toEqual([]);
    expect(
      check("lib/adapters/store.ts", 'import { DynamoDBClient } from "@aws-sdk/client-dynamodb";'),
    ).toEqual([]);
    expect(check("functions/auth/login.ts", 'import { ports } from "../../lib/adapters/ports.ts";')).toEqual(
      [],
    );
  });

  it.each([
    ["money that knows the domain", "lib/money/fee.ts", 'import type { Market } from "../market/market.ts";'],
    [
      "a domain that knows an adapter",
      "lib/trading/place.ts",
      'import { ports } from "../adapters/ports.ts";',
    ],
    [
      "a domain that knows an adapter's type",
      "lib/auth/login.ts",
      'import type { Ports } from "../adapters/ports.ts";',
    ],
    [
      "a domain that knows the edge",
      "lib/trading/place.ts",
      'import { endpoint } from "../edge/endpoint.ts";',
    ],
    [
      "an adapter that knows the edge",
      "lib/adapters/log.ts",
      'import type { EdgePorts } from "../edge/ports.ts";',
    ],
    [
      "the core that knows a projection of its log",
      "lib/matching/plan.ts",
      'import { depthKey } from "../market-data/market-items.ts";',
    ],
    [
      "the API's half that knows the consumer's",
      "lib/trading/place-order.ts",
      'import { Matcher } from "../matcher/matcher.ts";',
    ],
    [
      "the consumer's half that knows the API's",
      "lib/matcher/matcher.ts",
      'import { voidOrder } from "../trading/void-order.ts";',
    ],
    [
      "ports that know the core",
      "lib/ports/queue.ts",
      'import type { Command } from "../matching/command.ts";',
    ],
    ["the SDK in a handler", "functions/auth/login.ts", 'import { SQSClient } from "@aws-sdk/client-sqs";'],
    ["the SDK in the domain, late", "lib/auth/login.ts", 'const sdk = await import("@aws-sdk/client-ssm");'],
    ["Middy in the domain", "lib/auth/login.ts", 'import middy from "@middy/core";'],
    ["an import over several lines", "lib/money/fee.ts", 'import {\n  a,\n  b,\n} from "../store/store.ts";'],
    ["an import for its side effects", "lib/money/fee.ts", 'import "../store/store.ts";'],
    [
      "scripts in the product",
      "lib/trading/place.ts",
      'import { FifoQueue } from "../../scripts/local/sqs/fifo-queue.ts";',
    ],
    ["the clock", "lib/trading/place.ts", "const now = Date.now();"],
    ["the clock, disguised", "lib/trading/place.ts", "const now = new Date();"],
    ["chance", "lib/matching/engine.ts", "const dice = Math.random();"],
    ["the environment", "lib/market/market.ts", "const name = process.env.NAME;"],
    ["a room that nobody knows", "lib/utils/things.ts", ""],
  ])("refuse %s", (_, path, text) => {
    expect(check(path, text)).toHaveLength(1);
  });

  it("never run back up: each room stands above all that it may import", () => {
    const rooms = Object.keys(DOMAIN);
    for (const [room, below] of Object.entries(DOMAIN)) {
      for (const imported of below)
        expect(rooms.indexOf(imported), `${room} -> ${imported}`).toBeLessThan(rooms.indexOf(room));
    }
  });

  it("take no comment for code", () => {
    expect(
      check("lib/matching/engine.ts", "// Date.now() would make replays differ.\n/* Math.random() too */"),
    ).toEqual([]);
  });
});
