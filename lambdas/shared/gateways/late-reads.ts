import { RotationError } from '../contract/errors';
import { LATE_READ_SECONDS } from '../contract/timing';
import { sleep } from './runtime';
import type { Unseen } from './unseen';
import { notShown } from './words';

/**
 * Neither Secrets Manager nor IAM promises that a read shows what was written before it, nor that a later read shows no
 * older state. So the rule is: what was written and answered for is true, and a read that does not show it is late. It proves
 * nothing, and nothing is destroyed, condemned or given up for it. The answers of compare-and-set are no reads: they
 * are true.
 */
export class Late {
  /**
   * @param unseen - what the read should have shown.
   * @param service - whose read it was.
   */
  constructor(
    readonly unseen: Unseen,
    readonly service: 'Secrets Manager' | 'IAM' | 'Step Functions' = 'Secrets Manager',
  ) {}
}

/**
 * How long to wait before each further read. Together four seconds: what takes longer is left to the state machine's
 * retries, because a function's time is limited, and test-access-key needs most of it.
 */
const PAUSES_SECONDS = [0.1, 0.3, 0.6, 1, 2];

/** @throws RotationError `TransientServiceError`, which the state machine retries. */
export const tryAgainLater = ({ unseen, service }: Late): never => {
  throw new RotationError('TransientServiceError', notShown(service, unseen), { keys: 'untold' });
};

/**
 * Looks until what was written shows.
 *
 * @param look - reads, and says what it makes of it; it may write, too, where a compare-and-set says how things stand.
 * @param otherwise - what to make of it when the last look was late, too. Default: throws `TransientServiceError`, so that the
 * step is tried again.
 */
export const untilShown = async <T>(
  look: () => Promise<T | Late>,
  otherwise: (late: Late) => T = tryAgainLater,
): Promise<T> => {
  for (const pause of PAUSES_SECONDS) {
    const found = await look();
    if (!(found instanceof Late)) return found;
    await sleep(pause * 1000);
  }
  const found = await look();
  return found instanceof Late ? otherwise(found) : found;
};

/**
 * Whether a read that does not show something may be late.
 *
 * @param writtenBy - when it had been written at the latest; undefined: not known.
 */
export const mayBeLate = (writtenBy: Date | undefined, now: Date): boolean =>
  writtenBy === undefined || now.getTime() - writtenBy.getTime() < LATE_READ_SECONDS * 1000;
