import type { Head } from "../matching/market-state.ts";
import type { Exclusions, Plan, QueuedCommand } from "../matching/plan.ts";

/**
 * How often a wallet or an order has contradicted the journal at the present entry, and what follows: first a recovery and the same plan
 * again, then each command alone, then a plan without the orders of those users. What was learnt after one entry says nothing after the
 * next, whoever has committed it.
 */
export class Contradictions {
  readonly #previousHash: string;
  readonly #suspended = new Set<string>();
  readonly #unreleasable = new Set<string>();
  #count = 0;

  constructor({ hash }: Pick<Head, "hash">) {
    this.#previousHash = hash;
  }

  isAfter({ hash }: Head): boolean {
    return this.#previousHash === hash;
  }

  /** After a contradiction that recovery did not mend, commands are tried alone. */
  scope(commands: readonly QueuedCommand[]): readonly QueuedCommand[] {
    return this.#count < 2 ? commands : commands.slice(0, 1);
  }

  get exclusions(): Pick<Exclusions, "suspended" | "unreleasable"> {
    return { suspended: this.#suspended, unreleasable: this.#unreleasable };
  }

  /** @returns whether nothing mends it, so that the orders of these users are left out from now on. */
  add(userIds: readonly string[], { entry, effects }: Plan): boolean {
    const isFinal = this.#count >= 2 || (this.#count === 1 && entry.commands.length <= 1);
    this.#count += 1;
    if (!isFinal) return false;
    for (const [orderId, { order }] of effects.orders)
      if (userIds.includes(order.userId)) this.#suspended.add(orderId);
    for (const [orderId, { userId }] of effects.pendingCancels)
      if (userIds.includes(userId)) this.#unreleasable.add(orderId);
    return true;
  }
}
