/** The local SQS engine as a process of its own: `node main.ts [--port 9324] [--data-dir DIR] [--region us-east-1]`. */
import { parseArgs } from "node:util";
import { type SqsServer, startSqsServer } from "./server.ts";

const { SQS_PORT = "9324", SQS_DATA_DIR, AWS_REGION } = process.env;
const { values } = parseArgs({
  options: {
    port: { type: "string", default: SQS_PORT },
    "data-dir": { type: "string" },
    region: { type: "string" },
  },
});
const port = Number(values.port);
const dataDir = values["data-dir"] ?? SQS_DATA_DIR;
let server: SqsServer | undefined;

// A parent that died cannot ask for an end, and an orphan would keep the port.
for (const wish of ["SIGTERM", "SIGINT", "disconnect"])
  process.once(wish, async () => {
    await server?.close();
    process.exit(0);
  });

try {
  if (!(port >= 0 && port <= 65_535)) throw new Error(`--port must be a port, not ${values.port}`);
  server = await startSqsServer({ port, dataDir, region: values.region ?? AWS_REGION });
  console.log(
    `sqs: ready at ${server.endpoint}, ${dataDir === undefined ? "in memory" : `data in ${dataDir}`}`,
  );
} catch (cause) {
  const isTaken = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
  const words = `port ${port} is taken; stop what listens there, or choose another with --port`;
  console.error(`sqs: ${isTaken ? words : String(cause)}`);
  process.exit(1);
}
