import { afterEach, describe, expect, it, vi } from "vitest";
import { defaultProvider } from "../../lib/adapters/environment-credentials.ts";

describe("credentials of a deployed function", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("are those that Lambda puts into the environment, session token included", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "id");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
    vi.stubEnv("AWS_SESSION_TOKEN", "token");
    expect(await defaultProvider()()).toEqual({
      accessKeyId: "id",
      secretAccessKey: "secret",
      sessionToken: "token",
    });
  });

  it("need no session token", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "id");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
    vi.stubEnv("AWS_SESSION_TOKEN", undefined);
    expect(await defaultProvider()()).toEqual({ accessKeyId: "id", secretAccessKey: "secret" });
  });

  it("are missed by name where they are not there", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "id");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "");
    await expect(defaultProvider()()).rejects.toThrow("AWS_SECRET_ACCESS_KEY");
  });
});
