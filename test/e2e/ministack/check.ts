import { inspect, isDeepStrictEqual } from 'node:util';
import { Problem } from '../support/problem';

const show = (value: unknown): string =>
  typeof value === 'string' ? value : inspect(value, { depth: 6, breakLength: 100 });

/** @throws Problem with both values if they differ. */
export const expectEqual = (what: string, actual: unknown, expected: unknown): void => {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Problem(`${what}\nexpected: ${show(expected)}\nfound:    ${show(actual)}`);
};

/** @throws Problem with the text if a part is missing. */
export const expectParts = (what: string, text: string, parts: readonly string[]): void => {
  const missing = parts.filter((part) => !text.includes(part));
  if (missing.length === 0) return;
  throw new Problem(`${what}\nexpected in it: ${missing.join('\n                ')}\nfound: ${text}`);
};

/** The name of the error in which a call ended, or undefined if it succeeded. */
export const refusalOf = async (call: Promise<unknown>): Promise<string | undefined> => {
  try {
    await call;
    return undefined;
  } catch (error) {
    return (error as Error).name;
  }
};
