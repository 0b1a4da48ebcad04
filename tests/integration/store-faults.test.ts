import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDynamoStore, type Meter } from "../../lib/adapters/dynamodb-store.ts";
import { type Store, StoreUnavailable } from "../../lib/store/store.ts";

/**
 * What DynamoDB answers and local engines never do: conflicts, throttling, faults, answers that leave something out. A server plays
 * them back, so that what the adapter makes of them is seen.
 */
type Answer = { readonly status: number; readonly body: object } | "no answer";
type Sent = { readonly operation: string; readonly input: Record<string, never> };

const PORT = 19_410;
const OK: Answer = { status: 200, body: {} };
const answers: Answer[] = [];
const sent: Sent[] = [];
let server: Server;
let store: Store;

beforeAll(async () => {
  process.env.AWS_REGION = "eu-central-1";
  process.env.AWS_ACCESS_KEY_ID = "local";
  process.env.AWS_SECRET_ACCESS_KEY = "local";
  server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    request.on("end", () => {
      sent.push({
        operation: String(request.headers["x-amz-target"]).split(".")[1] ?? "",
        input: JSON.parse(text),
      });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer === undefined || answer === "no answer") request.socket.destroy();
      else
        response
          .writeHead(answer.status, { "content-type": "application/x-amz-json-1.0" })
          .end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(PORT, "127.0.0.1", resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  answers.length = 0;
  sent.length = 0;
  store = createDynamoStore({ tablePrefix: "t", endpoint: `http://127.0.0.1:${PORT}` });
});

function fault(name: string, status = 400, more: object = {}): Answer {
  return { status, body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name, ...more } };
}

const key = { pk: "P", sk: "S" };
const write = () => store.write({ kind: "update", table: "orders", key, set: { a: 1n } });
const transact = () =>
  store.transact(
    [1, 2, 3].map((index) => ({ kind: "put", table: "orders", item: { ...key, sk: `${index}` } })),
  );
const cancelled = (...codes: readonly string[]) =>
  fault("TransactionCanceledException", 400, { CancellationReasons: codes.map((Code) => ({ Code })) });

describe("a transaction that DynamoDB cancels", () => {
  test("tells for each slot what became of it, with exact numbers in the item", async () => {
    const Item = {
      pk: { S: "P" },
      sk: { S: "S" },
      a: { N: "12345678901234567890123456789012345678" },
      b: { B: "AQI=" },
    };
    const reasons = [
      { Code: "None" },
      { Code: "ConditionalCheckFailed", Item },
      { Code: "ConditionalCheckFailed" },
    ];
    answers.push(fault("TransactionCanceledException", 400, { CancellationReasons: reasons }));
    const item = {
      ...key,
      a: 12_345_678_901_234_567_890_123_456_789_012_345_678n,
      b: new Uint8Array([1, 2]),
    };
    expect(await transact()).toEqual({
      ok: false,
      reasons: [{ code: "none" }, { code: "condition", item }, { code: "condition" }],
    });
    expect(sent).toHaveLength(1);
  });

  test("for conflicts and throttling says so", async () => {
    answers.push(
      cancelled("None", "TransactionConflict", "None"),
      cancelled("ThrottlingError", "ProvisionedThroughputExceeded", "ConditionalCheckFailed"),
    );
    expect(await transact()).toEqual({
      ok: false,
      reasons: [{ code: "none" }, { code: "conflict" }, { code: "none" }],
    });
    expect(await transact()).toEqual({
      ok: false,
      reasons: [{ code: "throttled" }, { code: "throttled" }, { code: "condition" }],
    });
  });

  test("for what the exchange does wrong is a fault, not an outcome", async () => {
    answers.push(cancelled("None", "ValidationError", "None"));
    await expect(transact()).rejects.toThrow(/ValidationError/);
  });
});

describe("a write", () => {
  test("whose condition fails gives the item as it is", async () => {
    answers.push(fault("ConditionalCheckFailedException", 400, { Item: { pk: { S: "P" }, a: { N: "7" } } }));
    expect(await write()).toEqual({ ok: false, reasons: [{ code: "condition", item: { pk: "P", a: 7n } }] });
  });

  test("against another one's transaction is in conflict", async () => {
    answers.push(fault("TransactionConflictException"));
    expect(await write()).toEqual({ ok: false, reasons: [{ code: "conflict" }] });
    const conflict = { code: "conflict" };
    expect(await transact()).toEqual({ ok: false, reasons: [conflict, conflict, conflict] });
  });

  test("beyond what the table takes is throttled", async () => {
    answers.push(fault("ThrottlingException"));
    expect(await write()).toEqual({ ok: false, reasons: [{ code: "throttled" }] });
  });

  test.each<[string, Answer]>([
    ["an internal fault", fault("InternalServerError", 500)],
    ["unavailability", { status: 503, body: {} }],
    ["a connection that ends", "no answer"],
  ])("that meets %s for good is one of which nobody knows", async (_, answer) => {
    answers.push(answer);
    await expect(write()).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(transact()).rejects.toBeInstanceOf(StoreUnavailable);
    expect(
      new Set(
        sent
          .filter(({ operation }) => operation === "TransactWriteItems")
          .map(({ input }) => input.ClientRequestToken),
      ).size,
    ).toBe(1);
  });

  test.each(["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])(
    "against %s passes as it is: it is ours",
    async (name) => {
      answers.push(fault(name));
      await expect(write()).rejects.toMatchObject({ name });
      await expect(transact()).rejects.toMatchObject({ name });
    },
  );

  test("to where nobody listens is one of which nobody knows", async () => {
    store = createDynamoStore({ tablePrefix: "t", endpoint: "http://127.0.0.1:19498" });
    await expect(write()).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(store.get({ table: "orders", key })).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

describe("a read", () => {
  test("that is throttled or unanswered for good is unavailable", async () => {
    answers.push(fault("ThrottlingException"));
    await expect(store.get({ table: "orders", key })).rejects.toBeInstanceOf(StoreUnavailable);
  });

  test("of many asks again for what the answer left out, and answers in the order of the places", async () => {
    const item = (sk: string) => ({ pk: { S: "P" }, sk: { S: sk } });
    answers.push(
      {
        status: 200,
        body: {
          Responses: { "t-orders": [item("2")] },
          UnprocessedKeys: { "t-orders": { Keys: [item("1")], ConsistentRead: true } },
        },
      },
      { status: 200, body: { Responses: { "t-orders": [item("1")] } } },
    );
    const places = ["1", "2", "3"].map((sk) => ({ table: "orders" as const, key: { pk: "P", sk } }));
    expect(await store.getMany(places)).toEqual([{ pk: "P", sk: "1" }, { pk: "P", sk: "2" }, undefined]);
    expect(sent.map(({ operation }) => operation)).toEqual(["BatchGetItem", "BatchGetItem"]);
  });

  test("of many to which the answer leaves out the same for ever is unavailable", async () => {
    const UnprocessedKeys = {
      "t-orders": { Keys: [{ pk: { S: "P" }, sk: { S: "S" } }], ConsistentRead: true },
    };
    answers.push({ status: 200, body: { Responses: {}, UnprocessedKeys } });
    await expect(store.getMany([{ table: "orders", key }])).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

describe("putting many", () => {
  test("sends again what the answer left out, and no more", async () => {
    const left = { PutRequest: { Item: { pk: { S: "P" }, sk: { S: "1" }, n: { N: "5" } } } };
    answers.push({ status: 200, body: { UnprocessedItems: { "t-wallets": [left] } } }, OK);
    const puts = ["0", "1", "2"].map((sk) => ({ table: "wallets" as const, item: { pk: "P", sk, n: 5n } }));
    await store.putMany(puts);
    expect(
      sent.map(
        ({ input }) => (input.RequestItems as unknown as Record<string, unknown[]>)["t-wallets"]?.length,
      ),
    ).toEqual([3, 1]);
  });
});

test("a meter is told what each call has consumed", async () => {
  const told: string[] = [];
  const meter: Meter = ({ operation, capacity }) =>
    void told.push(`${operation} ${capacity.map(({ CapacityUnits }) => CapacityUnits).join("+")}`);
  store = createDynamoStore({ tablePrefix: "t", endpoint: `http://127.0.0.1:${PORT}`, meter });
  const one = { CapacityUnits: 2 };
  answers.push(
    { status: 200, body: { ConsumedCapacity: one } },
    { status: 200, body: { ConsumedCapacity: [one, one] } },
    OK,
  );
  await write();
  await transact();
  await store.get({ table: "orders", key });
  expect(told).toEqual(["UpdateItem 2", "TransactWriteItems 2+2"]);
  expect(sent.every(({ input }) => input.ReturnConsumedCapacity === ("INDEXES" as never))).toBe(true);
});
