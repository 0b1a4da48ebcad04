import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";

const { corsFrom } = createRequire(import.meta.url)("../../../resources/cors.cjs");

describe("cors > which pages may call the API from a browser", () => {
  it("none, where nobody says otherwise", () => {
    expect(corsFrom(undefined)).toBe(false);
    expect(corsFrom("")).toBe(false);
  });

  it("those that are named, and no others", () => {
    expect(corsFrom("https://a.example,http://localhost:5173")).toMatchObject({
      allowedOrigins: ["https://a.example", "http://localhost:5173"],
      allowedHeaders: expect.arrayContaining(["authorization", "idempotency-key"]),
    });
  });

  it.each(["*", "https://*", "a.example", "https://a.example/path"])("%s is no origin", (text) => {
    expect(() => corsFrom(text)).toThrow("is no origin");
  });
});
