/** The middle one of several values; of an even number, the lower one of the middle two. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;

/**
 * How long some work takes, in milliseconds. Not Date: a simulation in this process may have changed the
 * time.
 */
export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};
