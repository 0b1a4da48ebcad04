import { readDashboard } from "../../../lib/admin/dashboard.ts";
import { setMarketStatus } from "../../../lib/admin/set-market-status.ts";
import { getUser } from "../../../lib/admin/users/get-user.ts";
import { listUsers } from "../../../lib/admin/users/list-users.ts";
import { updateUser } from "../../../lib/admin/users/update-user.ts";
import { listAudit } from "../../../lib/audit/list-audit.ts";
import { authenticate } from "../../../lib/auth/authenticate.ts";
import { listSessions } from "../../../lib/auth/list-sessions.ts";
import { login } from "../../../lib/auth/login.ts";
import type { AuthPorts } from "../../../lib/auth/ports.ts";
import { register } from "../../../lib/auth/register.ts";
import { resendDesiredStates } from "../../../lib/desired-state/resend-desired-states.ts";
import { readMarkets } from "../../../lib/market/read-markets.ts";
import { listOwnFills } from "../../../lib/market-data/list-own-fills.ts";
import { listMarketTrades } from "../../../lib/market-data/list-trades.ts";
import { readOrderBook } from "../../../lib/market-data/order-book.ts";
import { getOrder } from "../../../lib/orders/get-order.ts";
import { listOrders } from "../../../lib/orders/list-orders.ts";
import { readReport } from "../../../lib/reconciliation/report.ts";
import { continueRun } from "../../../lib/reconciliation/run.ts";
import { cancelAllOrders, cancelOrder } from "../../../lib/trading/cancel-order.ts";
import { sweepPendingOrders } from "../../../lib/trading/sweep.ts";
import { creditDeposit } from "../../../lib/wallet/credit-deposit.ts";
import { decideWithdrawal } from "../../../lib/wallet/decide-withdrawal.ts";
import {
  getWithdrawal,
  listAllWithdrawals,
  listDeposits,
  listWithdrawals,
} from "../../../lib/wallet/list-wallet.ts";
import { requestWithdrawal } from "../../../lib/wallet/request-withdrawal.ts";
import { walletKey } from "../../../lib/wallet/wallet-item.ts";
import { expectSuccess, type InProcessExchange, type User } from "../in-process.ts";
import { placeFillingBatch, placeRestingBatch, placing } from "../order-flow.ts";

/** Who acts: some users with a history that is the same at every size. */
export type Stage = {
  readonly exchange: InProcessExchange;
  readonly users: readonly User[];
  /** Does not trade, and is frozen now and then. */
  readonly bystander: User;
};

/** What is measured, in this order: some need what those before have left. Each is done `REPEATED` times. */
export type Call = { readonly name: string; readonly run: (stage: Stage, time: number) => Promise<unknown> };

export const REPEATED = 5;
const PAGE = { limit: 10 } as const;
const CLIENT = { ip: "127.0.0.1", userAgent: "bench" };

function actor({ users }: Stage): User {
  return users[0] as User;
}

function ids({ exchange }: Stage) {
  return { operationId: exchange.newId(), correlationId: exchange.newId(), requestId: exchange.newId() };
}

/** Hashes and signatures cost no call of the store. */
function authPorts(exchange: InProcessExchange): AuthPorts {
  return {
    store: exchange.store,
    clock: exchange.clock,
    random: exchange.random,
    log: exchange.log,
    passwords: {
      hash: async (password) => password,
      check: async (password, hash) => ({ matches: password === hash, outdated: false }),
    },
    tokens: {
      issue: async () => ({ accessToken: "a", refreshToken: "r", expiresIn: 900 }),
      verifyRefresh: async () => undefined,
    },
  };
}

async function someOrder(stage: Stage) {
  const { items } = expectSuccess(
    await listOrders({ userId: actor(stage).id, status: "live" }, { limit: 1 }, stage.exchange),
  );
  const [order] = items;
  if (order === undefined) throw new Error("the actor has no live order");
  return { userId: actor(stage).id, orderId: order.terms.id };
}

async function someWithdrawal(stage: Stage): Promise<string> {
  const { items } = await listAllWithdrawals("pending_approval", { limit: 1 }, stage.exchange);
  const [withdrawal] = items;
  if (withdrawal === undefined) throw new Error("no withdrawal is pending");
  return withdrawal.id;
}

export const CALLS: readonly Call[] = [
  {
    name: "any call of a signed-in user: authenticate",
    run: async ({ exchange, users: [user] }) =>
      expectSuccess(await authenticate(`${user?.id} ${user?.sessionId}`, exchange)),
  },
  {
    name: "POST /api/auth/register",
    run: async ({ exchange }) => {
      const email = `new-${exchange.newId().toLowerCase()}@example.com`;
      expectSuccess(await register({ email, password: "p", client: CLIENT }, authPorts(exchange)));
    },
  },
  {
    name: "POST /api/auth/login (refused)",
    run: async ({ exchange }) => {
      const email = `nobody-${exchange.newId().toLowerCase()}@example.com`;
      await login({ email, password: "p", client: CLIENT }, authPorts(exchange));
    },
  },
  {
    name: "GET /api/auth/sessions",
    run: (stage) => listSessions(actor(stage).id, PAGE, stage.exchange),
  },
  { name: "GET /api/markets", run: ({ exchange }) => readMarkets(exchange) },
  {
    name: "POST /api/orders (10)",
    run: ({ exchange, users }, time) => placeFillingBatch(time, placing(exchange), users),
  },
  { name: "worker: match a batch (10 orders, half fill)", run: ({ exchange }) => exchange.matchBatch() },
  { name: "worker: project a batch", run: ({ exchange }) => exchange.project() },
  {
    name: "GET /api/markets/{market}/orderbook (by a new instance)",
    run: async ({ exchange }) =>
      expectSuccess(
        await readOrderBook(
          { market: exchange.market.market, depth: 50, minVersion: undefined },
          { ...exchange, books: new Map() },
        ),
      ),
  },
  {
    name: "GET /api/markets/{market}/trades",
    run: async ({ exchange }) =>
      expectSuccess(await listMarketTrades(exchange.market.market, PAGE, exchange)),
  },
  {
    name: "GET /api/orders",
    run: async (stage) => expectSuccess(await listOrders({ userId: actor(stage).id }, PAGE, stage.exchange)),
  },
  {
    name: "GET /api/orders?status=live",
    run: async (stage) =>
      expectSuccess(await listOrders({ userId: actor(stage).id, status: "live" }, PAGE, stage.exchange)),
  },
  {
    name: "GET /api/orders/{id} (with finding one)",
    run: async (stage) => expectSuccess(await getOrder(await someOrder(stage), stage.exchange)),
  },
  {
    name: "GET /api/trades",
    run: async (stage) =>
      expectSuccess(await listOwnFills({ userId: actor(stage).id }, PAGE, stage.exchange)),
  },
  {
    name: "GET /api/trades?orderId= (with finding one)",
    run: async (stage) =>
      expectSuccess(await listOwnFills({ ...(await someOrder(stage)) }, PAGE, stage.exchange)),
  },
  {
    name: "DELETE /api/orders/{id} (with finding one)",
    run: async (stage) =>
      expectSuccess(await cancelOrder({ ...(await someOrder(stage)), ...ids(stage) }, stage.exchange)),
  },
  { name: "worker: match a cancel", run: ({ exchange }) => exchange.matchBatch(1) },
  {
    name: "DELETE /api/orders",
    run: async (stage) => {
      const all = { userId: actor(stage).id, market: stage.exchange.market.market, side: "buy" } as const;
      expectSuccess(await cancelAllOrders({ ...all, ...ids(stage) }, stage.exchange));
    },
  },
  { name: "worker: match a cancel of all", run: ({ exchange }) => exchange.matchBatch(1) },
  { name: "worker: sweep, nothing is lost", run: ({ exchange }) => sweepPendingOrders(exchange) },
  {
    name: "GET /api/wallet/balances",
    run: (stage) => stage.exchange.store.get({ table: "wallets", key: walletKey(actor(stage).id) }),
  },
  {
    name: "POST /api/admin/deposits",
    run: async (stage) => {
      const deposit = { asset: "USDT", amount: "1", reference: stage.exchange.newId(), actor: "bench" };
      const input = { userId: actor(stage).id, ...deposit, requestId: "bench" };
      expectSuccess(await creditDeposit(input, stage.exchange));
    },
  },
  {
    name: "GET /api/wallet/deposits",
    run: (stage) => listDeposits(actor(stage).id, { limit: 5 }, stage.exchange),
  },
  {
    name: "POST /api/wallet/withdrawals",
    run: async (stage) => {
      const input = { userId: actor(stage).id, asset: "USDT", amount: "10", address: "0xabc", ...ids(stage) };
      expectSuccess(await requestWithdrawal(input, stage.exchange));
    },
  },
  {
    name: "GET /api/wallet/withdrawals",
    run: (stage) => listWithdrawals(actor(stage).id, { limit: 5 }, stage.exchange),
  },
  {
    name: "GET /api/wallet/withdrawals/{id}",
    run: async (stage) => {
      const id = await someWithdrawal(stage);
      return await getWithdrawal({ userId: actor(stage).id, id }, stage.exchange);
    },
  },
  {
    name: "GET /api/admin/withdrawals?status=",
    run: ({ exchange }) => listAllWithdrawals("pending_approval", { limit: 5 }, exchange),
  },
  {
    name: "POST /api/admin/withdrawals/{id}/approve (with finding one)",
    run: async (stage) => {
      const decision = { status: "completed", transactionId: "t" } as const;
      const input = { id: await someWithdrawal(stage), decision, actor: "bench", ...ids(stage) };
      expectSuccess(await decideWithdrawal(input, stage.exchange));
    },
  },
  {
    name: "GET /api/admin/dashboard",
    run: ({ exchange }) =>
      readDashboard({
        ...exchange,
        queue: { depth: async () => 0, deadLetterDepth: async () => 0 },
      }),
  },
  {
    name: "GET /api/admin/users",
    run: async ({ exchange }) => expectSuccess(await listUsers({ limit: 5 }, exchange)),
  },
  {
    name: "GET /api/admin/users/{id}",
    run: async (stage) =>
      expectSuccess(await getUser(actor(stage).id, { ...stage.exchange, balances: async () => [] })),
  },
  {
    name: "PUT /api/admin/users/{id}",
    run: async (stage, time) => {
      const status = time % 2 === 0 ? "frozen" : "active";
      const userId = stage.bystander.id;
      expectSuccess(await updateUser({ userId, status, actor: "bench", ...ids(stage) }, stage.exchange));
    },
  },
  {
    name: "PUT /api/admin/markets/{market}",
    run: async (stage) => {
      const halt = { market: stage.exchange.market.market, status: "open", actor: "bench" } as const;
      expectSuccess(await setMarketStatus({ ...halt, ...ids(stage) }, stage.exchange));
    },
  },
  {
    name: "worker: send again what is desired",
    run: ({ exchange }) => resendDesiredStates(exchange),
  },
  {
    name: "GET /api/admin/audit?entity=user:ID",
    run: async (stage) =>
      expectSuccess(await listAudit({ entity: `user:${actor(stage).id}`, limit: 5 }, stage.exchange)),
  },
  {
    name: "GET /api/admin/reconciliation (the last report)",
    run: async ({ exchange }) =>
      expectSuccess(await readReport({ fresh: false, id: exchange.newId() }, exchange)),
  },
  {
    name: "worker: reconcile, none is under way",
    run: ({ exchange }) => continueRun({ untilMs: exchange.clock.nowMs() + 1_000 }, exchange),
  },
];

/** What the actors leave before anything is measured, so that there is something to list, and instances are warm. */
export async function prepareStage({ exchange, users }: Stage): Promise<void> {
  for (let batch = 0; batch < 3; batch++) await placeRestingBatch(batch, placing(exchange), users);
  for (let batch = 0; batch < 3; batch++) await placeFillingBatch(batch, placing(exchange), users);
  await exchange.matchAll();
  await exchange.project();
}
