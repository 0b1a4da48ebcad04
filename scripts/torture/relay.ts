import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Chance } from "../demo/chance.ts";
import type { NewOrder, Order } from "../exchange/types.ts";
import { HOST } from "../local/settings.ts";

/** What was sent under one idempotency key, and what the exchange answered, heard by the client or not. */
export type Placing = {
  readonly order: NewOrder;
  attempts: number;
  /** Answers of 2xx. */
  readonly answers: Order[];
};

/** What went over the wire, as far as the exchange is bound by it. */
export type Wire = {
  readonly placings: Map<string, Placing>;
  /** Ids of orders whose cancellation was answered as accepted. */
  readonly cancelled: Set<string>;
  /** Requests that ran out of time on purpose. */
  hungUp: number;
  /** Answers that were kept from the client on purpose. */
  unheard: number;
};

export type Relay = {
  readonly url: string;
  readonly wire: Wire;
  /** While it is calm every answer arrives that the exchange gives. */
  calm: boolean;
  close(): Promise<void>;
};

const SHARE_HUNG_UP = 0.06;
const SHARE_UNHEARD = 0.03;
const LONGEST_PATIENCE_MS = 40;
/** Losing the answer to a renewed session would end the session, which is not what is tried here. */
const TROUBLED = /^\/api\/orders(\/|\?|$)/;

type Trouble = { readonly patienceMs: number | undefined; readonly isUnheard: boolean };
type Sent = { readonly request: IncomingMessage; readonly body: Buffer };
type Heard = {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
};

/**
 * Stands between the clients and the exchange and makes some of the requests fail that the exchange has received: it hangs up on both
 * sides after a very short time, as a client does whose time is out, or keeps the answer to itself. The clients repeat them.
 */
export async function startRelay(target: string, chance: Chance): Promise<Relay> {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const wire: Wire = { placings: new Map(), cancelled: new Set(), hungUp: 0, unheard: 0 };

  const troubleOf = (url: string): Trouble => {
    if (relay.calm || !TROUBLED.test(url)) return { patienceMs: undefined, isUnheard: false };
    const luck = chance.fraction();
    const patienceMs = luck < SHARE_HUNG_UP ? chance.fraction() * LONGEST_PATIENCE_MS : undefined;
    return { patienceMs, isUnheard: patienceMs === undefined && luck < SHARE_HUNG_UP + SHARE_UNHEARD };
  };

  const forward = ({ request, body }: Sent, patienceMs: number | undefined): Promise<Heard> =>
    new Promise((resolve, reject) => {
      const { method, url: path, headers } = request;
      const onward = httpRequest({ hostname, port, method, path, headers, agent }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.once("error", reject);
        answer.once("end", () =>
          resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(parts) }),
        );
      });
      onward.once("error", reject);
      onward.end(body);
      if (patienceMs === undefined) return;
      const timer = setTimeout(() => {
        wire.hungUp++;
        onward.destroy(new Error("out of patience"));
      }, patienceMs);
      onward.once("close", () => clearTimeout(timer));
    });

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const sent = { request, body: Buffer.concat(parts) };
    noteSent(wire, sent);
    const trouble = troubleOf(request.url ?? "");
    const heard = await forward(sent, trouble.patienceMs);
    noteHeard(wire, sent, heard);
    if (trouble.isUnheard) {
      wire.unheard++;
      request.socket.destroy();
      return;
    }
    const { "transfer-encoding": _coding, connection: _connection, ...headers } = heard.headers;
    response.writeHead(heard.status, { ...headers, "content-length": heard.body.length }).end(heard.body);
  };

  const server = createServer((request, response) => {
    // Where the exchange breaks off, the client's connection breaks too.
    handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, HOST, resolve);
  });
  const relay: Relay = {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    wire,
    calm: true,
    close: async () => {
      agent.destroy();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
  return relay;
}

function noteSent({ placings }: Wire, sent: Sent): void {
  const key = placingKey(sent.request);
  if (key === undefined) return;
  const placing = placings.get(key);
  if (placing !== undefined) placing.attempts++;
  else placings.set(key, { order: JSON.parse(sent.body.toString()) as NewOrder, attempts: 1, answers: [] });
}

function noteHeard(wire: Wire, { request }: Sent, { status, body }: Heard): void {
  if (status < 200 || status > 299) return;
  const key = placingKey(request);
  if (key !== undefined) wire.placings.get(key)?.answers.push(JSON.parse(body.toString()) as Order);
  const id =
    request.method === "DELETE" ? /^\/api\/orders\/([^/?]+)$/.exec(request.url ?? "")?.[1] : undefined;
  if (id !== undefined) wire.cancelled.add(id);
}

function placingKey({ method, url, headers }: IncomingMessage): string | undefined {
  const key = headers["idempotency-key"];
  return method === "POST" && url === "/api/orders" && typeof key === "string" ? key : undefined;
}
