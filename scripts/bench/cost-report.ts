import { PRICES } from "../aws-model/prices.ts";
import { figure } from "../command/statistics.ts";
import type { Consumption } from "../cost/bill.ts";
import { type CapacityMeter, type Usage, usedInAll } from "./capacity.ts";
import type { ItemKind } from "./item-kinds.ts";
import { BATCH_ORDERS } from "./order-flow.ts";
import type { Measured, ReportTable } from "./report.ts";

/** The projector writes a snapshot every so many entries. */
const SNAPSHOT_EVERY = 500;

const STANDARD =
  "Standard flow: batches of 10 orders of 10 users; half rest, half fill one of those. Units are the engine's own (ReturnConsumedCapacity).";

type Context = {
  readonly items: readonly ItemKind[];
  readonly resting: number;
  readonly standardBatches: number;
  /** Of each other flow. */
  readonly batches: number;
};

type Step = { readonly label: string; readonly text: string; readonly per: number };
type Share = Usage & { readonly text: string };

export function costReport(
  meter: CapacityMeter,
  { items, resting, standardBatches, batches }: Context,
): Measured & { readonly consumed: Consumption } {
  const standard = standardBatches * BATCH_ORDERS;
  const warm = standard - BATCH_ORDERS;
  const some = batches * BATCH_ORDERS;
  const share = ({ label, text, per }: Step): Share => ({ text, ...usedInAll([meter.usage(label)], per) });
  const flow = [
    share({ label: "authenticate", text: "authenticate (any call of a signed-in user)", per: 20 }),
    share({ label: "reserve", text: "reserve: place an order", per: standard }),
    share({ label: "match", text: "match: half rest, half fill one of those", per: warm }),
    share({ label: "project", text: "project: a run after every entry", per: warm }),
    share({
      label: "snapshot",
      text: `snapshot of ${resting} orders, every ${SNAPSHOT_EVERY} entries`,
      per: SNAPSHOT_EVERY * BATCH_ORDERS,
    }),
  ];
  const [call, reserve, match, project, snapshot] = flow as [Share, Share, Share, Share, Share];
  const quiet = [
    share({ label: "match single", text: "match: batches of one, as in a quiet market", per: some }),
    share({ label: "project single", text: "project: a run after every entry of one order", per: some }),
  ];
  const totals = [
    { text: "an order, from request to projections", ...usedInAll(flow) },
    { text: "an order in a quiet market", ...usedInAll([...flow.slice(0, 2), ...quiet]) },
  ];
  const variants = [
    ...quiet,
    share({ label: "reserve client id", text: "reserve with clientOrderId", per: some }),
    share({ label: "reserve key", text: "reserve with Idempotency-Key", per: some }),
    share({ label: "reserve both", text: "reserve with both", per: some }),
    share({ label: "reserve same", text: "reserve with both, the same text", per: some }),
    share({ label: "wait", text: "Prefer: wait, one look", per: BATCH_ORDERS }),
    share({ label: "match following", text: "match: fills come a batch later than their makers", per: some }),
    share({ label: "match resting", text: "match: all rest", per: resting }),
    share({ label: "match four", text: "match: only four traders", per: some }),
    share({ label: "project together", text: "project: a run after every 8 entries", per: standard }),
    share({ label: "cancel", text: "cancel: ask for it", per: resting }),
    share({ label: "match cancels", text: "cancel: its turn in the market", per: resting }),
  ];
  return {
    tables: [
      {
        ...consumption("What an order costs (DynamoDB, per order)", [...flow, ...totals]),
        notes: [STANDARD],
      },
      consumption("The same steps in other circumstances (per order)", variants),
      places([...flow, ...variants]),
      hotPath(meter, { standardBatches, batches, resting }),
      sizes(items),
    ],
    consumed: { call, reserve, match, project: usedInAll([project, snapshot]) },
    figures: { perOrder: [...flow, ...totals, ...variants].map(plain), items },
  };
}

function plain({ written, ...share }: Share): object {
  return { ...share, written: Object.fromEntries(written) };
}

function consumption(title: string, shares: readonly Share[]): ReportTable {
  const columns = ["step", "read calls", "write calls", "read units", "write units", "$ per million"];
  const rows = shares.map((share) => {
    const { readCalls, writeCalls, readUnits, writeUnits } = share;
    return [share.text, ...[readCalls, writeCalls, readUnits, writeUnits, dollars(share)].map(figure)];
  });
  return { title, columns, rows };
}

function dollars({ readUnits, writeUnits }: Usage): number {
  return readUnits * PRICES.readUnits + writeUnits * PRICES.writeUnits;
}

function places(shares: readonly Share[]): ReportTable {
  const names = [...new Set(shares.flatMap(({ written }) => [...written.keys()]))].toSorted();
  return {
    title: "Where the write units go (per order)",
    columns: ["step", ...names],
    rows: shares
      .filter(({ writeUnits }) => writeUnits > 0)
      .map(({ text, written }) => [
        text,
        ...names.map((name) => {
          const units = written.get(name) ?? 0;
          return units === 0 ? "" : figure(units);
        }),
      ]),
  };
}

function hotPath(
  meter: CapacityMeter,
  { standardBatches, batches, resting }: Pick<Context, "standardBatches" | "batches" | "resting">,
): ReportTable {
  const row = (text: string, label: string, count: number): (string | number)[] => {
    const { readCalls, writeCalls, queueCalls, readUnits, writeUnits } = usedInAll(
      [meter.usage(label)],
      count,
    );
    return [text, count, ...[readCalls, writeCalls, queueCalls, readUnits, writeUnits].map(figure)];
  };
  return {
    title: "The matcher's calls per batch (goal: one, no reads)",
    columns: ["batch", "batches", "reads", "writes", "queue calls", "read units", "write units"],
    rows: [
      row("standard, warm", "match", standardBatches - 1),
      row("fills come a batch later", "match following", batches),
      row("all rest", "match resting", resting / BATCH_ORDERS),
      row("cancels", "match cancels", resting / BATCH_ORDERS),
      row("batches of one", "match single", batches * BATCH_ORDERS),
      row("cold start, whole journal", "recover", 1),
      row(`cold start, snapshot of ${resting} orders`, "recover snapshot", 1),
    ],
  };
}

function sizes(items: readonly ItemKind[]): ReportTable {
  return {
    title: "Items that trading writes (bytes; each kilobyte begun is paid for)",
    columns: ["item", "median", "largest", "units in a transaction", "its largest attributes"],
    rows: items.map(({ kind, medianBytes, mostBytes, attributes }) => [
      kind,
      medianBytes,
      mostBytes,
      2 * Math.ceil(medianBytes / 1024),
      attributes
        .slice(0, 4)
        .map(([name, bytes]) => `${name} ${bytes}`)
        .join(", "),
    ]),
  };
}
