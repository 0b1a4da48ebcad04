/**
 * Which part of the house may know which. Pure rooms (`money` and the domain) know neither AWS nor Middy, neither clock, chance nor
 * environment; the SDK is imported in `lib/adapters` only, Middy in `lib/edge` only. Types count like values.
 */
import { posix } from "node:path";

export type SourceFile = { readonly path: string; readonly text: string };

/**
 * The domain from the ground up, each room with those that it may import; every one stands above what it imports, so nothing runs back up.
 * `trading` is what runs in the API, `matcher` what runs in a market's single consumer: neither knows the other, and they meet in the queue
 * and the tables.
 */
export const DOMAIN = {
  money: [],
  store: [],
  contract: ["store"],
  market: ["contract", "money", "store"],
  ports: ["market", "store"],
  matching: ["market", "money"],
  journal: ["market", "matching", "ports", "store"],
  "desired-state": ["market", "matching", "ports", "store"],
  audit: ["contract", "ports", "store"],
  wallet: ["audit", "contract", "market", "money", "ports", "store"],
  orders: ["contract", "market", "matching", "money", "ports", "store"],
  idempotency: ["contract", "ports", "store"],
  auth: ["audit", "contract", "ports", "store"],
  trading: ["contract", "idempotency", "market", "matching", "money", "orders", "ports", "store", "wallet"],
  matcher: ["desired-state", "journal", "market", "matching", "orders", "ports", "store", "wallet"],
  "market-data": ["contract", "journal", "market", "matching", "money", "orders", "ports", "store"],
  reconciliation: [
    "contract",
    "journal",
    "market",
    "market-data",
    "matching",
    "money",
    "orders",
    "ports",
    "store",
    "wallet",
  ],
  admin: [
    "audit",
    "auth",
    "contract",
    "desired-state",
    "market",
    "market-data",
    "matching",
    "money",
    "orders",
    "ports",
    "reconciliation",
    "store",
    "wallet",
  ],
} as const satisfies { readonly [room: string]: readonly string[] };

const PURE: readonly string[] = Object.keys(DOMAIN);

const MAY_IMPORT: { readonly [room: string]: readonly string[] } = {
  ...Object.fromEntries(Object.entries(DOMAIN).map(([room, below]) => [room, [room, ...below]])),
  adapters: ["adapters", ...PURE],
  edge: ["edge", ...PURE],
  functions: ["edge", "adapters", ...PURE],
};

/** Packages by who may import them; `undefined` rooms may import none. */
const PACKAGES: { readonly [room: string]: RegExp } = {
  money: /^$/,
  adapters: /^(@aws-sdk\/|@aws-lambda-powertools\/|jose$|ulid$|hash-wasm|node:)/,
  edge: /^(@middy\/|aws-lambda$|zod\/mini$|node:crypto$)/,
  functions: /^aws-lambda$/,
  domain: /^(zod\/mini$|ulid$|node:crypto$|node:zlib$|node:buffer$)/,
};

const IMPURE: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /\bprocess\.|\bprocess\b(?=\[)/, what: "the environment" },
  { pattern: /\bDate\.now\(|\bnew Date\(\s*\)|\bperformance\.now\(/, what: "the clock" },
  { pattern: /\bMath\.random\(|\brandom(Bytes|UUID|Int)\b|\bgetRandomValues\b/, what: "chance" },
  { pattern: /\bset(Timeout|Interval|Immediate)\(|\bfetch\(/, what: "the outside" },
  { pattern: /\bimport\.meta\b|\brequire\(/, what: "the loader" },
];

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^;"']*?from\s*["']([^"']+)["']|(?:^|\n)\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;

/** Every broken arrow in words; none for a sound house. */
export function brokenArrows(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => {
    const room = roomOf(file.path);
    if (room === undefined) return [`${file.path} stands in no room that is known`];
    return [...brokenImports(file, room), ...impurities(file, room)];
  });
}

/** `lib/money/decimal.ts` is in `money`, `functions/auth/login.ts` in `functions`. */
export function roomOf(path: string): string | undefined {
  const [top, second] = path.split("/");
  const room = top === "lib" ? second : top;
  return room !== undefined && room in MAY_IMPORT ? room : undefined;
}

function brokenImports({ path, text }: SourceFile, room: string): readonly string[] {
  return [...text.matchAll(IMPORT)].flatMap((match) => {
    const imported = match[1] ?? match[2] ?? match[3] ?? "";
    if (!imported.startsWith(".")) {
      const allowed = PACKAGES[room] ?? (PURE.includes(room) ? PACKAGES.domain : undefined);
      return allowed?.test(imported) === true ? [] : [`${path} (${room}) must not import ${imported}`];
    }
    const target = posix.join(posix.dirname(path), imported);
    // The definitions of the markets are data.
    if (target === "resources/markets.json")
      return room === "adapters" ? [] : [`${path} (${room}) must not read ${target}`];
    const targetRoom = roomOf(target);
    const allowed = targetRoom !== undefined && MAY_IMPORT[room]?.includes(targetRoom) === true;
    return allowed ? [] : [`${path} (${room}) must not import ${target}`];
  });
}

function impurities({ path, text }: SourceFile, room: string): readonly string[] {
  if (!PURE.includes(room)) return [];
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
  return IMPURE.filter(({ pattern }) => pattern.test(code)).map(
    ({ what }) => `${path} (${room}) must not use ${what}`,
  );
}
