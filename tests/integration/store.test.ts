import { createDynamoStore } from "../../lib/adapters/dynamodb-store.ts";
import { startTables } from "../../scripts/local/engines.ts";
import { describeStore } from "../support/store-suite.ts";

describeStore("DynamoDB's adapter on dynoxide", async () => {
  const { endpoint, tablePrefix, region, credentials, stop } = await startTables("test");
  process.env.AWS_REGION = region;
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
  return { store: createDynamoStore({ tablePrefix, endpoint }), stop };
});
