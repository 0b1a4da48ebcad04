import type { ExchangePorts } from "../ports/ports.ts";
import { StoreUnavailable } from "../store/store.ts";
import { hotMarkWrite } from "../wallet/hot-wallet.ts";

type Ports = Pick<ExchangePorts, "store" | "clock" | "log" | "metrics">;

/** So many conflicts are chance; whoever meets more in one batch meets somebody who keeps writing. */
const PATIENCE = 3;
/** Long enough for what the API has under way to end and for a commit to follow; the owner's next order waits no longer. */
const MARKED_MS = 200;

/**
 * The wallets that the head of the queue could not write because others kept writing them. Each is marked, so that the API leaves it alone for
 * a moment, and the batch goes on without the commands that need it, up to the first of them. A new one begins with each batch that follows
 * some progress: where a slow store leaves time for a few attempts only, what they have shown must not be forgotten with them.
 */
export class ContendedWallets {
  readonly userIds = new Set<string>();
  readonly #market: string;
  readonly #conflicts = new Map<string, number>();
  readonly #markedUntilMs = new Map<string, number>();

  constructor(market: string) {
    this.#market = market;
  }

  /** Counts a conflict for each of these users. @returns whether one more wallet is known to be contended now. */
  async add(userIds: readonly string[], ports: Ports): Promise<boolean> {
    const known = this.userIds.size;
    for (const userId of userIds) {
      const conflicts = (this.#conflicts.get(userId) ?? 0) + 1;
      this.#conflicts.set(userId, conflicts);
      if (conflicts < PATIENCE) continue;
      this.userIds.add(userId);
      await this.#mark(userId, ports);
    }
    return this.userIds.size > known;
  }

  async #mark(userId: string, { clock, log, metrics, store }: Ports): Promise<void> {
    const nowMs = clock.nowMs();
    if (nowMs < (this.#markedUntilMs.get(userId) ?? 0)) return;
    this.#markedUntilMs.set(userId, nowMs + MARKED_MS);
    log.warn("wallet_contended", { market: this.#market, userId });
    metrics.add("WalletsContended", "Count", 1, { market: this.#market });
    try {
      await store.write(hotMarkWrite(userId, nowMs + MARKED_MS));
    } catch (fault) {
      // Without the mark the commit waits longer, nothing else.
      if (!(fault instanceof StoreUnavailable)) throw fault;
    }
  }
}
