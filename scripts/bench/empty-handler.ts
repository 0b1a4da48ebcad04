import middy from "@middy/core";

/** What every function is compared with: the least that a function of this house can be. */
export const handler = middy().handler(async () => ({ statusCode: 204 }));
