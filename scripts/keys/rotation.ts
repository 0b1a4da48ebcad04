import { SIGNING_KEY_KEPT_MS } from "../../lib/adapters/signing-key.ts";
import { SESSION_SECONDS } from "../../lib/auth/session-item.ts";
import type { StageKeys } from "./stage-keys.ts";

/** The longest life of a token, and a day for instances that could not learn at once which key signs now. */
export const OVERLAP_MS = SESSION_SECONDS * 1000 + SIGNING_KEY_KEPT_MS + 24 * 60 * 60 * 1000;

/** What there is to do next; each can be done again, and does nothing where it was done. */
export type Step =
  /** A key that is to sign next is made and kept; nothing uses it yet. */
  | { readonly kind: "make" }
  /** Its public half is published, for the next deployment. */
  | { readonly kind: "publish" }
  /** Functions do not know all published keys, or still know others. */
  | { readonly kind: "deploy"; readonly functions: readonly string[] }
  /** All that verifies knows the new key, so it may sign. */
  | { readonly kind: "sign" }
  /** The new key signs already; its copy is of no more use. */
  | { readonly kind: "forget" }
  /** Tokens of the old key are still good. */
  | { readonly kind: "wait"; readonly untilMs: number }
  /** No token of an old key is good any more. */
  | { readonly kind: "drop" };

type Known = ReadonlyMap<string, readonly string[]>;

/**
 * A rotation has no state of its own: what is published, what signs, and what functions know tells how far it is. A key signs only after
 * everything that verifies knows it, and is dropped only after the last token that it signed.
 */
export function nextStep(keys: StageKeys, deployed: Known, nowMs: number): Step {
  const { signing, next } = keys;
  const published = keys.published.map(({ kid }) => kid);
  if (!published.includes(signing.kid))
    throw new Error(
      `the key that signs, ${signing.kid}, is not among the published ones; tokens are refused`,
    );
  if (next !== undefined) {
    if (next.kid === signing.kid) return { kind: "forget" };
    if (!published.includes(next.kid)) return { kind: "publish" };
    const behind = functionsWithout(published, deployed);
    return behind.length === 0 ? { kind: "sign" } : { kind: "deploy", functions: behind };
  }
  if (published.length > 1) {
    const untilMs = signing.sinceMs + OVERLAP_MS;
    return nowMs >= untilMs ? { kind: "drop" } : { kind: "wait", untilMs };
  }
  const behind = functionsBeside(published, deployed);
  return behind.length === 0 ? { kind: "make" } : { kind: "deploy", functions: behind };
}

function functionsWithout(published: readonly string[], deployed: Known): readonly string[] {
  return [...deployed]
    .filter(([, kids]) => published.some((kid) => !kids.includes(kid)))
    .map(([name]) => name);
}

function functionsBeside(published: readonly string[], deployed: Known): readonly string[] {
  const isBeside = (kids: readonly string[]) => kids.some((kid) => !published.includes(kid));
  return [...deployed].filter(([, kids]) => kids.length === 0 || isBeside(kids)).map(([name]) => name);
}
