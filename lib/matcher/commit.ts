import { entryKey, sealedFrom } from "../journal/journal-items.ts";
import type { Plan } from "../matching/plan.ts";
import type { ExchangePorts, Random } from "../ports/ports.ts";
import { type Outcome, type Store, StoreUnavailable } from "../store/store.ts";
import type { ContendedWallets } from "./contended-wallets.ts";
import { classify, type Failure, transactionOf } from "./transaction.ts";

export type CommitPorts = Pick<ExchangePorts, "store" | "clock" | "log" | "metrics"> & {
  readonly random: Pick<Random, "fraction">;
};

/** What became of a plan: committed, by whoever; or why not. */
export type Committed =
  | { readonly kind: "ours" }
  /** Another consumer has written this version. */
  | { readonly kind: "lost" }
  /** The store was busy or silent until there was no time left. */
  | { readonly kind: "out_of_time" }
  /** Others keep writing one more wallet that the plan needs. */
  | { readonly kind: "contended" }
  | Extract<Failure, { kind: "not_pending" | "broken" }>;

const FIRST_PAUSE_MS = 4;
const LONGEST_PAUSE_MS = 250;

export type Limits = { readonly commitBy: number; readonly contended: ContendedWallets };

/**
 * Commits a plan as one transaction; the same one again while the store is busy or does not answer, until `commitBy`, or until a wallet turns
 * out to be contended for.
 */
export async function commit(
  planned: Plan,
  { commitBy, contended }: Limits,
  ports: CommitPorts,
): Promise<Committed> {
  const { clock, log, metrics } = ports;
  const { writes, slots } = transactionOf(planned);
  const { market, version } = planned.sealed;
  const startedMs = clock.nowMs();
  for (let attempt = 0; ; attempt++) {
    const outcome = await answerOf(() => ports.store.transact(writes));
    if (outcome?.ok === true) {
      metrics.add("CommitTime", "Milliseconds", clock.nowMs() - startedMs, { market });
      return { kind: "ours" };
    }
    const failure: Failure =
      outcome === undefined ? { kind: "busy", conflicts: 0, userIds: [] } : classify(outcome.reasons, slots);
    if (failure.kind !== "busy") {
      const committed = failure.kind === "fence" ? await whoCommitted(planned, ports.store) : failure;
      const kind = failure.kind === "fence" ? `fence_${committed.kind}` : failure.kind;
      log.info("commit_refused", { market, version, kind });
      return committed;
    }
    metrics.add("Conflicts", "Count", failure.conflicts, { market });
    metrics.add("CommitRetries", "Count", 1, { market });
    if (await contended.add(failure.userIds, ports)) return { kind: "contended" };
    const pauseMs =
      Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (0.5 + ports.random.fraction());
    if (clock.nowMs() + pauseMs >= commitBy) return { kind: "out_of_time" };
    await clock.sleep(pauseMs);
  }
}

/** No answer is no failure: the same transaction follows, and if the first one took place, its fence says so. */
async function answerOf(transact: () => Promise<Outcome>): Promise<Outcome | undefined> {
  try {
    return await transact();
  } catch (fault) {
    if (fault instanceof StoreUnavailable) return undefined;
    throw fault;
  }
}

async function whoCommitted({ sealed }: Plan, store: Store): Promise<{ readonly kind: "ours" | "lost" }> {
  const item = await store.get({ table: "journal", key: entryKey(sealed.market, sealed.version) });
  const isOurs = item !== undefined && sealedFrom(item).hash === sealed.hash;
  return { kind: isOurs ? "ours" : "lost" };
}
