import * as z from "zod/mini";
import { session, user } from "./auth.ts";
import { marketStatus } from "./market.ts";
import { route } from "./route.ts";
import {
  accountStatus,
  assetName,
  cursor,
  decimal,
  id,
  limit,
  listOf,
  marketName,
  printable,
  prose,
  role,
  time,
} from "./shapes.ts";
import { orderStatus } from "./trading.ts";
import { balance, withdrawal, withdrawalStatus } from "./wallet.ts";

const idParams = z.strictObject({ id });
const { current: _current, ...sessionFields } = session.shape;
const count = z.int().check(z.minimum(0));

export const userDetail = z
  .strictObject({
    ...user.shape,
    balances: z.array(balance),
    sessions: z.array(z.strictObject(sessionFields)),
  })
  .check(z.meta({ id: "UserDetail" }));

export const dashboard = z
  .strictObject({
    time,
    users: z.strictObject({ total: count, active: count, frozen: count, newToday: count }),
    markets: z.array(
      z.strictObject({
        market: marketName,
        status: marketStatus,
        openOrders: count,
        volume24h: decimal.check(z.meta({ description: "In the base asset." })),
        quoteVolume24h: decimal.check(z.meta({ description: "In the quote asset." })),
        trades24h: count,
        feesEarned: z.array(z.strictObject({ asset: assetName, amount: decimal })),
        queueDepth: count.check(z.meta({ description: "About how many commands wait or are in flight." })),
      }),
    ),
    withdrawals: z.strictObject({ pending: count, today: count }),
    deposits: z.strictObject({ today: count }),
    deadLetterDepth: count.check(z.meta({ description: "Failures that wait for a person." })),
  })
  .check(z.meta({ id: "Dashboard" }));

export const reconciliation = z
  .strictObject({
    id: id.check(z.meta({ description: "Of the run." })),
    time: time.check(z.meta({ description: "When the run began, of which moment everything is." })),
    balanced: z.boolean(),
    items: z.array(
      z.strictObject({
        asset: assetName,
        available: decimal,
        locked: decimal,
        feesEarned: decimal,
        deposits: decimal,
        withdrawals: decimal,
        adjustments: decimal,
        left: decimal.check(z.meta({ description: "available + locked + feesEarned." })),
        right: decimal.check(z.meta({ description: "deposits - withdrawals + adjustments." })),
        difference: decimal.check(
          z.meta({ description: "left - right: 0 on a sound exchange.", examples: ["0"] }),
        ),
      }),
    ),
    running: z
      .nullable(
        z.strictObject({
          id,
          startedAt: time,
          wallets: count.check(z.meta({ description: "As many are read by now." })),
        }),
      )
      .check(z.meta({ description: "The run that is under way." })),
  })
  .check(z.meta({ id: "Reconciliation" }));

export const listUsers = route({
  id: "listUsers",
  method: "GET",
  path: "/api/admin/users",
  auth: "admin",
  summary: "Users, newest first",
  query: z.strictObject({
    email: z
      .exactOptional(z.string().check(z.trim(), z.toLowerCase(), z.minLength(1), z.maxLength(254)))
      .check(z.meta({ description: "A whole address, or how it begins." })),
    status: z.exactOptional(accountStatus),
    limit,
    cursor,
  }),
  answers: { 200: listOf(user) },
  refusals: [],
});

export const getUser = route({
  id: "getUser",
  method: "GET",
  path: "/api/admin/users/{id}",
  auth: "admin",
  summary: "One user with balances and sessions",
  params: idParams,
  answers: { 200: userDetail },
  refusals: [],
  notFound: "User not found",
});

export const updateUser = route({
  id: "updateUser",
  method: "PUT",
  path: "/api/admin/users/{id}",
  auth: "admin",
  summary: "Freeze, unfreeze, or change the role",
  description:
    "Freezing refuses all of the user's tokens at once and cancels their live orders. Nobody freezes or demotes themselves.",
  params: idParams,
  body: z
    .strictObject({ status: z.exactOptional(accountStatus), role: z.exactOptional(role) })
    .check(
      z.refine(
        (change) => change.status !== undefined || change.role !== undefined,
        "must name a status or a role",
      ),
    ),
  answers: { 200: user },
  refusals: ["CONFLICT"],
  idempotency: "record",
  notFound: "User not found",
});

export const updateMarket = route({
  id: "updateMarket",
  method: "PUT",
  path: "/api/admin/markets/{market}",
  auth: "admin",
  summary: "Halt or open a market",
  description: "Takes its turn in the market's own queue.",
  params: z.strictObject({ market: marketName }),
  body: z.strictObject({ status: marketStatus }),
  answers: {
    202: z.strictObject({
      market: marketName,
      status: marketStatus.check(z.meta({ description: "As it was asked for." })),
    }),
  },
  refusals: ["UNKNOWN_MARKET"],
  idempotency: "record",
});

export const resolveOrder = route({
  id: "resolveOrder",
  method: "POST",
  path: "/api/admin/orders/{userId}/{id}/resolve",
  auth: "admin",
  summary: "Release or cancel a suspended order",
  description:
    "An order is suspended (off the book, its hold kept) where its wallet contradicts the journal. `cancel` closes it and gives back of its hold " +
    "what the wallet has beyond the user's other holds; the audit record says what was missing. `release` sends it to its market again with what " +
    "is left of it, behind all others at its price, where the wallet has its whole hold, the market is open and the account is not frozen; " +
    "else 409 CONFLICT says what is in the way. An order whose market does not let it in after all stays suspended.",
  params: z.strictObject({ userId: id, id }),
  body: z.strictObject({ action: z.enum(["release", "cancel"]), reason: prose(500) }),
  answers: {
    202: z.strictObject({ id, status: orderStatus.check(z.meta({ description: "As it is now." })) }),
  },
  refusals: ["CONFLICT"],
  idempotency: "record",
  notFound: "Order not found",
});

export const listAllWithdrawals = route({
  id: "listAllWithdrawals",
  method: "GET",
  path: "/api/admin/withdrawals",
  auth: "admin",
  summary: "Withdrawals of all users, newest first",
  query: z.strictObject({ status: z.exactOptional(withdrawalStatus), limit, cursor }),
  answers: { 200: listOf(withdrawal) },
  refusals: [],
});

export const approveWithdrawal = route({
  id: "approveWithdrawal",
  method: "POST",
  path: "/api/admin/withdrawals/{id}/approve",
  auth: "admin",
  summary: "Complete a withdrawal",
  description: "Burns the locked amount. A withdrawal is decided once.",
  params: idParams,
  body: z.strictObject({ transactionId: printable(200).check(z.meta({ examples: ["0xabc"] })) }),
  answers: { 200: withdrawal },
  refusals: ["ALREADY_DECIDED"],
  idempotency: "record",
  notFound: "Withdrawal not found",
});

export const rejectWithdrawal = route({
  id: "rejectWithdrawal",
  method: "POST",
  path: "/api/admin/withdrawals/{id}/reject",
  auth: "admin",
  summary: "Reject a withdrawal",
  description: "Releases the locked amount. A withdrawal is decided once.",
  params: idParams,
  body: z.strictObject({ reason: prose(500).check(z.meta({ examples: ["The address is not known"] })) }),
  answers: { 200: withdrawal },
  refusals: ["ALREADY_DECIDED"],
  idempotency: "record",
  notFound: "Withdrawal not found",
});

export const getDashboard = route({
  id: "getDashboard",
  method: "GET",
  path: "/api/admin/dashboard",
  auth: "admin",
  summary: "The exchange at a glance",
  answers: { 200: dashboard },
  refusals: [],
});

export const startReconciliation = route({
  id: "startReconciliation",
  method: "POST",
  path: "/api/admin/reconciliation",
  auth: "admin",
  summary: "Start a reconciliation",
  description:
    "It adds up every wallet, exactly and while trading goes on, for as long as that takes. Where one is under way, that one is meant.",
  answers: { 202: z.strictObject({ id: id.check(z.meta({ description: "Of the run." })) }) },
  refusals: [],
  idempotency: "record",
});

export const getReconciliation = route({
  id: "getReconciliation",
  method: "GET",
  path: "/api/admin/reconciliation",
  auth: "admin",
  summary: "Whether all money is accounted for, per asset",
  description:
    "The last finished report. Where there is none, or with `fresh=true`, the call starts a reconciliation and waits up to 20 seconds for it; if that is too short, it goes on, " +
    "and the answer is the last report, or 503 where there is none.",
  query: z.strictObject({
    fresh: z
      .exactOptional(z.enum(["true", "false"]))
      .check(z.meta({ description: "A report that was begun after this call." })),
  }),
  answers: { 200: reconciliation },
  refusals: [],
});
