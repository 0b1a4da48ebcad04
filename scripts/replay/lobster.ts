/** Reads the two kinds of files of LOBSTER (lobsterdata.com): the messages, and the order book after each of them. */

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

export function parseMessages(text: string): LobsterMessage[] {
  return rowsOf(text).map((row, index) => {
    const [time, type, orderId, size, price, direction] = row.split(",");
    const message = {
      index,
      time: time ?? "",
      type: wholeNumber(type, "messages", index),
      orderId: wholeNumber(orderId, "messages", index),
      size: wholeNumber(size, "messages", index),
      price: wholeNumber(price, "messages", index),
    };
    if (direction !== "1" && direction !== "-1") throw badRow("messages", index, `direction "${direction}"`);
    return { ...message, side: direction === "1" ? "buy" : "sell" };
  });
}

export function parseBooks(text: string): RecordedBook[] {
  return rowsOf(text).map((row, index) => {
    const cells = row.split(",").map((cell) => wholeNumber(cell, "order book", index));
    if (cells.length % 4 !== 0) throw badRow("order book", index, `${cells.length} columns`);
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

function rowsOf(text: string): string[] {
  return text.split(/\r?\n/).filter((row) => row.trim() !== "");
}

function wholeNumber(cell: string | undefined, file: string, index: number): number {
  const value = Number(cell);
  if (cell === undefined || cell.trim() === "" || !Number.isSafeInteger(value)) {
    throw badRow(file, index, `"${cell ?? ""}" where a whole number belongs`);
  }
  return value;
}

function badRow(file: string, index: number, what: string): Error {
  return new Error(`${file}, row ${index + 1}: ${what}: this is not a LOBSTER file`);
}
