import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { type Engine, LOCAL_CREDENTIALS } from "./provision.ts";

/**
 * Calls a function as an event source mapping does, and gives what it answered.
 * @throws FunctionFailed where the function threw or ran out of time; anything else means that it was not reached.
 */
export type Invoke = (functionName: string, event: object) => Promise<unknown>;

export class FunctionFailed extends Error {
  override readonly name = "FunctionFailed";
}

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
