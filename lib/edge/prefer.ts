const MAX_WAIT_MS = 5000;
const WAIT = /(?:^|[,;])\s*wait\s*=\s*"?([0-9]{1,9}(?:\.[0-9]{1,9})?)"?\s*(?:$|[,;])/i;

/** The milliseconds of `Prefer: wait=N`; 0 where it is not given or not understood, since a preference is never an error. */
export function waitMsOf(prefer: string | undefined): number {
  const seconds = WAIT.exec(prefer ?? "")?.[1];
  return seconds === undefined ? 0 : Math.min(MAX_WAIT_MS, Math.round(Number(seconds) * 1000));
}
