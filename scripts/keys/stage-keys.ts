import { GetFunctionConfigurationCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import {
  DeleteParameterCommand,
  GetParametersCommand,
  ParameterAlreadyExists,
  PutParameterCommand,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import type { Configuration } from "../local/configuration.ts";

/** A JWK as far as its name matters here. */
export type Jwk = { readonly kid: string; readonly [member: string]: unknown };

/** The keys of a stage, as Parameter Store has them. */
export type StageKeys = {
  /** What verifies once the stage is deployed. */
  readonly published: readonly Jwk[];
  /** What signs, and since when. */
  readonly signing: { readonly kid: string; readonly sinceMs: number };
  /** What is to sign next, private half included; there while a rotation is under way. */
  readonly next: Jwk | undefined;
};

export type Aws = { readonly ssm: SSMClient; readonly lambda: LambdaClient };

/** Names of a stage's parameters. */
export function parametersOf({ service, stage }: Pick<Configuration, "service" | "stage">) {
  const name = (key: string): string => `/${service}/${stage}/${key}`;
  return {
    published: name("jwt-public-keys"),
    signing: name("jwt-private-key"),
    next: name("jwt-next-private-key"),
  };
}

type Names = ReturnType<typeof parametersOf>;

/** The keys as they are; undefined where the stage has none yet. */
export async function readStageKeys(names: Names, { ssm }: Aws): Promise<StageKeys | undefined> {
  const command = new GetParametersCommand({ Names: Object.values(names), WithDecryption: true });
  const { Parameters = [] } = await ssm.send(command);
  const [published, signing, next] = [names.published, names.signing, names.next].map((name) =>
    Parameters.find(({ Name }) => Name === name),
  );
  if (published?.Value === undefined || signing?.Value === undefined) return undefined;
  return {
    published: (JSON.parse(published.Value) as { keys: Jwk[] }).keys,
    signing: {
      kid: (JSON.parse(signing.Value) as Jwk).kid,
      sinceMs: signing.LastModifiedDate?.getTime() ?? Number.NaN,
    },
    next: next?.Value === undefined ? undefined : (JSON.parse(next.Value) as Jwk),
  };
}

export async function publish(keys: readonly Jwk[], names: Names, { ssm }: Aws): Promise<void> {
  const Value = JSON.stringify({ keys });
  await ssm.send(new PutParameterCommand({ Name: names.published, Type: "String", Value, Overwrite: true }));
}

/** Keeps a key that is to sign next; false where somebody else has just done so, whose key it then is. */
export async function keepNext(key: Jwk, names: Names, { ssm }: Aws): Promise<boolean> {
  const Value = JSON.stringify(key);
  try {
    await ssm.send(new PutParameterCommand({ Name: names.next, Type: "SecureString", Value }));
    return true;
  } catch (fault) {
    if (fault instanceof ParameterAlreadyExists) return false;
    throw fault;
  }
}

export async function signWith(key: Jwk, names: Names, { ssm }: Aws): Promise<void> {
  const Value = JSON.stringify(key);
  await ssm.send(
    new PutParameterCommand({ Name: names.signing, Type: "SecureString", Value, Overwrite: true }),
  );
}

export async function forgetNext(names: Names, { ssm }: Aws): Promise<void> {
  await ssm.send(new DeleteParameterCommand({ Name: names.next }));
}

/** Functions that verify tokens, with the names of the keys that each of them knows by now. */
export async function deployedKeys(
  { functions }: Configuration,
  { lambda }: Aws,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const verifying = Object.values(functions).filter(({ environment }) => "JWT_PUBLIC_KEYS" in environment);
  const known = new Map<string, readonly string[]>();
  for (const { name } of verifying) {
    const { Environment, LastUpdateStatus } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: name }),
    );
    const keys = Environment?.Variables?.JWT_PUBLIC_KEYS;
    // While a function is being updated, its instances may still be those of before.
    const isSettled = LastUpdateStatus === "Successful" && keys !== undefined;
    known.set(name, isSettled ? (JSON.parse(keys) as { keys: Jwk[] }).keys.map(({ kid }) => kid) : []);
  }
  return known;
}
