import { RecoveryUnfinished, recover } from "../../lib/journal/recover.ts";
import { snapshotHeaders } from "../../lib/journal/snapshots.ts";
import type { Market } from "../../lib/market/market.ts";
import { CATALOGUE } from "./in-process-exchange.ts";
import type { Process } from "./scheduler.ts";
import { coldProjector } from "./warm-projectors.ts";
import type { World, WorldPorts } from "./world.ts";

type Run = (body: (process: Process) => Promise<void>) => Promise<void>;
type Invocation = (market: Market, ports: WorldPorts) => Promise<boolean>;

/** Far more than any schedule's journal needs when each invocation gets a page further. */
const MOST_INVOCATIONS = 200;

/** Both that follow the journal, cold, and with no time but for the least that they do. */
const INVOCATIONS: { readonly [what: string]: Invocation } = {
  projector: (market, ports) => coldProjector(market, ports).run(ports.clock.nowMs()),
  matcher: async (market, ports) => {
    try {
      await recover(market, ports.clock.nowMs(), ports);
      return true;
    } catch (fault) {
      if (fault instanceof RecoveryUnfinished) return false;
      throw fault;
    }
  },
};

/**
 * Whether projectors and matchers come back with short invocations, each of which begins with nothing in memory, and with no snapshot at
 * first where those are lost.
 */
export async function comeBack(
  world: World,
  { run, withoutSnapshots }: { readonly run: Run; readonly withoutSnapshots: boolean },
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const market of CATALOGUE.markets.values()) {
    for (const [what, invoke] of Object.entries(INVOCATIONS)) {
      if (withoutSnapshots) await loseSnapshots(market, world);
      if (!(await comesBack(invoke, { market, world, run })))
        found.push(`the ${what} of ${market.market} does not come back`);
    }
  }
  return found;
}

async function comesBack(
  invoke: Invocation,
  { market, world, run }: { readonly market: Market; readonly world: World; readonly run: Run },
): Promise<boolean> {
  let isBack = false;
  for (let invocations = 0; !isBack && invocations < MOST_INVOCATIONS; invocations++) {
    await run(async (process) => {
      isBack = await invoke(
        market,
        world.portsOf(() => process),
      );
    });
  }
  return isBack;
}

async function loseSnapshots({ market }: Market, { store: { replicas } }: World): Promise<void> {
  for (const { pk, sk } of await snapshotHeaders(market, { store: replicas.truth })) {
    const key = { pk: String(pk), sk: String(sk) };
    const { written } = await replicas.transact([{ kind: "delete", table: "journal", key }]);
    written.isAnswered = true;
  }
}
