declare global {
  /** Set by jest.proof.config.mjs. */
  var playsWholeTables: boolean | undefined;
}

/** Its multiples fall evenly between whole numbers, and in step with no order that a table may have. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/**
 * A part of a table that takes long to play, spread over all of it: the same rows each time. `npm run test:proof` plays the whole
 * table. A file that uses it is called `*.sampled.test.ts`, so that both find it.
 *
 * @param part - One row of so many is played.
 */
export const sampled = <Row>(table: readonly Row[], part: number): readonly Row[] =>
  globalThis.playsWholeTables ? table : table.filter((_row, index) => (index * GOLDEN_RATIO) % 1 < 1 / part);
