import type { Verdicts } from '../../test/contract/suite';

/** What the answers to the statements come to. */
export interface StatementsResult {
  readonly hold: number;
  /** Deviations that nobody knew of, and known ones that are gone: one line each. */
  readonly unexpected: readonly string[];
  /** Deviations that are known: one line each. */
  readonly known: readonly string[];
}

/**
 * Judges the answers.
 *
 * @param known - Known deviations by the statements' keys. AWS has none.
 */
export const judgeStatements = (
  verdicts: Verdicts,
  known: Readonly<Record<string, string>> = {},
): StatementsResult => {
  const result = { hold: 0, unexpected: [] as string[], known: [] as string[] };
  for (const [key, verdict] of Object.entries(verdicts)) {
    const expected = known[key];
    if (verdict === 'holds') {
      result.hold += 1;
      if (expected !== undefined) {
        result.unexpected.push(`${key}: holds, and was known as a deviation: ${expected}`);
      }
      continue;
    }
    const found = typeof verdict === 'string' ? verdict : verdict.deviates;
    if (found === expected) result.known.push(`${key}: ${found}`);
    else result.unexpected.push(`${key}: ${found}`);
  }
  return result;
};
