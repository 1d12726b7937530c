import type { Outcome } from '../play/simulate';
import type { Schedule } from '../schedule/schedule';

/** The fast wire has changed something. Its results are worthless until the reason is known. */
export class WiresDiffer extends Error {
  override readonly name = 'WiresDiffer';
}

const replay = (wire: string, schedule: Schedule): string =>
  `  npm run simulate -- --wire ${wire} --replay '${JSON.stringify(schedule)}'`;

/** Where two plays of a schedule part, for a person; undefined if they are the same. */
const difference = (fast: Outcome, full: Outcome): string | undefined => {
  const length = Math.max(fast.history.length, full.history.length);
  for (let line = 0; line < length; line += 1) {
    const [onFast = 'nothing any more', onFull = 'nothing any more'] = [
      fast.history[line],
      full.history[line],
    ];
    if (onFast !== onFull) {
      return `line ${line + 1} of the history:\n  fast: ${onFast}\n  full: ${onFull}`;
    }
  }
  const [whatFast, whatFull] = [fast, full].map(({ history: _history, digest: _digest, ...rest }) =>
    JSON.stringify(rest),
  );
  if (whatFast !== whatFull) return `what came of it:\n  fast: ${whatFast}\n  full: ${whatFull}`;
  return fast.digest === full.digest
    ? undefined
    : 'the digest: an ID, or what a state, a function or a message said';
};

/**
 * Compares the results of one schedule over the two wires, byte for byte.
 *
 * @throws WiresDiffer that says where they part, and how to see it again.
 */
export const compareWires = (fast: Outcome, full: Outcome): void => {
  const where = difference(fast, full);
  if (where === undefined) return;
  const { schedule } = fast;
  throw new WiresDiffer(
    [
      `The fast wire and the full wire play a schedule differently: ${where}`,
      'Nothing that this run has found counts. To see both:',
      replay('fast', schedule),
      replay('full', schedule),
    ].join('\n'),
  );
};
