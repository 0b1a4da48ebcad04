import { isIntrinsic, resourcesOfType, type Template } from "./template.ts";

/** How much of one of AWS's limits is used, by whatever uses most of it. */
export type Margin = {
  readonly limit: string;
  readonly used: number;
  readonly most: number;
  readonly by: string;
};

/** Quotas that cannot be raised, but for concurrency. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MOST = {
  resources: 500,
  dynamicReferences: 60,
  outputs: 200,
  parameters: 200,
  /** By S3, as Serverless sends it; without, 51,200. */
  templateBytes: 1_000_000,
  environmentBytes: 4_096,
  /** As this house sets it: AWS takes 50 MB, and a cold start pays for each. */
  zipBytes: 600 * 1_024,
  /** Of an account's 1,000; the rest is for whatever has no line of its own. */
  reserved: 500,
  routes: 300,
  rolePolicyBytes: 10_240,
} as const;

type Packaged = {
  readonly template: Template;
  /** Bytes of the template as it is sent. */
  readonly bytes: number;
  readonly zips: readonly { readonly name: string; readonly bytes: number }[];
};

type Named = { readonly name: string; readonly size: number };

export function marginsOf({ template, bytes, zips }: Packaged): readonly Margin[] {
  const { Resources, Outputs = {}, Parameters = {} } = template;
  const functions = resourcesOfType(template, "AWS::Lambda::Function");
  const count = (limit: string, used: number, most: number): Margin => ({
    limit,
    used,
    most,
    by: "the stack",
  });
  const largest = (limit: string, sizes: readonly Named[], most: number): Margin => {
    const [first] = sizes.toSorted((a, b) => b.size - a.size);
    return { limit, used: first?.size ?? 0, most, by: first?.name ?? "nothing" };
  };
  return [
    count("resources", Object.keys(Resources).length, MOST.resources),
    count(
      "dynamic references",
      JSON.stringify(template).match(/{{resolve:/g)?.length ?? 0,
      MOST.dynamicReferences,
    ),
    count("outputs", Object.keys(Outputs).length, MOST.outputs),
    count("parameters", Object.keys(Parameters).length, MOST.parameters),
    count("template, bytes", bytes, MOST.templateBytes),
    largest(
      "function environment, bytes",
      functions.map(([name, { Properties }]) => ({ name, size: environmentBytes(Properties?.Environment) })),
      MOST.environmentBytes,
    ),
    largest(
      "bundle, zipped bytes",
      zips.map(({ name, bytes }) => ({ name, size: bytes })),
      MOST.zipBytes,
    ),
    count(
      "reserved concurrency",
      functions.reduce(
        (sum, [, { Properties }]) => sum + Number(Properties?.ReservedConcurrentExecutions ?? 0),
        0,
      ),
      MOST.reserved,
    ),
    count("HTTP API routes", resourcesOfType(template, "AWS::ApiGatewayV2::Route").length, MOST.routes),
    largest(
      "role's policies, bytes",
      resourcesOfType(template, "AWS::IAM::Role").map(([name, { Properties }]) => ({
        name,
        size: expanded(Properties?.Policies).length,
      })),
      MOST.rolePolicyBytes,
    ),
  ];
}

/** A value that only AWS knows counts as much as the longest that is given so: the public keys of a rotation. */
const LONGEST_GIVEN = 400;

function environmentBytes(environment: unknown): number {
  const { Variables = {} } = (environment ?? {}) as {
    readonly Variables?: { readonly [name: string]: unknown };
  };
  return Object.entries(Variables).reduce(
    (sum, [name, value]) => sum + name.length + (isIntrinsic(value) ? LONGEST_GIVEN : String(value).length),
    0,
  );
}

const AS_LONG_AS: { readonly [pseudo: string]: string } = {
  "AWS::Partition": "aws-us-gov",
  "AWS::Region": "ap-southeast-2",
  "AWS::AccountId": "123456789012",
};

/** As the policies are stored: with what the references come to, and without white space. */
function expanded(policies: unknown): string {
  return JSON.stringify(policies, (_, value: unknown) => {
    if (!isIntrinsic(value)) return value;
    const joined = value["Fn::Join"];
    if (!Array.isArray(joined)) return "x".repeat(100);
    return (joined[1] as readonly unknown[])
      .map((part) => (isIntrinsic(part) ? (AS_LONG_AS[String(part.Ref)] ?? "x".repeat(50)) : part))
      .join(String(joined[0]));
  });
}

/** What is nearer to its limit than that share of it. */
export function tooNear(margins: readonly Margin[], share: number): readonly Margin[] {
  return margins.filter(({ used, most }) => 1 - used / most < share);
}
