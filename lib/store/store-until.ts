import { type Store, StoreUnavailable } from "./store.ts";

/** The call did not take place: it was too late to begin it. */
export class TimeUp extends StoreUnavailable {}

type Underlying = { readonly store: Store; readonly clock: { nowMs(): number } };

/**
 * A store that begins no call after a moment, but throws `TimeUp` at once: for those who are stopped in the middle where they
 * do not end in time.
 */
export function storeUntil(untilMs: number, { store, clock }: Underlying): Store {
  const inTime = async <T>(call: () => Promise<T>): Promise<T> => {
    if (clock.nowMs() > untilMs) throw new TimeUp("no time is left for a call");
    return await call();
  };
  return {
    get: (place) => inTime(() => store.get(place)),
    getMany: (places) => inTime(() => store.getMany(places)),
    query: (query) => inTime(() => store.query(query)),
    scan: (scan) => inTime(() => store.scan(scan)),
    write: (write) => inTime(() => store.write(write)),
    transact: (writes) => inTime(() => store.transact(writes)),
    putMany: (puts) => inTime(() => store.putMany(puts)),
  };
}
