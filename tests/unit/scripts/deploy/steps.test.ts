import { describe, expect, it } from "vitest";
import { stepsOf } from "../../../../scripts/deploy/steps.ts";

const target = { stage: "dev", region: "eu-west-1" };

describe("deploy > the steps of a deployment", () => {
  it("takes what is kept first, then what needs it, in the region that was named", () => {
    const steps = stepsOf({ ...target, missing: [] });
    expect(steps.map(({ stack }) => stack)).toEqual(["data", "exchange"]);
    for (const { args } of steps) expect(args.join(" ")).toContain("--stage dev --region eu-west-1");
    expect(steps[0]?.args).toContain("serverless.data.yml");
    expect(steps[1]?.args).toContain("serverless.yml");
  });

  it("creates new tables without protection, so that a creation that fails can be taken back, and protects them then", () => {
    const steps = stepsOf({ ...target, missing: ["cex-pilot-dev-users"] });
    expect(steps.map(({ stack, args }) => [stack, args.includes("protected=false")])).toEqual([
      ["data", true],
      ["data", false],
      ["exchange", false],
    ]);
    expect(steps[0]?.why).toContain("cex-pilot-dev-users");
  });
});
