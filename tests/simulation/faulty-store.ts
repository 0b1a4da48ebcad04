import {
  type Outcome,
  type SlotReason,
  type Store,
  StoreUnavailable,
  type Write,
} from "../../lib/store/store.ts";

/** A call of the store, as the hooks around it see it. */
export type StoreCall = {
  readonly [operation in keyof Store]: {
    readonly operation: operation;
    readonly input: Parameters<Store[operation]>[0];
  };
}[keyof Store];

export type Hooks = {
  /**
   * Runs before each call. A throw means that the call never took place; an outcome is given as the answer to a write or a transaction,
   * in place of the call.
   */
  readonly before?: (call: StoreCall) => Outcome | undefined | Promise<Outcome | undefined>;
  /** Runs after each call, with what it gave. A throw means that the call took place and its answer was lost. */
  readonly after?: (call: StoreCall, answer: unknown) => void | Promise<void>;
};

/** A store with an adversary around it. */
export function hookedStore(store: Store, { before, after }: Hooks): Store {
  async function around<T>(call: StoreCall, run: () => Promise<T>): Promise<T> {
    const instead = await before?.(call);
    if (instead !== undefined && (call.operation === "write" || call.operation === "transact"))
      return instead as T;
    const answer = await run();
    await after?.(call, answer);
    return answer;
  }
  return {
    get: (input) => around({ operation: "get", input }, () => store.get(input)),
    getMany: (input) => around({ operation: "getMany", input }, () => store.getMany(input)),
    query: (input) => around({ operation: "query", input }, () => store.query(input)),
    scan: (input) => around({ operation: "scan", input }, () => store.scan(input)),
    write: (input) => around({ operation: "write", input }, () => store.write(input)),
    transact: (input) => around({ operation: "transact", input }, () => store.transact(input)),
    putMany: (input) => around({ operation: "putMany", input }, () => store.putMany(input)),
  };
}

/** Whether a call is a transaction one of whose writes is wanted. */
export function transacts(call: StoreCall, isWanted: (write: Write) => boolean): boolean {
  return call.operation === "transact" && call.input.some(isWanted);
}

export function unavailable(): StoreUnavailable {
  return new StoreUnavailable("the adversary says so");
}

/** The answer of a store in which one slot is busy and the others say nothing. */
export function busy(slots: number, code: "conflict" | "throttled" = "conflict"): Outcome {
  const reasons: SlotReason[] = Array.from({ length: slots }, () => ({ code: "none" }));
  reasons[slots - 1] = { code };
  return { ok: false, reasons };
}

/** Runs `action` on the first `times` calls that match, and lets all others pass. */
export function firstTimes<C>(
  times: number,
  matches: (call: StoreCall) => boolean,
  action: (call: StoreCall) => C,
) {
  let left = times;
  return (call: StoreCall): C | undefined => {
    if (left === 0 || !matches(call)) return undefined;
    left--;
    return action(call);
  };
}
