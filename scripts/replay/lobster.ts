/** Reads the two kinds of files of LOBSTER (lobsterdata.com): the messages, and the order book after each of them. */

import * as z from "zod";

export type RestingSide = "buy" | "sell";

export const MESSAGE_TYPE = { new: 1, partialCancel: 2, deletion: 3, execution: 4 } as const;

export type LobsterMessage = {
  /** Counted from 0. */
  readonly index: number;
  /** Seconds after midnight, as written. */
  readonly time: string;
  /** 1 new, 2 partial cancel, 3 deletion, 4 execution, 5 hidden execution, 6 auction, 7 halt. */
  readonly type: number;
  readonly orderId: number;
  readonly size: number;
  /** Dollars x 10000. */
  readonly price: number;
  /** The side of the order that the message names, not of the aggressor. */
  readonly side: RestingSide;
};

export type RecordedLevel = { readonly price: number; readonly size: number };

/** The best levels of both sides, best first: the bids under "buy", the asks under "sell". */
export type RecordedBook = {
  readonly buy: readonly RecordedLevel[];
  readonly sell: readonly RecordedLevel[];
};

/** LOBSTER fills what has no level with this price, negative among the bids. */
const EMPTY_PRICE = 9_999_999_999;

const whole = z.string().trim().min(1).transform(Number).pipe(z.int());
const message = z.tuple([z.string(), whole, whole, whole, whole, z.literal(["1", "-1"])], z.string());
const levels = z.array(whole).refine((cells) => cells.length % 4 === 0);

export function parseMessages(text: string): LobsterMessage[] {
  return rowsOf("messages", text, message).map(([time, type, orderId, size, price, direction], index) => {
    const side = direction === "1" ? "buy" : "sell";
    return { index, time, type, orderId, size, price, side };
  });
}

export function parseBooks(text: string): RecordedBook[] {
  return rowsOf("order book", text, levels).map((cells) => {
    const buy: RecordedLevel[] = [];
    const sell: RecordedLevel[] = [];
    for (let at = 0; at < cells.length; at += 4) {
      const [askPrice = 0, askSize = 0, bidPrice = 0, bidSize = 0] = cells.slice(at, at + 4);
      if (Math.abs(askPrice) !== EMPTY_PRICE) sell.push({ price: askPrice, size: askSize });
      if (Math.abs(bidPrice) !== EMPTY_PRICE) buy.push({ price: bidPrice, size: bidSize });
    }
    return { buy, sell };
  });
}

function rowsOf<S extends z.ZodType>(file: string, text: string, schema: S): z.output<S>[] {
  const rows = text.split(/\r?\n/).filter((row) => row.trim() !== "");
  return rows.map((row, index) => {
    const parsed = schema.safeParse(row.split(","));
    if (parsed.success) return parsed.data;
    throw new Error(`${file}, row ${index + 1}, "${row}": this is not a LOBSTER file`);
  });
}
