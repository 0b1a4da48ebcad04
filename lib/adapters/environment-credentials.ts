/** As the SDK takes them. */
type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

/**
 * Stands in for the SDK's chain of credential providers in what is deployed (`alias` in serverless.yml): Lambda puts a role's credentials
 * into the environment when it makes an instance, which ends before they do, so the chain's other links are a hundred kilobytes that every
 * cold start would load for nothing.
 */
export function defaultProvider(): () => Promise<Credentials> {
  return async () => credentialsFrom(process.env);
}

function credentialsFrom(env: NodeJS.ProcessEnv): Credentials {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  if (!accessKeyId || !secretAccessKey)
    throw new Error("the environment lacks AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY, which Lambda sets");
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
