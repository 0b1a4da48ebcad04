import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brokenArrows } from "./arrows.ts";

/** `npm run check:arrows`: fails where one part of the house knows another that it must not. */
const root = join(import.meta.dirname, "../..");
const paths = globSync(["lib/**/*.ts", "functions/**/*.ts"], { cwd: root }).sort();
const broken = brokenArrows(paths.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") })));
for (const line of broken) console.error(line);
if (paths.length === 0) console.error("no source files were found: the check checks nothing");
console.log(`arrows: ${paths.length} files, ${broken.length} broken`);
process.exitCode = broken.length === 0 && paths.length > 0 ? 0 : 1;
