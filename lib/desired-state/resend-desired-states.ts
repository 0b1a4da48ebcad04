import { gateKey } from "../market/gate.ts";
import type { ExchangePorts, SendPort } from "../ports/ports.ts";
import type { Item } from "../store/store.ts";
import { desiredFrom, desiredPartition, forgetWrite, isApplied } from "./desired-state.ts";
import { sendDesiredState } from "./send-desired-state.ts";

export type ResendPorts = Pick<ExchangePorts, "catalogue" | "store" | "clock" | "log" | "metrics"> & SendPort;

/** A younger wish is on its way, sent by whoever wrote it. */
export const RESEND_AFTER_MS = 10_000;

/**
 * Sends again what is desired and not applied, and removes the items of accounts whose wish is applied. Repeatable, and harmless
 * beside anything else.
 */
export async function resendDesiredStates(
  ports: ResendPorts,
): Promise<{ readonly resent: number; readonly forgotten: number }> {
  let resent = 0;
  let forgotten = 0;
  for (const market of ports.catalogue.markets.keys()) {
    for await (const item of desiredItems(market, ports)) {
      const desired = desiredFrom(market, item);
      if (desired === undefined) continue;
      if (!isApplied(item)) {
        const ageMs = ports.clock.nowMs() - desired.desiredAtMs;
        if (ageMs < RESEND_AFTER_MS) continue;
        // A queue that cannot be reached must not cost the other markets their turn.
        if (!(await sendDesiredState(desired, attemptAt(ageMs), ports))) break;
        resent++;
      } else if (desired.kind === "account_status") {
        await ports.store.write(forgetWrite(desired));
        forgotten++;
      }
    }
  }
  if (resent > 0) ports.log.warn("desired_states_resent", { resent });
  ports.metrics.add("DesiredStatesResent", "Count", resent);
  return { resent, forgotten };
}

async function* desiredItems(market: string, { store }: ResendPorts): AsyncGenerator<Item> {
  const gate = await store.get({ table: "market-data", key: gateKey(market) });
  if (gate !== undefined) yield gate;
  let after: Item | undefined;
  do {
    const page = await store.query({
      table: "market-data",
      pk: desiredPartition(market),
      consistent: true,
      ...(after === undefined ? {} : { after }),
    });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}

/**
 * The attempt of a wish of this age. It rises with each doubling of the age, so that a market that cannot be reached for hours finds some
 * copies in its queue and not one per minute: copies of one attempt are one message to the queue, within its five minutes.
 */
function attemptAt(ageMs: number): number {
  return 1 + Math.floor(Math.log2(ageMs / RESEND_AFTER_MS));
}
