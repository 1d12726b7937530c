/**
 * A statement does not hold for a judge. The message says what is true instead, without names and IDs of the
 * run.
 */
export class Deviation extends Error {
  override readonly name = 'Deviation';
}

/** Throws a {@link Deviation} unless the condition holds. `otherwise` says what is true instead. */
export const holds = (condition: boolean, otherwise: string): void => {
  if (!condition) throw new Deviation(otherwise);
};

/** Throws a {@link Deviation} unless both are equal. Neither may contain an ID of the run. */
export const same = (what: string, actual: unknown, expected: unknown): void => {
  const [is, shouldBe] = [show(canonical(actual)), show(canonical(expected))];
  if (is !== shouldBe) throw new Deviation(`${what}: ${is} instead of ${shouldBe}`);
};

/** Shows a value in a deviation. */
const show = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

/** Sorted keys, so that equal objects look equal. */
const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
};
