import { divideUp } from "./rounding.ts";

/** Rates are whole numbers of millionths: 1000 is 0.1 %. */
export const RATE_SCALE = 1_000_000n;
export const RATE_DECIMALS = 6;

/**
 * The fee on a received amount, in the received asset's smallest unit: rounded up, never more than what was received.
 */
export function feeOn(received: bigint, rateMillionths: bigint): bigint {
  const fee = divideUp(received * rateMillionths, RATE_SCALE);
  return fee < received ? fee : received;
}
