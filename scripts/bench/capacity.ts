import type { Meter } from "../../lib/adapters/dynamodb-store.ts";

const COUNTS = ["readCalls", "writeCalls", "readUnits", "writeUnits", "queueCalls"] as const;

/**
 * What some work has consumed: calls and units (queue calls: questions which queue it is, no commands), and the write units by table
 * (`orders`) and index (`orders.live`).
 */
export type Usage = { [count in (typeof COUNTS)[number]]: number } & {
  readonly written: Map<string, number>;
};

export function nothingUsed(): Usage {
  return { readCalls: 0, writeCalls: 0, readUnits: 0, writeUnits: 0, queueCalls: 0, written: new Map() };
}

/** The sum of some usages, divided by so many. */
export function usedInAll(usages: readonly Usage[], by = 1): Usage {
  const total = nothingUsed();
  for (const usage of usages) {
    for (const count of COUNTS) total[count] += usage[count] / by;
    for (const [place, units] of usage.written) add(total.written, place, units / by);
  }
  return total;
}

const READS: ReadonlySet<string> = new Set(["GetItem", "BatchGetItem", "Query", "Scan"]);

type Consumed = Parameters<Meter>[0]["capacity"][number];

/** Adds up what the engine says each call has consumed, by what was being done. Work that is measured runs one after the other. */
export class CapacityMeter {
  readonly #tablePrefix: string;
  readonly #usages = new Map<string, Usage>();
  #label = "";

  constructor(tablePrefix: string) {
    this.#tablePrefix = tablePrefix;
  }

  readonly note: Meter = ({ operation, capacity }) => {
    const usage = this.usage(this.#label);
    const units = capacity.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
    if (READS.has(operation)) {
      usage.readCalls++;
      usage.readUnits += units;
      return;
    }
    usage.writeCalls++;
    usage.writeUnits += units;
    for (const consumed of capacity) this.#place(consumed, usage);
  };

  readonly noteQueueCall = (): void => {
    this.usage(this.#label).queueCalls++;
  };

  async during<T>(label: string, work: () => Promise<T>): Promise<T> {
    const before = this.#label;
    this.#label = label;
    try {
      return await work();
    } finally {
      this.#label = before;
    }
  }

  /** What has been consumed under a label up to now. */
  usage(label: string): Usage {
    let usage = this.#usages.get(label);
    if (usage === undefined) {
      usage = nothingUsed();
      this.#usages.set(label, usage);
    }
    return usage;
  }

  #place(consumed: Consumed, { written }: Usage): void {
    const { TableName = "", CapacityUnits = 0, GlobalSecondaryIndexes = {} } = consumed;
    const table = TableName.slice(this.#tablePrefix.length + 1);
    let ofIndexes = 0;
    for (const [index, { CapacityUnits: units = 0 }] of Object.entries(GlobalSecondaryIndexes)) {
      ofIndexes += units;
      add(written, `${table}.${index}`, units);
    }
    add(written, table, CapacityUnits - ofIndexes);
  }
}

function add(sums: Map<string, number>, name: string, units: number): void {
  if (units !== 0) sums.set(name, (sums.get(name) ?? 0) + units);
}
