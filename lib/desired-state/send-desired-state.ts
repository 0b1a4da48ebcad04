import type { Command } from "../matching/command.ts";
import { commandMessage } from "../matching/wire/message.ts";
import { QueueUnavailable } from "../ports/command-queue.ts";
import type { ExchangePorts, SendPort } from "../ports/ports.ts";
import type { DesiredState } from "./desired-state.ts";

export type SendPorts = Pick<ExchangePorts, "log"> & SendPort;

/**
 * Sends a wish to its market. That it could not be sent is no failure of the caller's: the wish is written down, and sent again.
 * Attempts differ in their id, so that the queue does not take a repetition for a duplicate.
 *
 * @returns whether it is known to have been sent.
 */
export async function sendDesiredState(
  desired: DesiredState,
  attempt: number,
  { queue, log }: SendPorts,
): Promise<boolean> {
  const { market, kind, number, correlationId } = desired;
  try {
    await queue.send(market, commandMessage(commandOf(desired, attempt), correlationId));
    return true;
  } catch (fault) {
    if (!(fault instanceof QueueUnavailable)) throw fault;
    log.error("desired_state_not_sent", fault, { market, kind, number, attempt });
    return false;
  }
}

function commandOf(desired: DesiredState, attempt: number): Command {
  const { market, number } = desired;
  switch (desired.kind) {
    case "account_status": {
      const { userId, status } = desired;
      const id = `account-${market}-${userId}-${number}-${attempt}`;
      return { kind: "set_account_status", id, userId, status, number };
    }
    case "market_status": {
      const { status, actor } = desired;
      return { kind: "set_status", id: `market-${market}-${number}-${attempt}`, status, number, actor };
    }
  }
}
