import { TAKEN_OVER_BY } from '../shared/contract/stop';
import { executionArnOf } from '../shared/secret/versions';
import type { Said } from '../shared/text/said';
import type { StopWhy } from './decide';

/** The execution is over. */
type Ended = Extract<StopWhy, { readonly owner: string }>;

/** What has become of the execution. */
const sayEnd = (why: Ended): string =>
  `The execution ${executionArnOf(why.owner)} ${why.code === 'over' ? 'is over' : 'was stopped'}.`;

/** Why nothing was stopped, or what has become of the execution. */
export const say = (why: StopWhy): string | Said =>
  why.code === 'lock-lost'
    ? {
        what: [
          'The rotation that was to be stopped does not hold the lock any more.',
          'This execution stopped nothing and changed nothing.',
        ],
        next: ['Start it again with the same input: it finds out where the rotation stands now.'],
      }
    : sayEnd(why);

/** The same, and how long the next step waits. */
export const sayUntil = (why: Ended, until: Date, now: Date): string =>
  until <= now
    ? `${sayEnd(why)} Nothing of it can be at work any more.`
    : `${sayEnd(why)} Its last function may be at work until ${until.toISOString()}; nothing is changed before.`;

/** What the stopped execution tells of its end. */
export const causeOfStop = (action: string, executionId: string): string =>
  `${TAKEN_OVER_BY}${executionId}, for the action "${action}".`;
