import { RETRY_NOTE, RotationError } from './errors';
import { sleep } from './runtime';
import { LATE_READ_SECONDS } from './timing';

/**
 * Secrets Manager does not promise that a read shows what was written before it, nor that a later read shows no older
 * state. So the rule is: what was written and answered for is true, and a read that does not show it is late. It proves
 * nothing, and nothing is destroyed, condemned or given up for it. The answers of compare-and-set are no reads: they
 * are true.
 */
export class Late {
  /** @param what - what the read should have shown, for the message: "the lock of this execution". */
  constructor(readonly what: string) {}
}

/**
 * How long to wait before each further read. Together four seconds: what takes longer is left to the state machine's
 * retries, because a function's time is limited, and test-access-key needs most of it.
 */
const PAUSES_SECONDS = [0.1, 0.3, 0.6, 1, 2];

/**
 * Looks until what was written shows.
 *
 * @param look - reads, and says what it makes of it; it may write, too, where a compare-and-set says how things stand.
 * @throws RotationError `TransientServiceError` when the last look was late, too: the step is tried again.
 */
export const untilShown = async <T>(look: () => Promise<T | Late>): Promise<T> => {
  for (const pause of PAUSES_SECONDS) {
    const found = await look();
    if (!(found instanceof Late)) return found;
    await sleep(pause * 1000);
  }
  const found = await look();
  if (!(found instanceof Late)) return found;
  throw new RotationError(
    'TransientServiceError',
    `Secrets Manager does not show ${found.what}. Its reads may be late, so nothing follows from that, and nothing was ` +
      `given up. ${RETRY_NOTE}`,
    { keys: 'untold' },
  );
};

/**
 * Whether a read that does not show something may be late.
 *
 * @param writtenBy - when it had been written at the latest; undefined: not known.
 */
export const mayBeLate = (writtenBy: Date | undefined, now: Date): boolean =>
  writtenBy === undefined || now.getTime() - writtenBy.getTime() < LATE_READ_SECONDS * 1000;
