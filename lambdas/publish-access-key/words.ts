import type { AccessKey } from '../shared/rotation/access-key';
import { startRotation } from '../shared/text/commands';
import { type Advice, listOf, type Said } from '../shared/text/said';
import { describeProblem, explainObstacle } from '../shared/words/document';
import { keysAndCurrent } from '../shared/words/retirement';
import { describeStranger } from '../shared/words/stranger';
import type { PublishFacts, PublishWhy } from './decide';

type Told = Pick<PublishFacts, 'userName' | 'newAccessKeyId' | 'keys' | 'current'> & {
  readonly secretId: string;
};

interface Explanation {
  readonly what: string | readonly string[];
  /** What to do before a new execution is started. Default: nothing. */
  readonly first?: Advice;
}

const explain = (why: PublishWhy, { userName, secretId, newAccessKeyId }: Told): Explanation => {
  switch (why.code) {
    case 'unreadable-current':
      return {
        what: `AWSCURRENT cannot be understood: ${describeProblem(why.problem)}.`,
        first: ['Correct AWSCURRENT.'],
      };
    case 'strangers-key':
      return {
        what: describeStranger(why.stranger, userName),
        first: [`Put back what programs of ${userName} should read.`],
      };
    case 'current-replaced':
      return {
        what: `AWSCURRENT holds ${why.accessKeyId}, which somebody put there during the rotation and which works.`,
      };
    case 'condemned':
      return { what: `The new key ${newAccessKeyId} was given up: its label is gone from the secret.` };
    case 'not-listed':
      return { what: `IAM does not list the new key ${newAccessKeyId}, which has just been tested.` };
    case 'not-active':
      return {
        what: `The new key ${newAccessKeyId} is ${why.status}: somebody changed it after its test.`,
      };
    case 'obstacle': {
      const { what, next } = explainObstacle(why.obstacle, secretId);
      return { what, first: next };
    }
    case 'taken-version':
      return {
        what: [
          `Version ${why.versionId} of ${secretId}, which was to be AWSCURRENT with the new key in it, is there already and holds something ` +
            'else: somebody else has stored it.',
          'A version cannot be changed. What AWSCURRENT holds decides the ID of the next version.',
        ],
        first: ['Change anything in AWSCURRENT, a blank for example: then the next version gets another ID.'],
      };
  }
};

/** Why AWSCURRENT does not move to the new key. */
export const say = (why: PublishWhy, told: Told): Said => {
  const { what, first = [] } = explain(why, told);
  return {
    what: [...listOf(what), 'AWSCURRENT was not moved.'],
    ...keysAndCurrent(told),
    next: [
      ...first,
      'Start a new execution, which goes on from what is there:',
      startRotation(told.userName),
    ],
  };
};

/** Consumers read the new key now. */
export const sayPublished = (newAccessKeyId: string, old: AccessKey | undefined): string =>
  `The secret now holds ${newAccessKeyId}.${old?.status === 'Active' ? ` ${old.accessKeyId} stays Active beside it.` : ''}`;
