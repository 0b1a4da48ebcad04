import { defineConfig } from "vitest/config";
import { isRoom, ROOMS } from "./rooms.ts";

/**
 * The tests of the room that is being mutated, as `npm run mutation` runs them: once for each mutant. The room's name comes in the
 * environment, since Stryker's own choice of test files would leave out the mutants of what a module does while it is loaded.
 */
const room = process.env.MUTATION_ROOM ?? "";
if (!isRoom(room)) throw new Error(`MUTATION_ROOM is none of ${Object.keys(ROOMS).join(", ")}`);

export default defineConfig({
  test: {
    include: ROOMS[room].tests.map((folder) => `tests/unit/${folder}/**/*.test.ts`),
    setupFiles: ["tests/mutation/setup.ts"],
    testTimeout: 120_000,
    isolate: false,
  },
});
