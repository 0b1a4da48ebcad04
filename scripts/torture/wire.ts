import type { Chance } from "../demo/chance.ts";
import type { NewOrder, Order } from "../exchange/types.ts";

/** What was sent under one idempotency key, and what the exchange answered, heard by the client or not. */
export type Placing = {
  readonly order: NewOrder;
  attempts: number;
  /** Answers of 2xx. */
  readonly answers: Order[];
};

const SHARE_HUNG_UP = 0.06;
const SHARE_UNHEARD = 0.03;
const LONGEST_PATIENCE_MS = 40;
/** Losing the answer to a renewed session would end the session, which is not what is tried here. */
const TROUBLED = /\/api\/orders(\/|\?|$)/;
const PLACED = /\/api\/orders$/;
const CANCELLED = /\/api\/orders\/([^/?]+)$/;

/**
 * The clients' way to the exchange. It makes some of the requests fail that the exchange has received: it hangs up after a very short
 * time, as a client does whose time is out, or keeps the answer to itself. The clients repeat them.
 */
export class Wire {
  readonly #chance: Chance;
  /** What went over it, as far as the exchange is bound by it, by idempotency key. */
  readonly placings = new Map<string, Placing>();
  /** Ids of orders whose cancellation was answered as accepted. */
  readonly cancelled = new Set<string>();
  /** Requests that ran out of time on purpose. */
  hungUp = 0;
  /** Answers that were kept from the client on purpose. */
  unheard = 0;
  /** While it is calm every answer arrives that the exchange gives. */
  isCalm = true;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const placing = this.#placingOf(url, init);
    const luck = this.isCalm || !TROUBLED.test(url) ? 1 : this.#chance.fraction();
    const patienceMs =
      luck < SHARE_HUNG_UP ? Math.ceil(this.#chance.fraction() * LONGEST_PATIENCE_MS) : undefined;
    const patience = patienceMs === undefined ? [] : [AbortSignal.timeout(patienceMs)];
    const signal = AbortSignal.any([...(init.signal ? [init.signal] : []), ...patience]);
    try {
      const answer = await fetch(url, { ...init, signal });
      const text = await answer.text();
      if (answer.ok) placing?.answers.push(JSON.parse(text) as Order);
      const id = answer.ok && init.method === "DELETE" ? CANCELLED.exec(url)?.[1] : undefined;
      if (id !== undefined) this.cancelled.add(id);
      const isUnheard = patienceMs === undefined && luck < SHARE_HUNG_UP + SHARE_UNHEARD;
      if (!isUnheard) return new Response(text === "" ? null : text, answer);
    } catch (cause) {
      if (patience[0]?.aborted === true) this.hungUp++;
      throw cause;
    }
    this.unheard++;
    throw new Error("the answer was kept back");
  };

  /** What is placed, if anything; noted before the exchange can have it. */
  #placingOf(url: string, { method, headers, body }: RequestInit): Placing | undefined {
    const key = new Headers(headers).get("idempotency-key");
    if (method !== "POST" || !PLACED.test(url) || key === null) return undefined;
    const placing = this.placings.get(key) ?? { order: JSON.parse(String(body)), attempts: 0, answers: [] };
    placing.attempts++;
    this.placings.set(key, placing);
    return placing;
  }
}
