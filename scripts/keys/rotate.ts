import type { Configuration } from "../local/configuration.ts";
import { newKeys } from "../local/keys.ts";
import { nextStep, type Step } from "./rotation.ts";
import {
  type Aws,
  deployedKeys,
  forgetNext,
  type Jwk,
  keepNext,
  parametersOf,
  publish,
  readStageKeys,
  type StageKeys,
  signWith,
} from "./stage-keys.ts";

export type RotateOptions = {
  readonly configuration: Configuration;
  /** Named in the commands that are to be given next. */
  readonly region: string;
  readonly aws: Aws;
  readonly nowMs: () => number;
  readonly say: (line: string) => void;
  /** Drops an old key without waiting: everybody whose tokens it signed logs in again. */
  readonly dropNow: boolean;
};

/** Takes every step that can be taken now, and says what has to happen before the next one. Gives the step that it ends at. */
export async function rotate(options: RotateOptions): Promise<Step["kind"]> {
  const { configuration, region, aws, nowMs, say, dropNow } = options;
  const names = parametersOf(configuration);
  let hasDropped = false;
  for (;;) {
    const keys = await readStageKeys(names, aws);
    if (keys === undefined) {
      throw new Error(
        `there are no keys in ${names.published} and ${names.signing}; npm run make-keys first`,
      );
    }
    const step = nextStep(keys, await deployedKeys(configuration, aws), nowMs());
    if (step.kind === "make" && hasDropped) return "drop";
    if (step.kind === "deploy" || (step.kind === "wait" && !dropNow)) {
      say(wordsOf(step, keys, { ...configuration, region }));
      return step.kind;
    }
    say(wordsOf(step.kind === "wait" ? { kind: "drop" } : step, keys, { ...configuration, region }));
    await take(step, keys, { names, aws });
    hasDropped ||= step.kind === "drop" || step.kind === "wait";
  }
}

type Place = { readonly names: ReturnType<typeof parametersOf>; readonly aws: Aws };

async function take(step: Step, keys: StageKeys, { names, aws }: Place): Promise<void> {
  const { published, signing, next } = keys;
  switch (step.kind) {
    case "make":
      await keepNext(JSON.parse(newKeys().privateKey) as Jwk, names, aws);
      return;
    case "publish":
      if (next !== undefined) await publish([...published, publicHalf(next)], names, aws);
      return;
    case "sign":
      if (next !== undefined) await signWith(next, names, aws);
      return;
    case "forget":
      await forgetNext(names, aws);
      return;
    case "drop":
    case "wait":
      await publish(
        published.filter(({ kid }) => kid === signing.kid),
        names,
        aws,
      );
      return;
    case "deploy":
      return;
  }
}

/** All members but the secret one. */
function publicHalf({ d: _secret, ...rest }: Jwk): Jwk {
  return { ...rest, kid: rest.kid as string };
}

function wordsOf(
  step: Step,
  { published, signing, next }: StageKeys,
  { stage, functions, region }: Configuration & { readonly region: string },
) {
  const old = published.map(({ kid }) => kid).filter((kid) => kid !== signing.kid);
  switch (step.kind) {
    case "make":
      return "Making a key that is to sign next. Nothing uses it yet.";
    case "publish":
      return `Publishing the new key ${next?.kid} beside ${signing.kid}, which goes on signing.`;
    case "deploy":
      return [
        `${step.functions.length} of ${Object.keys(functions).length} functions do not hold the published keys yet (${step.functions[0]}).`,
        `Next: npm run deploy -- --stage ${stage} --region ${region} --force, then this command again.`,
      ].join("\n");
    case "sign":
      return `Signing with ${next?.kid}: everything that verifies knows it. Functions take it over within ten minutes.`;
    case "forget":
      return `${signing.kid} signs now; removing the copy that it was kept in.`;
    case "wait":
      return [
        `${signing.kid} signs since ${new Date(signing.sinceMs).toISOString()}; tokens of ${old.join(", ")} may be good until ${new Date(step.untilMs).toISOString()}.`,
        "Next: this command again after that. If the old key may be stolen, --drop-now, and everybody logs in again who has not refreshed.",
      ].join("\n");
    case "drop":
      return `Dropping ${old.join(", ")}.`;
  }
}
