import type { Context, ScheduledEvent } from "aws-lambda";
import { projectWoken } from "../../lib/edge/stream-worker.ts";
import type { Market } from "../../lib/market/market.ts";
import { DepthPicture } from "../../lib/market-data/projections/depth.ts";
import type { Projection } from "../../lib/market-data/projections/projection.ts";
import { SnapshotPicture } from "../../lib/market-data/projections/snapshots.ts";
import { PROJECTIONS, Projector, type ProjectorPorts } from "../../lib/market-data/projector.ts";
import { StoreUnavailable } from "../../lib/store/store.ts";
import type { Chance } from "../../scripts/demo/chance.ts";
import { CATALOGUE } from "./in-process-exchange.ts";
import type { Process } from "./scheduler.ts";

/** Drawn so often that a market of some dozen entries has several. */
const SNAPSHOT_EVERY = 5;
const DEPTH_EVERY = 4;
const MOST_WARM = 3;
const COLD_SHARE = 0.3;
const RESERVE_MS = 5_000;

export function entriesKey(market: string): string {
  return `ENTRIES#${market}`;
}

/** A projection that only instances of a newer program know: every entry by its version, and how many they are. */
const ENTRIES: Projection = {
  watermark: "version:entries",
  rows: ({ entry }) => [
    {
      table: "market-data",
      item: { pk: entriesKey(entry.market), sk: String(entry.version).padStart(6, "0") },
    },
  ],
  additions: {
    perEntry: 1,
    of: ({ market }, step) => [
      {
        kind: "update",
        table: "market-data",
        key: { pk: entriesKey(market.market), sk: "COUNT" },
        add: { entries: BigInt(step.length) },
      },
    ],
  },
};

/** A projector of the newer program that remembers nothing. */
export function coldProjector(market: Market, ports: ProjectorPorts): Projector {
  return projectorOf(market, ports, [...PROJECTIONS, ENTRIES]);
}

function projectorOf(market: Market, ports: ProjectorPorts, projections: readonly Projection[]): Projector {
  const pictures = [new DepthPicture(ports, DEPTH_EVERY), new SnapshotPicture(ports, SNAPSHOT_EVERY)];
  return new Projector(market, ports, { projections, pictures });
}

type Instance = { process: Process | undefined; readonly projectors: Map<string, Projector> };

/** Instances of the projecting function that stay warm, most of them behind what others did meanwhile; some are of an older program. */
export class WarmProjectors {
  readonly #chance: Chance;
  readonly #portsOf: (running: () => Process) => ProjectorPorts;
  #instances: Instance[] = [];

  constructor(chance: Chance, portsOf: (running: () => Process) => ProjectorPorts) {
    this.#chance = chance;
    this.#portsOf = portsOf;
  }

  /** One invocation, which has little time as often as much. */
  async invoke(process: Process): Promise<void> {
    const instance = this.#idleInstance(process);
    const ports = this.#portsOf(() => process);
    const endMs = ports.clock.nowMs() + RESERVE_MS + this.#chance.pick([0, 30, 200, 20_000]);
    const context = { getRemainingTimeInMillis: () => endMs - ports.clock.nowMs() } as Context;
    try {
      await projectWoken({ event: {} as ScheduledEvent, context, projectors: instance.projectors }, ports);
    } catch (fault) {
      const causes: readonly unknown[] = fault instanceof AggregateError ? fault.errors : [fault];
      for (const cause of causes) if (!(cause instanceof StoreUnavailable)) throw cause;
    } finally {
      instance.process = undefined;
    }
  }

  #idleInstance(process: Process): Instance {
    this.#instances = this.#instances.filter((instance) => instance.process?.crashed !== true);
    const idle = this.#instances.filter((instance) => instance.process === undefined);
    const isCold = idle.length === 0 || this.#chance.fraction() < COLD_SHARE;
    const instance = isCold ? this.#newInstance() : this.#chance.pick(idle);
    instance.process = process;
    if (isCold) this.#instances = [...this.#instances, instance].slice(-MOST_WARM);
    return instance;
  }

  #newInstance(): Instance {
    const projections = this.#chance.pick([PROJECTIONS, [...PROJECTIONS, ENTRIES]]);
    const running = (): Process => {
      if (instance.process === undefined) throw new Error("an instance that is not invoked runs");
      return instance.process;
    };
    const ports = this.#portsOf(running);
    const projectors = [...CATALOGUE.markets.values()].map(
      (market) => [market.market, projectorOf(market, ports, projections)] as const,
    );
    const instance: Instance = { process: undefined, projectors: new Map(projectors) };
    return instance;
  }
}
