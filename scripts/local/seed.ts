import type { Configuration } from "./configuration.ts";
import type { Settings } from "./settings.ts";

/** What a new exchange needs before anybody can use it: its first admin. */
export async function seed(_configuration: Configuration, _settings: Settings): Promise<void> {}
