import type { Command } from "../command.ts";
import type { QueuedCommand } from "../plan.ts";
import { commandFromWire, commandToWire } from "./command.ts";

/** A command as its market's queue carries it; `correlationId` is that of the request that caused it. */
export function commandMessage(
  command: Command,
  correlationId: string,
): { readonly id: string; readonly body: string } {
  return { id: command.id, body: JSON.stringify({ command: commandToWire(command), correlationId }) };
}

/** A message as the queue delivers it. */
export type Message = {
  readonly messageId: string;
  readonly body: string;
  readonly sequence: string;
  readonly sentMs: number;
};

/** Reads a message. One that is not a command keeps its place in the queue and is journalled as unreadable: nothing is poison. */
export function readMessage({ messageId, body, sequence, sentMs }: Message): QueuedCommand {
  const unreadable = {
    id: messageId,
    correlationId: messageId,
    sequence,
    timeMs: sentMs,
    command: undefined,
  };
  try {
    const { command: wire, correlationId } = JSON.parse(body) as {
      readonly command?: unknown;
      readonly correlationId?: unknown;
    };
    const command = commandFromWire(wire);
    const correlation = typeof correlationId === "string" ? correlationId : messageId;
    return { id: command.id, correlationId: correlation, sequence, timeMs: sentMs, command };
  } catch {
    return unreadable;
  }
}
