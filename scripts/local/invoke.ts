import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { backOff } from "./pause.ts";
import { type Engine, LOCAL_CREDENTIALS } from "./provision.ts";

/**
 * Calls a function as an event source mapping does, and gives what it answered.
 * @throws FunctionFailed where the function threw or ran out of time; anything else means that it was not reached.
 */
export type Invoke = (functionName: string, event: object) => Promise<unknown>;

export class FunctionFailed extends Error {
  override readonly name = "FunctionFailed";
}

/** What both kinds of event sources need. */
export type SourcePorts = {
  readonly invoke: Invoke;
  readonly region: string;
  /** Aborted when the stack stops; what is in flight is finished first. */
  readonly stop: AbortSignal;
  readonly report: (event: string, cause: unknown) => void;
};

const ANSWER_AT_MOST_MS = 90_000;

export function createInvoke(engine: Engine): Invoke {
  const client = new LambdaClient({
    ...engine,
    credentials: LOCAL_CREDENTIALS,
    // A retry would be a second delivery that no event source knows of.
    maxAttempts: 1,
    requestHandler: { requestTimeout: ANSWER_AT_MOST_MS },
  });
  return async (functionName, event) => {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(event) }),
    );
    // A function that answers nothing has a null payload.
    const text = Payload ? Buffer.from(Payload).toString("utf8") : "";
    if (FunctionError !== undefined) throw new FunctionFailed(`${functionName}: ${text.slice(0, 2000)}`);
    return text === "" ? undefined : JSON.parse(text);
  };
}

type Delivery = { readonly functionName: string; readonly event: object; readonly forMs: number };

/** While the functions' process is being started again the batch waits, as it does on AWS while a function is throttled. */
export async function invokeWhenReached(
  { functionName, event, forMs }: Delivery,
  { invoke, stop, report }: SourcePorts,
): Promise<unknown> {
  const deadline = Date.now() + forMs;
  for (let failures = 0; ; ) {
    try {
      return await invoke(functionName, event);
    } catch (cause) {
      if (cause instanceof FunctionFailed || stop.aborted || Date.now() > deadline) throw cause;
      report("function_not_reached", cause);
      await backOff(++failures, stop);
    }
  }
}
