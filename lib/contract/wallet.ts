import * as z from "zod/mini";
import { route } from "./route.ts";
import { assetName, cursor, decimal, id, limit, listOf, positiveDecimal, printable, time } from "./shapes.ts";

export const balance = z
  .strictObject({
    asset: assetName,
    available: decimal.check(z.meta({ description: "Free to trade and withdraw." })),
    locked: decimal.check(z.meta({ description: "Held for live orders and open withdrawals." })),
    total: decimal.check(z.meta({ description: "available + locked." })),
  })
  .check(z.meta({ id: "Balance" }));

export const deposit = z
  .strictObject({
    id,
    userId: id,
    asset: assetName,
    amount: decimal,
    reference: z
      .string()
      .check(z.meta({ description: "What the deposit is known by outside, such as a transaction." })),
    createdAt: time,
  })
  .check(z.meta({ id: "Deposit" }));

export const withdrawalStatus = z.enum(["pending_approval", "completed", "rejected", "cancelled"]);

export const withdrawal = z
  .strictObject({
    id,
    userId: id,
    asset: assetName,
    amount: decimal.check(z.meta({ description: "What leaves the wallet, the fee included." })),
    fee: decimal.check(z.meta({ description: "Inside the amount: the receiver gets amount - fee." })),
    address: z.string(),
    status: withdrawalStatus,
    transactionId: z.nullable(z.string()).check(z.meta({ description: "Once completed." })),
    reason: z.nullable(z.string()).check(z.meta({ description: "Once rejected." })),
    createdAt: time,
    updatedAt: time,
  })
  .check(z.meta({ id: "Withdrawal" }));

const params = z.strictObject({ id });

export const listBalances = route({
  id: "listBalances",
  method: "GET",
  path: "/api/wallet/balances",
  auth: "user",
  summary: "Own balances of all assets",
  answers: { 200: listOf(balance) },
  refusals: [],
});

export const requestWithdrawal = route({
  id: "requestWithdrawal",
  method: "POST",
  path: "/api/wallet/withdrawals",
  auth: "user",
  summary: "Ask for a withdrawal",
  description: "The amount is locked at once; an administrator approves or rejects.",
  body: z.strictObject({
    asset: assetName,
    amount: positiveDecimal,
    address: z
      .string()
      .check(
        z.regex(/^[\x21-\x7e]{1,128}$/, "must be 1 to 128 printable characters without spaces"),
        z.meta({ examples: ["0x52908400098527886E0F7030069857D2E4169EE7"] }),
      ),
  }),
  answers: { 201: withdrawal },
  refusals: ["INSUFFICIENT_FUNDS", "RATE_LIMITED"],
  idempotency: "record",
});

export const listWithdrawals = route({
  id: "listWithdrawals",
  method: "GET",
  path: "/api/wallet/withdrawals",
  auth: "user",
  summary: "Own withdrawals, newest first",
  query: z.strictObject({ limit, cursor }),
  answers: { 200: listOf(withdrawal) },
  refusals: [],
});

export const getWithdrawal = route({
  id: "getWithdrawal",
  method: "GET",
  path: "/api/wallet/withdrawals/{id}",
  auth: "user",
  summary: "One of the own withdrawals",
  params,
  answers: { 200: withdrawal },
  refusals: [],
  notFound: "Withdrawal not found",
});

export const cancelWithdrawal = route({
  id: "cancelWithdrawal",
  method: "DELETE",
  path: "/api/wallet/withdrawals/{id}",
  auth: "user",
  summary: "Cancel a withdrawal that is not yet decided",
  params,
  answers: { 200: withdrawal },
  refusals: ["ALREADY_DECIDED"],
  idempotency: "record",
  notFound: "Withdrawal not found",
});

export const listDeposits = route({
  id: "listDeposits",
  method: "GET",
  path: "/api/wallet/deposits",
  auth: "user",
  summary: "Own credited deposits, newest first",
  query: z.strictObject({ limit, cursor }),
  answers: { 200: listOf(deposit) },
  refusals: [],
});

export const creditDeposit = route({
  id: "creditDeposit",
  method: "POST",
  path: "/api/admin/deposits",
  auth: "admin",
  summary: "Credit a deposit",
  description: "A reference is credited once: the same again is answered 200 with the first credit.",
  body: z.strictObject({
    userId: id,
    asset: assetName,
    amount: positiveDecimal,
    reference: printable(128).check(z.meta({ examples: ["tx-4711"] })),
  }),
  answers: { 200: deposit, 201: deposit },
  refusals: ["NOT_FOUND", "DUPLICATE_REFERENCE"],
  idempotency: "record",
});
