import { type Chance, chanceFrom } from "../demo/chance.ts";
import { type Operation, PlainBook, type Side } from "./plain-book.ts";

/** What is played: first the book as it is found, which is not timed, then what is. */
export type Stream = {
  readonly name: string;
  readonly book: readonly Operation[];
  readonly operations: readonly Operation[];
};

type Shape = {
  readonly name: string;
  readonly resting: number;
  /** On both sides together. */
  readonly levels: number;
  /** Shares of the operations; the others are cancels. */
  readonly rest: number;
  readonly cross: number;
  /** How many resting orders one that crosses takes, from and to. */
  readonly takes: readonly [from: number, to: number];
};

const SHAPES: readonly Shape[] = [
  { name: "balanced", resting: 10_000, levels: 500, rest: 0.4, cross: 0.3, takes: [0.1, 0.6] },
  { name: "deep sweeps", resting: 10_000, levels: 500, rest: 0.99, cross: 0.008, takes: [50, 200] },
  { name: "cancel-heavy", resting: 10_000, levels: 500, rest: 0.45, cross: 0.05, takes: [0.1, 0.6] },
  { name: "thin book", resting: 200, levels: 100, rest: 0.4, cross: 0.3, takes: [0.1, 0.6] },
  { name: "80 a level", resting: 10_000, levels: 125, rest: 0.4, cross: 0.3, takes: [0.1, 0.6] },
];

const MIDDLE = 100_000;
const LOTS = 10;

export function streams({
  seed,
  operations,
}: {
  readonly seed: number;
  readonly operations: number;
}): readonly Stream[] {
  return SHAPES.map((shape) => new Generator(shape, chanceFrom(seed)).stream(operations));
}

class Generator {
  readonly #shape: Shape;
  readonly #chance: Chance;
  readonly #plain = new PlainBook();
  /** Of those that came to rest; some of them are gone. */
  readonly #ids: number[] = [];
  #next = 0;

  constructor(shape: Shape, chance: Chance) {
    this.#shape = shape;
    this.#chance = chance;
  }

  stream(count: number): Stream {
    const { name, resting, rest, cross } = this.#shape;
    const book = Array.from({ length: resting }, () => this.#rest());
    const operations = Array.from({ length: count }, () => {
      const kind = this.#chance.fraction();
      if (kind < rest) return this.#rest();
      return kind < rest + cross ? this.#cross() : (this.#cancel() ?? this.#rest());
    });
    return { name, book, operations };
  }

  #rest(): Operation {
    const side = this.#chance.pick(["buy", "sell"] as const);
    const distance = 1 + this.#chance.below(this.#shape.levels / 2);
    const operation = this.#place(side, side === "buy" ? MIDDLE - distance : MIDDLE + distance, LOTS);
    this.#ids.push(operation.id);
    return operation;
  }

  /** It is priced beyond all that rests, so that it is filled whole. */
  #cross(): Operation {
    const side = this.#chance.pick(["buy", "sell"] as const);
    const [from, to] = this.#shape.takes;
    const lots = Math.max(1, Math.round(LOTS * (from + this.#chance.fraction() * (to - from))));
    return this.#place(side, side === "buy" ? 2 * MIDDLE : 1, lots);
  }

  #place(side: Side, price: number, lots: number): Operation & { readonly kind: "place" } {
    const operation = { kind: "place", id: ++this.#next, side, price, lots } as const;
    this.#plain.play(operation);
    return operation;
  }

  #cancel(): Operation | undefined {
    while (this.#ids.length > 0) {
      const at = this.#chance.below(this.#ids.length);
      const id = this.#ids[at] as number;
      this.#ids[at] = this.#ids.at(-1) as number;
      this.#ids.pop();
      if (!this.#plain.orders.has(id)) continue;
      const operation = { kind: "cancel", id } as const;
      this.#plain.play(operation);
      return operation;
    }
    return undefined;
  }
}
