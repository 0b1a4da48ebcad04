/**
 * Which part of the house may know which. Pure rooms (`money` and the domain) know neither AWS nor Middy, neither clock, chance nor
 * environment; the SDK is imported in `lib/adapters` only, Middy in `lib/edge` only. Types count like values.
 */

export type SourceFile = { readonly path: string; readonly text: string };

const DOMAIN = [
  "store",
  "ports",
  "contract",
  "market",
  "matching",
  "journal",
  "orders",
  "idempotency",
  "trading",
  "matcher",
  "market-data",
  "wallet",
  "auth",
  "admin",
  "audit",
  "reconciliation",
] as const;
const PURE: readonly string[] = ["money", ...DOMAIN];

const MAY_IMPORT: { readonly [room: string]: readonly string[] } = {
  money: ["money"],
  ...Object.fromEntries(DOMAIN.map((room) => [room, PURE])),
  adapters: ["adapters", ...PURE],
  edge: ["edge", ...PURE],
  functions: ["edge", "adapters", ...PURE],
};

/** Packages by who may import them; `undefined` rooms may import none. */
const PACKAGES: { readonly [room: string]: RegExp } = {
  money: /^$/,
  adapters: /^(@aws-sdk\/|@aws-lambda-powertools\/|jose$|ulid$|node:)/,
  edge: /^(@middy\/|aws-lambda$|zod$|node:crypto$)/,
  functions: /^aws-lambda$/,
  domain: /^(zod$|ulid$|node:crypto$|node:zlib$|node:buffer$)/,
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
    const target = resolve(path, imported);
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

function resolve(from: string, relative: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of relative.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
