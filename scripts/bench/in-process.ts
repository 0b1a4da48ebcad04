import { ulid } from "ulid";
import { clock } from "../../lib/adapters/clock.ts";
import { createRandom } from "../../lib/adapters/random.ts";
import { sessionItem } from "../../lib/auth/session-item.ts";
import { profileItem, type StoredAccount } from "../../lib/auth/user-item.ts";
import type { Result } from "../../lib/contract/refusal.ts";
import type { EdgePorts } from "../../lib/edge/ports.ts";
import { type Catalogue, type Market, readCatalogue } from "../../lib/market/market.ts";
import { Projector } from "../../lib/market-data/projector.ts";
import { Matcher } from "../../lib/matcher/matcher.ts";
import type { QueuedCommand } from "../../lib/matching/plan.ts";
import { readMessage } from "../../lib/matching/wire/message.ts";
import type { OrderRecord } from "../../lib/orders/order-item.ts";
import type { CommandQueue } from "../../lib/ports/command-queue.ts";
import type { RequestLog } from "../../lib/ports/ports.ts";
import type { Store } from "../../lib/store/store.ts";
import type { OrderRequest } from "../../lib/trading/order-request.ts";
import { type PlaceOrder, placeOrder } from "../../lib/trading/place-order.ts";
import { creditDeposit } from "../../lib/wallet/credit-deposit.ts";
import definitions from "../../resources/markets.json" with { type: "json" };

const SILENT: RequestLog = {
  info: () => {},
  warn: () => {},
  error: () => {},
  within: (run) => run(),
  add: () => {},
};
const BATCH = 10;
const DAY_MS = 86_400_000;
/** Far beyond what anything here takes: deadlines are not what is measured. */
const DEADLINE_MS = 30_000;
/** About as long as the sequence numbers of SQS. */
const FIRST_SEQUENCE = 18_870_000_000_000_000_000n;

type Options = { readonly market?: string; readonly onQueueCall?: () => void };
export type User = { readonly id: string; readonly sessionId: string };

/**
 * The exchange's own use cases in one process, around a store that is given. The queue of its one market is a list in memory:
 * what passes through it is the text that a real queue would carry.
 */
export class InProcessExchange implements EdgePorts {
  readonly catalogue: Catalogue = readCatalogue(definitions);
  readonly market: Market;
  readonly store: Store;
  readonly clock = clock;
  readonly random = createRandom();
  readonly log = SILENT;
  readonly metrics = { add: () => {} };
  /** A token is the user's and the session's id; checking signatures costs no call. */
  readonly accessTokens = {
    verify: async (token: string) => {
      const [userId = "", sessionId = ""] = token.split(" ");
      return { userId, sessionId };
    },
  };
  readonly queue: Pick<CommandQueue, "send" | "epoch">;
  readonly #messages: QueuedCommand[] = [];
  #sequence = FIRST_SEQUENCE;
  #matcher: Matcher;
  readonly #projector: Projector;

  constructor(store: Store, { market = "BTC-USDT", onQueueCall = () => {} }: Options = {}) {
    this.store = store;
    const definition = this.catalogue.markets.get(market);
    if (definition === undefined) throw new Error(`no market ${market}`);
    this.market = definition;
    this.queue = {
      send: async (_market, { id, body }) => {
        this.#sequence += 256n;
        const sequence = String(this.#sequence);
        this.#messages.push(readMessage({ messageId: id, body, sequence, sentMs: clock.nowMs() }));
      },
      epoch: async () => {
        onQueueCall();
        return { id: "1767225600-0123abcd", createdMs: 0 };
      },
    };
    this.#matcher = new Matcher(definition, this);
    this.#projector = new Projector(definition, this);
  }

  newId(): string {
    return this.random.id(this.clock.nowMs());
  }

  /** Accounts as registration and login leave them, with money of every asset. */
  async openAccounts(count: number): Promise<readonly User[]> {
    // People register on different days, so their ids have little in common.
    const users = Array.from({ length: count }, (_, index) => ({
      id: ulid(this.clock.nowMs() - index * DAY_MS),
      sessionId: ulid(this.clock.nowMs()),
    }));
    for (const user of users) await this.#openAccount(user);
    return users;
  }

  async #openAccount({ id, sessionId }: User): Promise<void> {
    const now = this.clock.nowMs();
    const createdAt = new Date(now).toISOString();
    const account: StoredAccount = {
      id,
      email: `trader-${id.toLowerCase()}@example.com`,
      role: "user",
      status: "active",
      createdAt,
      passwordHash: `$argon2id$v=19$m=19456,t=2,p=1$${"s".repeat(22)}$${"h".repeat(43)}`,
      credentialsVersion: 0n,
    };
    const session = sessionItem({
      id: sessionId,
      userId: id,
      createdAt,
      lastSeenAt: createdAt,
      device: "bench",
      ip: "127.0.0.1",
      credentialsVersion: 0n,
      generation: 0n,
      rotations: [],
      rotatedAtMs: now,
      expiresAt: Math.floor(now / 1_000) + 86_400,
    });
    for (const item of [profileItem(account), session])
      await this.store.write({ kind: "put", table: "users", item });
    for (const [asset, amount] of [
      ["BTC", "1234.5678901"],
      ["ETH", "12345.678901234567"],
      ["USDT", "87654321.123456"],
    ] as const) {
      const reference = `${id} ${asset}`;
      const deposit = { userId: id, asset, amount, reference, actor: "bench", requestId: "bench" };
      expectSuccess(await creditDeposit(deposit, this));
    }
  }

  async place(
    user: User,
    order: Omit<OrderRequest, "market" | "type">,
    naming: Partial<Pick<PlaceOrder, "operationId" | "idempotency">> = {},
  ): Promise<OrderRecord> {
    const operationId = naming.operationId ?? this.newId();
    const request = { market: this.market.market, type: "limit" as const, ...order };
    const input = { userId: user.id, operationId, correlationId: this.newId(), request, ...naming };
    return expectSuccess(await placeOrder({ ...input, operationId }, this));
  }

  /** How many commands are in the queue. */
  get waiting(): number {
    return this.#messages.length;
  }

  /** Takes one batch from the queue. Gives how many commands it held. */
  async matchBatch(size = BATCH): Promise<number> {
    const batch = this.#messages.splice(0, size);
    const deadline = this.clock.nowMs() + DEADLINE_MS;
    const { completed } = await this.#matcher.take(batch, {
      recoverBy: deadline,
      planBy: deadline,
      commitBy: deadline,
    });
    if (completed !== batch.length)
      throw new Error(`of ${batch.length} commands ${completed} were completed`);
    return completed;
  }

  async matchAll(size = BATCH): Promise<void> {
    while (this.#messages.length > 0) await this.matchBatch(size);
  }

  /** Forgets the book, as a new instance of the function does not know it. */
  coldStart(): void {
    this.#matcher = new Matcher(this.market, this);
  }

  async project(): Promise<void> {
    await this.#projector.run(this.clock.nowMs() + DEADLINE_MS);
  }
}

export function expectSuccess<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${result.refusal.code}`);
  return result.value;
}
