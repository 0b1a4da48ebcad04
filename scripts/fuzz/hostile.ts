import type { Chance } from "../demo/chance.ts";

/** Values that have broken programs before. Each is a function of chance, for some are too large to be kept. */

/** A piece of JSON that no value prints as, such as a number with more digits than a number has. */
class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const TEXTS = [
  "",
  " ",
  "\u0000",
  "0",
  "-1",
  "+1",
  "01",
  "1e3",
  "1E-8",
  "0x10",
  "NaN",
  "Infinity",
  "-0",
  ".5",
  "5.",
  "1,5",
  "1_000",
  "٣",
  "１２",
  "1.000000000000000000000000000000000000001",
  "9007199254740993",
  "340282366920938463463374607431768211456",
  "true",
  "null",
  "undefined",
  "[object Object]",
  "__proto__",
  "constructor",
  "toString",
  "$ref",
  "' OR 1=1 --",
  '{"$gt":""}',
  "attribute_exists(pk)",
  ":v0",
  "#n0",
  "USER#ADMIN",
  "KEY#1",
  "BTC-USDT#SNAPSHOT",
  "../../etc/passwd",
  "%00",
  "%",
  "\n\r\t",
  "\u202eabc",
  "\u200b",
  "é",
  "e\u0301",
  "ﬁ",
  "İ",
  "ß",
  "💥",
  "\ud800",
  "\udfff\ud800",
  "\ufeff",
  "\uffff",
  "<script>alert(1)</script>",
  "A".repeat(64),
  "A".repeat(65),
  "9".repeat(60),
  `1.${"0".repeat(58)}`,
  "1970-01-01",
  "2026-02-30",
  "+275760-09-13T00:00:00.001Z",
  "0000-00-00T00:00:00Z",
  "01KATB9Z8Q4W0J5V6R7N2M3X1C",
  "7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
  "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
  "00000000000000000000000000",
] as const;

export function hostileText(chance: Chance): string {
  const roll = chance.fraction();
  if (roll < 0.8) return chance.pick(TEXTS);
  if (roll < 0.9) return chance.pick(["x", "9", "💥", "\u0301", "\\", '"']).repeat(1 + chance.below(3_000));
  return Array.from({ length: 1 + chance.below(40) }, () =>
    String.fromCodePoint(1 + chance.below(0xd7ff)),
  ).join("");
}

export function hostileValue(chance: Chance): unknown {
  const roll = chance.fraction();
  if (roll < 0.45) return hostileText(chance);
  if (roll < 0.75)
    return chance.pick<unknown>([
      null,
      true,
      false,
      0,
      -0,
      1,
      -1,
      0.1,
      1.5,
      2 ** 53,
      1e308,
      5e-324,
      new Raw("1e400"),
      new Raw("-1e-400"),
      new Raw(`1${"0".repeat(400)}`),
      new Raw("0.10000000000000000000000000000001"),
      [],
      {},
      [[]],
      [null],
      [0],
      ["1"],
      { length: 1 },
      { $numberDecimal: "1" },
      { toString: "x" },
      new Raw('{"__proto__":{"admin":true}}'),
      { constructor: { prototype: { admin: true } } },
    ]);
  if (roll < 0.9) return nested(chance.pick([3, 30, 300, 3_000, 10_000]), chance.pick(["[]", "{}"]));
  return Array.from({ length: chance.below(300) }, (_, index) => index);
}

function nested(depth: number, kind: "[]" | "{}"): Raw {
  const [open, close] = kind === "[]" ? ["[", "]"] : ['{"a":', "}"];
  return new Raw(`${open.repeat(depth)}1${close.repeat(depth)}`);
}

export function printJson(value: unknown): string {
  const pieces: string[] = [];
  const text = JSON.stringify(value, (_, inner: unknown) =>
    inner instanceof Raw ? `@piece-${pieces.push(inner.text) - 1}@` : inner,
  );
  return text.replace(/"@piece-(\d+)@"/g, (_, index: string) => pieces[Number(index)] ?? "null");
}
