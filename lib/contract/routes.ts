import * as admin from "./admin.ts";
import * as audit from "./audit.ts";
import * as auth from "./auth.ts";
import * as docs from "./docs.ts";
import * as market from "./market.ts";
import type { Route } from "./route.ts";
import * as trading from "./trading.ts";
import * as wallet from "./wallet.ts";

/** Every call of the public API, by module. Only the description and the tests need them all at once. */
export const ROUTES: { readonly [module: string]: readonly Route[] } = {
  auth: [auth.register, auth.login, auth.refresh, auth.logout, auth.me, auth.listSessions, auth.endSession],
  market: [market.listMarkets, market.getMarket, market.getOrderBook, market.listMarketTrades],
  trading: [
    trading.placeOrder,
    trading.listOrders,
    trading.getOrder,
    trading.cancelOrder,
    trading.cancelOrders,
    trading.listFills,
  ],
  wallet: [
    wallet.listBalances,
    wallet.requestWithdrawal,
    wallet.listWithdrawals,
    wallet.getWithdrawal,
    wallet.cancelWithdrawal,
    wallet.listDeposits,
  ],
  admin: [
    admin.getDashboard,
    admin.listUsers,
    admin.getUser,
    admin.updateUser,
    admin.updateMarket,
    admin.resolveOrder,
    wallet.creditDeposit,
    admin.listAllWithdrawals,
    admin.approveWithdrawal,
    admin.rejectWithdrawal,
    admin.startReconciliation,
    admin.getReconciliation,
  ],
  audit: [audit.listAudit],
  docs: [docs.getOpenApi],
};
