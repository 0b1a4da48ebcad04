import { describeStore } from "../support/store-suite.ts";
import { MemoryStore } from "./memory-store.ts";

describeStore("the store in memory", async () => ({ store: new MemoryStore() }));
describeStore("the store in memory with pages of three", async () => ({
  store: new MemoryStore({ pageItems: 3 }),
}));
