import type { QueuedCommand } from "../../lib/matching/plan.ts";
import type { Key, Outcome, SlotReason, Write } from "../../lib/store/store.ts";
import type { TableName } from "../../lib/store/tables.ts";
import { walletKey } from "../../lib/wallet/wallet-item.ts";

type Spell = {
  readonly userId: string;
  readonly item: string;
  readonly fromMs: number;
  readonly untilMs: number;
};

/** Long enough for some attempts, the mark and a commit without the wallet, whatever a call takes. */
const LONG_DELIVERY_MS = 1_500;
const LONG_DELIVERY_CALLS = 7;

/**
 * DynamoDB's conflicts: a transaction holds its items from its start to its answer, and whoever writes one of them meanwhile is refused. And a
 * spell in which a user's wallet is always held by somebody, as when they never stop writing it.
 */
export class Contention {
  readonly #held = new Set<string>();
  #spell: Spell | undefined;
  /** When the spell last refused a market's commit. */
  readonly #refusedMs = new Map<string, number>();

  contend(userId: string, { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number }): void {
    const item = nameOf("wallets", walletKey(userId));
    this.#spell = { userId, item, fromMs, untilMs };
  }

  end(): void {
    this.#spell = undefined;
  }

  conflictOf(writes: readonly Write[], nowMs: number): Outcome | undefined {
    const spell = this.#spell;
    const reasons = writes.map((write): SlotReason => {
      const item = itemOf(write);
      const isInSpell = item === spell?.item && nowMs <= spell.untilMs;
      return { code: isInSpell || this.#held.has(item) ? "conflict" : "none" };
    });
    if (
      spell !== undefined &&
      nowMs <= spell.untilMs &&
      writes.some((write) => itemOf(write) === spell.item)
    ) {
      for (const write of writes)
        if (write.table === "journal" && write.kind === "put") this.#refusedMs.set(write.item.pk, nowMs);
    }
    return reasons.some(({ code }) => code === "conflict") ? { ok: false, reasons } : undefined;
  }

  /** @returns what ends the holding. */
  hold(writes: readonly Write[]): () => void {
    const items = writes.map(itemOf);
    for (const item of items) this.#held.add(item);
    return () => {
      for (const item of items) this.#held.delete(item);
    };
  }

  /**
   * Judges a delivery that nothing but the spell disturbed: a command at its head that cannot touch the user's wallet must not have waited for
   * it. What took its time without being refused, as a recovery after somebody else's commit, has not waited for a wallet.
   */
  faultOf(
    [first]: readonly QueuedCommand[],
    { market, completed, fromMs, untilMs, callMs }: Delivered,
  ): string | undefined {
    const spell = this.#spell;
    const isInside = spell !== undefined && spell.fromMs <= fromMs && untilMs <= spell.untilMs;
    if (!isInside || first === undefined || completed > 0) return;
    if (untilMs - fromMs < Math.max(LONG_DELIVERY_MS, LONG_DELIVERY_CALLS * callMs)) return;
    if ((this.#refusedMs.get(market) ?? 0) < fromMs) return;
    if (!isOfAnother(first, spell.userId)) return;
    return `command ${first.id} has waited for the wallet of ${spell.userId}, which it does not need`;
  }
}

type Delivered = {
  readonly market: string;
  readonly completed: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** What a transaction takes in this world. */
  readonly callMs: number;
};

/** Orders that are placed or released are left out: they may fill one of the user's. */
function isOfAnother({ command }: QueuedCommand, userId: string): boolean {
  if (command === undefined || command.kind === "set_status") return true;
  return command.kind !== "place" && command.kind !== "release" && command.userId !== userId;
}

function itemOf(write: Write): string {
  return nameOf(write.table, write.kind === "put" ? write.item : write.key);
}

function nameOf(table: TableName, { pk, sk }: Key): string {
  return `${table} ${pk} ${sk}`;
}
