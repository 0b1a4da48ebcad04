import { snapshotChunkKey, snapshotHeadersKey } from "../../lib/journal/journal-items.ts";
import { recover, recoverAt } from "../../lib/journal/recover.ts";
import { saveSnapshot } from "../../lib/journal/snapshots.ts";
import type { Market } from "../../lib/market/market.ts";
import type { MarketState } from "../../lib/matching/market-state.ts";
import type { Chance } from "../../scripts/demo/chance.ts";
import { CATALOGUE } from "./in-process-exchange.ts";
import type { World } from "./world.ts";

type Place = { readonly world: World };
const MOST_AT_ONCE = 4;

/** Takes a snapshot now, whose bytes are not what its checksum says. */
export async function damageSnapshot(name: string, { world }: Place): Promise<void> {
  const { truth } = world.store.replicas;
  const state = await recover(definitionOf(name), Number.POSITIVE_INFINITY, portsOf(world));
  if (state.head.version === 0) return;
  await save(state, { world });
  const [header] = (
    await truth.query({ table: "journal", pk: snapshotHeadersKey(name), order: "descending", limit: 1 })
  ).items;
  if (header === undefined) return;
  const key = snapshotChunkKey(name, Number(header.sk), 0);
  const chunk = await truth.get({ table: "journal", key });
  const data = Uint8Array.from(chunk?.data as Uint8Array);
  data[data.length >> 1] = (data[data.length >> 1] ?? 0) ^ 0xff;
  await world.store.replicas.putMany([{ table: "journal", item: { ...key, data } }]);
}

/** Whole snapshots of the newest versions, as recoveries leave them that run out of time: matchers' may be beyond what is projected. */
export async function saveSnapshots(
  name: string,
  { world, chance }: Place & { readonly chance: Chance },
): Promise<void> {
  const market = definitionOf(name);
  const { head } = await recover(market, Number.POSITIVE_INFINITY, portsOf(world));
  const first = Math.max(1, head.version - chance.below(MOST_AT_ONCE));
  for (let version = first; version <= head.version; version++) {
    const point = { market, version, known: undefined };
    await save(await recoverAt(point, Number.POSITIVE_INFINITY, portsOf(world)), { world });
  }
}

async function save(state: MarketState, { world }: Place): Promise<void> {
  const { truth } = world.store.replicas;
  const putMany = async (puts: Parameters<typeof truth.putMany>[0]): Promise<void> => {
    const written = await world.store.replicas.putMany(puts);
    written.isAnswered = true;
  };
  await saveSnapshot(state, { store: { ...portsOf(world).store, putMany } });
}

function portsOf({
  store: {
    replicas: { truth },
  },
}: World) {
  const store = {
    get: truth.get.bind(truth),
    getMany: truth.getMany.bind(truth),
    query: truth.query.bind(truth),
    scan: truth.scan.bind(truth),
    write: truth.write.bind(truth),
    transact: truth.transact.bind(truth),
    putMany: truth.putMany.bind(truth),
  };
  return {
    store,
    clock: { nowMs: () => 0, sleep: async () => {} },
    log: { info: () => {}, warn: () => {}, error: () => {} },
  };
}

function definitionOf(name: string): Market {
  const market = CATALOGUE.markets.get(name);
  if (market === undefined) throw new Error(`no market ${name}`);
  return market;
}
