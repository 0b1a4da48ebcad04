/** The local SQS engine as a process of its own: `node main.ts [--port 9324] [--data-dir DIR] [--region us-east-1]`. */
import { parseArgs } from "node:util";
import { type SqsServer, startSqsServer } from "./server.ts";

const { values } = parseArgs({
  options: { port: { type: "string" }, "data-dir": { type: "string" }, region: { type: "string" } },
});
const port = Number(values.port ?? process.env.SQS_PORT ?? 9324);
const dataDir = values["data-dir"] ?? process.env.SQS_DATA_DIR;
const region = values.region ?? process.env.AWS_REGION;

if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`--port must be a port, not ${values.port}`);

let server: SqsServer | undefined;
const stop = (): void => void (server?.close() ?? Promise.resolve()).then(() => process.exit(0));
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
// A parent that died cannot ask for an end, and an orphan would keep the port.
process.once("disconnect", stop);

try {
  server = await startSqsServer({
    port,
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(region === undefined ? {} : { region }),
  });
  console.log(
    `sqs: ready at ${server.endpoint}, ${dataDir === undefined ? "in memory" : `data in ${dataDir}`}`,
  );
} catch (cause) {
  const taken = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
  fail(
    taken ? `port ${port} is taken; stop what listens there, or choose another with --port` : String(cause),
  );
}

function fail(message: string): never {
  console.error(`sqs: ${message}`);
  process.exit(1);
}
