import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SSMClient } from "@aws-sdk/client-ssm";

type Parameter = { Value: string; LastModifiedDate: number };

/**
 * Parameter Store and Lambda's configuration as far as keys need them, behind their HTTP protocols, for the real clients: npm has no engine
 * of Parameter Store. `deploy` gives functions what is published, as a deployment does.
 */
export async function startFakeAws(nowMs: () => number) {
  const parameters = new Map<string, Parameter>();
  const environments = new Map<string, string>();
  const calls: string[] = [];
  /** The call, counted from now, at which the caller's program ends: 1 is the next one that changes something. */
  let breaksAt = Number.POSITIVE_INFINITY;

  const parameterCall = (action: string, input: Record<string, unknown>): [number, object] => {
    if (action === "GetParameters") {
      const found = (input.Names as string[]).filter((name) => parameters.has(name));
      return [200, { Parameters: found.map((Name) => ({ Name, ...parameters.get(Name) })) }];
    }
    const name = String(input.Name);
    if (--breaksAt < 0) return [400, { __type: "AccessDeniedException", message: "the program ended here" }];
    if (action === "DeleteParameter") {
      parameters.delete(name);
      return [200, {}];
    }
    if (parameters.has(name) && input.Overwrite !== true)
      return [400, { __type: "ParameterAlreadyExists", message: name }];
    parameters.set(name, { Value: String(input.Value), LastModifiedDate: nowMs() / 1000 });
    calls.push(`${action} ${name.split("/").at(-1)}`);
    return [200, { Version: 1 }];
  };

  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const target = request.headers["x-amz-target"];
    const [status, answer] =
      typeof target === "string"
        ? parameterCall(target.split(".")[1] ?? "", JSON.parse(body))
        : functionCall(request.url ?? "");
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer));
  });

  const functionCall = (url: string): [number, object] => {
    const name = /functions\/([^/]+)\/configuration/.exec(url)?.[1] ?? "";
    const keys = environments.get(name);
    if (keys === undefined) return [404, { Type: "User", Message: `no function ${name}` }];
    return [200, { LastUpdateStatus: "Successful", Environment: { Variables: { JWT_PUBLIC_KEYS: keys } } }];
  };

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const options = { endpoint, credentials, region: "eu-central-1", maxAttempts: 1 };
  return {
    endpoint,
    calls,
    aws: { ssm: new SSMClient(options), lambda: new LambdaClient(options) },
    put: (name: string, Value: string) =>
      void parameters.set(name, { Value, LastModifiedDate: nowMs() / 1000 }),
    valueOf: (name: string) => parameters.get(name)?.Value,
    deploy: (functions: readonly string[], keys: string) => {
      for (const name of functions) environments.set(name, keys);
    },
    breakAfter: (changes: number) => {
      breaksAt = changes;
    },
    stop: () => void server.close(),
  };
}
