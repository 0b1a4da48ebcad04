import { clock } from "../../../lib/adapters/clock.ts";
import { createPorts } from "../../../lib/adapters/create-ports.ts";
import { createLog } from "../../../lib/adapters/log.ts";
import { createRandom } from "../../../lib/adapters/random.ts";
import { RecoveryUnfinished, recover, recoverToRead } from "../../../lib/journal/recover.ts";
import { saveSnapshot } from "../../../lib/journal/snapshots.ts";
import { SnapshotPicture } from "../../../lib/market-data/projections/snapshots.ts";
import { ContendedWallets } from "../../../lib/matcher/contended-wallets.ts";
import { commandMessage } from "../../../lib/matching/wire/message.ts";
import { QueueUnavailable } from "../../../lib/ports/command-queue.ts";
import { readRuns, startRun } from "../../../lib/reconciliation/run.ts";
import { placeOrder } from "../../../lib/trading/place-order.ts";
import { createInvoke, type Invoke } from "../../../scripts/local/invoke.ts";
import { type Caller, eventually, logIn, newTrader, type Reply, request } from "../api.ts";
import type { Stack } from "../stack.ts";
import { callsOf } from "./record.ts";

/** A life of a stack in which every endpoint and worker does all that it ever does, the rare things included. */
export async function driveEverything(stack: Stack): Promise<void> {
  const { endpoints, region, tablePrefix, queuePrefix } = stack.record();
  Object.assign(process.env, {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    DYNAMODB_ENDPOINT: endpoints.dynamodb,
    SQS_ENDPOINT: endpoints.sqs,
    QUEUE_BASE_URL: endpoints.queueBaseUrl,
    TABLE_PREFIX: tablePrefix,
    QUEUE_PREFIX: queuePrefix,
    LOG_LEVEL: "SILENT",
  });
  const world: World = {
    url: stack.url,
    admin: await logIn(stack.url, stack.admin),
    ports: createPorts(),
    prefix: tablePrefix,
    invoke: createInvoke({ endpoint: endpoints.lambda, region }),
  };
  await accounts(world);
  await trading(world);
  await wallets(world);
  await suspensions(world);
  await snapshotsAndContention(world);
  await administration(world);
}

type World = {
  readonly url: string;
  readonly admin: Caller;
  readonly ports: ReturnType<typeof createPorts>;
  readonly prefix: string;
  readonly invoke: Invoke;
};

const WAIT = { prefer: "wait=5" };
const PASSWORD = "a-long-password";

const order = (side: string, price: string, quantity: string, market = "BTC-USDT") => ({
  market,
  side,
  type: "limit",
  price,
  quantity,
});

/** An answer that is not as it should be would leave calls unmade. */
function good(reply: Reply): Reply {
  if (reply.status >= 400) throw new Error(`${reply.status} ${JSON.stringify(reply.body)}`);
  return reply;
}

async function accounts({ url, admin }: World): Promise<void> {
  const { email } = await newTrader(url, admin);
  const login = { email, password: PASSWORD };
  const post = (path: string, body: unknown) => request(url, { method: "POST", path, body });
  await post("/auth/login", { email, password: "not-the-password" });
  await post("/auth/login", { email: "nobody@example.com", password: PASSWORD });
  await post("/auth/register", { email, password: PASSWORD });
  const { body } = good(await post("/auth/login", login));
  good(await post("/auth/refresh", { refreshToken: body.refreshToken }));
  await post("/auth/refresh", { refreshToken: body.refreshToken });
  // Beyond the sessions that an account may have, the oldest end.
  for (let session = 0; session < 21; session++) good(await post("/auth/login", login));
  const caller = await logIn(url, login);
  good(await caller.call("GET", "/auth/me"));
  const { items } = good(await caller.call("GET", "/auth/sessions")).body;
  const other = items.find(({ current }: { current: boolean }) => !current);
  good(await caller.call("DELETE", `/auth/sessions/${other.id}`, undefined, { "idempotency-key": "end" }));
  // What came to nothing gives its key back; here and below.
  const unknown = "/auth/sessions/01ARZ3NDEKTSV4RRFFQ69G5FAV";
  await caller.call("DELETE", unknown, undefined, { "idempotency-key": "nobody's" });
  good(await caller.call("POST", "/auth/logout"));
}

async function trading({ url, admin, ports }: World): Promise<void> {
  const seller = await newTrader(url, admin, { BTC: "5" });
  const buyer = await newTrader(url, admin, { USDT: "500000" });
  const named = { ...order("sell", "40000", "1"), clientOrderId: "mine" };
  const sold = good(await seller.call("POST", "/orders", named, { ...WAIT, "idempotency-key": "once" }));
  good(await seller.call("POST", "/orders", named, { ...WAIT, "idempotency-key": "once" }));
  good(await seller.call("POST", "/orders", named));
  const bought = good(await buyer.call("POST", "/orders", order("buy", "41000", "0.5"), WAIT));
  good(await buyer.call("GET", `/orders/${bought.body.id}`, undefined, WAIT));
  for (const path of ["/orders", "/orders?status=live", "/orders?status=closed", "/orders?market=BTC-USDT"])
    good(await seller.call("GET", path));
  await eventually(
    () => request(url, { method: "GET", path: "/markets/BTC-USDT/trades" }),
    ({ body }) => body.items.length > 0,
  );
  for (const path of ["/trades", "/trades?market=BTC-USDT", `/trades?orderId=${bought.body.id}`])
    good(await buyer.call("GET", path));
  const version = bought.body.version;
  for (const path of [
    "/openapi.json",
    "/markets",
    "/markets/BTC-USDT",
    "/markets/BTC-USDT/orderbook",
    `/markets/BTC-USDT/orderbook?minVersion=${version}`,
    "/markets/BTC-USDT/trades?limit=1",
  ])
    good(await request(url, { method: "GET", path }));
  await request(url, { method: "GET", path: "/nowhere" });
  good(
    await seller.call("DELETE", `/orders/${sold.body.id}`, undefined, { ...WAIT, "idempotency-key": "a" }),
  );
  await seller.call("DELETE", `/orders/${sold.body.id}`, undefined, { "idempotency-key": "again" });
  good(await seller.call("POST", "/orders", order("sell", "45000", "1"), WAIT));
  good(await seller.call("DELETE", "/orders?market=BTC-USDT&side=sell"));

  // A queue that cannot be reached: the order is voided, and what it was named by is free again.
  const away = { ...ports.queue, send: () => Promise.reject(new QueueUnavailable("away")) };
  for (const clientOrderId of ["voided", undefined])
    await callsOf("tradingPlaceOrder", () =>
      placeOrder(
        {
          ...placed(buyer, ports, clock.nowMs()),
          request: {
            ...order("buy", "10", "1"),
            ...(clientOrderId === undefined ? {} : { clientOrderId }),
          } as never,
          idempotency: { key: `key ${clientOrderId}`, fingerprint: "f" },
        },
        { ...ports, queue: away, ordersPerSecond: undefined },
      ),
    );
}

function placed({ id: userId }: Caller, { random }: Pick<World["ports"], "random">, nowMs: number) {
  return {
    userId,
    operationId: random.id(nowMs),
    correlationId: "driven",
    idempotency: undefined,
    over: undefined,
  } as never as Parameters<typeof placeOrder>[0];
}

async function wallets({ url, admin }: World): Promise<void> {
  const trader = await newTrader(url, admin, { ETH: "9" });
  const body = { asset: "ETH", amount: "1", address: "0xabc" };
  const ask = async (headers = {}) =>
    good(await trader.call("POST", "/wallet/withdrawals", body, headers)).body.id as string;
  const key = { "idempotency-key": "withdraw" };
  const [kept, approved, rejected, cancelled] = [await ask(key), await ask(), await ask(), await ask()];
  await ask(key);
  good(
    await trader.call("DELETE", `/wallet/withdrawals/${cancelled}`, undefined, { "idempotency-key": "c" }),
  );
  const decide = async (id: string, verb: string, decision: object, headers = {}) =>
    good(await admin.call("POST", `/admin/withdrawals/${id}/${verb}`, decision, headers));
  await decide(approved, "approve", { transactionId: "0x1" }, { "idempotency-key": "a" });
  await decide(rejected, "reject", { reason: "no" }, { "idempotency-key": "r" });
  for (const path of ["balances", "withdrawals", `withdrawals/${kept}`, "deposits"])
    good(await trader.call("GET", `/wallet/${path}`));
  for (const path of ["", "?status=pending_approval", "?status=completed"])
    good(await admin.call("GET", `/admin/withdrawals${path}`));
  const deposit = { userId: trader.id, asset: "ETH", amount: "1", reference: `driven ${trader.id}` };
  for (let time = 0; time < 2; time++)
    good(await admin.call("POST", "/admin/deposits", deposit, { "idempotency-key": "deposit" }));
  good(await admin.call("POST", "/admin/deposits", deposit));
  await admin.call("POST", "/admin/deposits", { ...deposit, amount: "2" }, { "idempotency-key": "other" });
  await trader.call(
    "POST",
    "/wallet/withdrawals",
    { ...body, amount: "900" },
    { "idempotency-key": "too much" },
  );
}

/** Wallets that contradict the journal, in a market of their own: by the matcher, and by the sweeper, who finds orders that nobody sent. */
async function suspensions({ url, admin, ports, prefix, invoke }: World): Promise<void> {
  const robbed = await newTrader(url, admin, { ETH: "10" });
  const buyer = await newTrader(url, admin, { BTC: "10" });
  const market = "ETH-BTC";
  const held = good(await robbed.call("POST", "/orders", order("sell", "0.1", "2", market), WAIT)).body;
  await rob(robbed, "ETH", ports);
  await buyer.call("POST", "/orders", order("buy", "0.1", "1", market), WAIT);
  await eventually(
    () => robbed.call("GET", `/orders/${held.id}`),
    ({ body }) => body.reason === "suspended",
    30_000,
  );
  await giveBack(robbed, "ETH", ports);
  await fault(buyer, robbed, ports);
  good(await admin.call("PUT", `/admin/markets/${market}`, { status: "open" }));
  await eventually(
    () => request(url, { method: "GET", path: `/markets/${market}` }),
    ({ body }) => body.status === "open",
  );
  await resolve(robbed, held.id, { admin, action: "release", key: "release" });

  // Sent to nobody, ten minutes ago; the one's wallet has its hold, the other's has not.
  const past = clock.nowMs() - 600_000;
  const lost = { ...ports.queue, send: async () => undefined };
  const random = createRandom();
  const old = {
    ...ports,
    random,
    queue: lost,
    clock: { ...clock, nowMs: () => past },
    ordersPerSecond: undefined,
  };
  const [poor, honest] = [
    await newTrader(url, admin, { USDT: "100" }),
    await newTrader(url, admin, { USDT: "100" }),
  ];
  for (const trader of [poor, honest])
    await callsOf("tradingPlaceOrder", () =>
      placeOrder({ ...placed(trader, old, past), request: order("buy", "10", "1") as never }, old),
    );
  await rob(poor, "USDT", ports);
  await sweep(invoke, prefix);
  const [suspended] = good(await poor.call("GET", "/orders")).body.items;
  await resolve(poor, suspended.id, { admin, action: "cancel", key: "cancel" });
}

/** A command that its engine throws on: it cancels somebody else's order. */
async function fault(owner: Caller, other: Caller, { queue, random }: World["ports"]): Promise<void> {
  const resting = good(await owner.call("POST", "/orders", order("sell", "90000", "1"), WAIT)).body;
  const command = {
    kind: "cancel",
    id: random.id(clock.nowMs()),
    orderId: resting.id,
    userId: other.id,
    side: "sell",
    hold: 1n,
    reason: "user",
  } as const;
  await queue.send("BTC-USDT", commandMessage(command, "driven"));
  good(await owner.call("DELETE", `/orders/${resting.id}`, undefined, WAIT));
}

async function rob({ id }: Caller, asset: string, { store }: World["ports"]): Promise<void> {
  const key = { pk: `USER#${id}`, sk: "WALLET" };
  const wallet = await store.get({ table: "wallets", key });
  const locked = wallet?.[`locked:${asset}`] as bigint;
  await store.write({
    kind: "update",
    table: "wallets",
    key,
    set: { [`locked:${asset}`]: 0n, robbed: locked },
  });
}

async function giveBack({ id }: Caller, asset: string, { store }: World["ports"]): Promise<void> {
  const key = { pk: `USER#${id}`, sk: "WALLET" };
  const wallet = await store.get({ table: "wallets", key });
  await store.write({
    kind: "update",
    table: "wallets",
    key,
    add: { [`locked:${asset}`]: wallet?.robbed as bigint },
    remove: ["robbed"],
  });
}

async function resolve(
  { id }: Caller,
  orderId: string,
  { admin, action, key }: { admin: Caller; action: string; key: string },
): Promise<void> {
  const path = `/admin/orders/${id}/${orderId}/resolve`;
  const body = { action, reason: "driven" };
  good(await admin.call("POST", path, body, { "idempotency-key": key }));
}

async function sweep(invoke: Invoke, prefix: string): Promise<void> {
  await invoke(`${prefix}-workersSweep`, { "detail-type": "Scheduled Event" });
}

async function administration({ url, admin, ports, prefix, invoke }: World): Promise<void> {
  const trader = await newTrader(url, admin, { USDT: "100" });
  good(await trader.call("POST", "/orders", order("buy", "10", "1"), WAIT));
  const user = `/admin/users/${trader.id}`;
  good(await admin.call("PUT", user, { status: "frozen" }, { "idempotency-key": "freeze" }));
  good(await admin.call("PUT", user, { role: "admin" }));
  good(await admin.call("PUT", user, { status: "active" }));
  const status = async (wanted: string) =>
    good(
      await admin.call("PUT", "/admin/markets/ETH-USDT", { status: wanted }, { "idempotency-key": wanted }),
    );
  await status("halted");
  await status("open");
  await admin.call(
    "PUT",
    "/admin/users/01ARZ3NDEKTSV4RRFFQ69G5FAV",
    { status: "frozen" },
    { "idempotency-key": "x" },
  );
  for (const path of [
    "/admin/dashboard",
    "/admin/users",
    "/admin/users?limit=1",
    user,
    "/admin/audit",
    `/admin/audit?actor=${admin.id}`,
    `/admin/audit?entity=user:${trader.id}`,
    "/admin/audit?entity=market:ETH-USDT",
    "/admin/audit?entity=withdrawal:01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "/admin/reconciliation?fresh=true",
    "/admin/reconciliation",
  ])
    good(await admin.call("GET", path));
  // The key was used before, and is past its time.
  const used = { pk: admin.id, sk: "KEY#run", operationId: "old", fingerprint: "old", expiresAt: 1n };
  await ports.store.write({ kind: "put", table: "requests", item: used });
  good(await admin.call("POST", "/admin/reconciliation", undefined, { "idempotency-key": "run" }));
  await eventually(
    () => readRuns(ports),
    ({ run }) => run === undefined,
  );
  await startRun("driven", ports);
  await invoke(`${prefix}-workersReconcile`, { "detail-type": "Scheduled Event" });
  // A wish that its market never heard of is sent again; those of accounts that are applied are forgotten.
  await ports.store.write({
    kind: "update",
    table: "market-data",
    key: { pk: "MARKET#ETH-USDT", sk: "GATE" },
    set: { applied: 0n, desiredAtMs: BigInt(clock.nowMs() - 60_000) },
  });
  await sweep(invoke, prefix);
  await invoke(`${prefix}-workersProject`, { "detail-type": "Scheduled Event" });
}

/** What takes hundreds of commits, minutes or many users on a running stack is done by the same code here. */
async function snapshotsAndContention({ ports, admin }: World): Promise<void> {
  const market = ports.catalogue.markets.get("BTC-USDT");
  if (market === undefined) throw new Error("there is no BTC-USDT");
  const quiet = { ...ports, log: createLog() };
  await callsOf("workersMatchBtcUsdt", () => recover(market, 0, quiet)).catch((fault: unknown) => {
    // It has saved how far it got.
    if (!(fault instanceof RecoveryUnfinished)) throw fault;
  });
  const state = await recover(market, clock.nowMs() + 60_000, quiet);
  for (const key of ["workersMatchBtcUsdt", "workersProject", "workersReconcile", "adminStartReconciliation"])
    await callsOf(key, async () => {
      await recover(market, clock.nowMs() + 60_000, quiet);
      await saveSnapshot(state, quiet);
    });
  await callsOf("marketOrderbook", () => recoverToRead(market, clock.nowMs() + 60_000, quiet));
  await callsOf("workersProject", async () => {
    // Old headers, which a snapshot that is drawn drops.
    for (let version = 1; version < 6; version++)
      await ports.store.putMany([
        {
          table: "journal",
          item: {
            pk: "BTC-USDT#SNAPSHOT",
            sk: String(version).padStart(12, "0"),
            chunks: 1n,
            checksum: "",
            hash: "",
          },
        },
      ]);
    await new SnapshotPicture(quiet, 0).draw(state);
  });
  await callsOf("workersMatchBtcUsdt", async () => {
    const contended = new ContendedWallets("BTC-USDT");
    for (let conflict = 0; conflict < 3; conflict++) await contended.add([admin.id], quiet);
    // Messages that a batch leaves; that nobody has this one does not matter here.
    await ports.queue.redeliver("BTC-USDT", ["of nobody"], 0).catch(() => undefined);
  });
}
