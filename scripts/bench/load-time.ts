/** Loads one bundle, as the runtime does when an instance is new, and prints the milliseconds: `node load-time.ts BUNDLE`. */
import { pathToFileURL } from "node:url";

const [, , bundle = ""] = process.argv;
const startedAt = performance.now();
const { handler } = await import(pathToFileURL(bundle).href);
const ms = performance.now() - startedAt;
if (typeof handler !== "function") throw new Error(`${bundle} exports no handler`);
process.stdout.write(String(ms));
process.exit(0);
