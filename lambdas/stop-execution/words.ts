import { TAKEN_OVER_BY } from '../shared/contract/stop';
import { executionArnOf } from '../shared/secret/versions';
import type { StopWhy } from './decide';

/** Why nothing was stopped, or what has become of the execution. */
export const say = (why: StopWhy): string => {
  switch (why.code) {
    case 'lock-lost':
      return (
        'The rotation that was to be stopped does not hold the lock any more. This execution stopped and changed nothing. ' +
        'Start again: it finds out where the rotation stands now.'
      );
    case 'over':
      return `The execution ${executionArnOf(why.owner)} is over.`;
    case 'stopped':
      return `The execution ${executionArnOf(why.owner)} was stopped.`;
  }
};

/** The same, and how long the next step waits. */
export const sayUntil = (why: StopWhy, until: Date): string =>
  `${say(why)} Its last function may be alive until ${until.toISOString()}; nothing is changed before.`;

/** What the stopped execution tells of its end. */
export const causeOfStop = (action: string, executionId: string): string =>
  `${TAKEN_OVER_BY}${executionId}, for the action "${action}".`;
