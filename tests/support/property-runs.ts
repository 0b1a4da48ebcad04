/**
 * How many examples a property is tried on. Under mutation, where each test runs hundreds of times, a tenth: what breaks a property
 * of the core at all breaks it within a few.
 */
export function runs(usual: number): number {
  return process.env.MUTATION_ROOM === undefined ? usual : Math.ceil(usual / 10);
}
