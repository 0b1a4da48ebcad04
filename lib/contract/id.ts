/** Ids are ULIDs: ten characters of time in Crockford's base 32, then sixteen of chance. They sort as text by time. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_LENGTH = 10;
const CHANCE_LENGTH = 16;

/** The first character stays below 8 because the time has 48 bits. */
export const ID_PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** The time part of an id, for comparing and bounding: ids of that millisecond begin with it. */
function timePart(timeMs: number): string {
  if (!Number.isInteger(timeMs) || timeMs < 0 || timeMs >= 2 ** 48)
    throw new RangeError(`not a time: ${timeMs}`);
  let text = "";
  let rest = timeMs;
  for (let i = 0; i < TIME_LENGTH; i++) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** No id of this millisecond sorts before it. */
export function firstIdAt(timeMs: number): string {
  return timePart(timeMs) + "0".repeat(CHANCE_LENGTH);
}

/** No id of this millisecond sorts after it. */
export function lastIdAt(timeMs: number): string {
  return timePart(timeMs) + "Z".repeat(CHANCE_LENGTH);
}

/** Milliseconds since 1970 at which an id was drawn. */
export function timeOfId(id: string): number {
  if (!ID_PATTERN.test(id)) throw new RangeError(`not an id: ${id}`);
  let timeMs = 0;
  for (const character of id.slice(0, TIME_LENGTH)) timeMs = timeMs * 32 + ALPHABET.indexOf(character);
  return timeMs;
}
