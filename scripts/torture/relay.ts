import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
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
/** They are about one connection, not about what goes through it; `fetch` has undone the encoding. */
const OF_THE_CONNECTION = [
  "connection",
  "content-encoding",
  "content-length",
  "host",
  "keep-alive",
  "transfer-encoding",
];

/**
 * Stands between the clients and the exchange and makes some of the requests fail that the exchange has received: it hangs up on both
 * sides after a very short time, as a client does whose time is out, or keeps the answer to itself. The clients repeat them.
 */
export async function startRelay(target: string, chance: Chance): Promise<Relay> {
  const wire: Wire = { placings: new Map(), cancelled: new Set(), hungUp: 0, unheard: 0 };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "GET", url = "/" } = request;
    const sent = await text(request);
    const placing = placingOf(wire, request, sent);
    const luck = relay.calm || !TROUBLED.test(url) ? 1 : chance.fraction();
    const patience =
      luck < SHARE_HUNG_UP ? AbortSignal.timeout(Math.ceil(chance.fraction() * LONGEST_PATIENCE_MS)) : null;
    const breakOff = (cause: unknown): never => {
      if (patience?.aborted === true) wire.hungUp++;
      throw cause;
    };
    const answer = await fetch(target + url, {
      method,
      headers: passedOn(
        Object.entries(request.headersDistinct).flatMap(([name, all = []]) => all.map((one) => [name, one])),
      ),
      body: sent === "" ? null : sent,
      signal: patience,
    }).catch(breakOff);
    const heard = await answer.text().catch(breakOff);
    if (answer.ok) {
      placing?.answers.push(JSON.parse(heard) as Order);
      const cancelled = method === "DELETE" ? /^\/api\/orders\/([^/?]+)$/.exec(url)?.[1] : undefined;
      if (cancelled !== undefined) wire.cancelled.add(cancelled);
    }
    if (patience === null && luck < SHARE_HUNG_UP + SHARE_UNHEARD) {
      wire.unheard++;
      throw new Error("nobody shall hear of it");
    }
    response.writeHead(answer.status, passedOn([...answer.headers])).end(heard);
  };

  const server = createServer((request, response) => {
    // Where the exchange breaks off, the client's connection breaks too.
    handle(request, response).catch(() => request.socket.destroy());
  });
  await once(server.listen(0, HOST), "listening");
  const relay: Relay = {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    wire,
    calm: true,
    close: async () => {
      const closed = once(server.close(), "close");
      server.closeAllConnections();
      await closed;
    },
  };
  return relay;
}

/** What is placed, if anything; noted before the exchange can have it. */
function placingOf({ placings }: Wire, { method, url, headers }: IncomingMessage, body: string) {
  const key = headers["idempotency-key"];
  if (method !== "POST" || url !== "/api/orders" || typeof key !== "string") return undefined;
  const placing = placings.get(key) ?? { order: JSON.parse(body) as NewOrder, attempts: 0, answers: [] };
  placing.attempts++;
  placings.set(key, placing);
  return placing;
}

function passedOn(headers: string[][]): { [name: string]: string } {
  return Object.fromEntries(headers.filter(([name = ""]) => !OF_THE_CONNECTION.includes(name)));
}
