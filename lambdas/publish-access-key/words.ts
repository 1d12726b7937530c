import type { AccessKey } from '../shared/rotation/access-key';
import { mask } from '../shared/text/mask';
import { describeProblem, explainObstacle } from '../shared/words/document';
import { describeKeys } from '../shared/words/keys';
import { describeStranger } from '../shared/words/stranger';
import type { PublishFacts, PublishWhy } from './decide';

type Told = Pick<PublishFacts, 'userName' | 'newAccessKeyId' | 'keys'> & { readonly secretId: string };

const explain = (why: PublishWhy, { userName, secretId, newAccessKeyId }: Told): string => {
  const name = mask(newAccessKeyId);
  switch (why.code) {
    case 'unreadable-current':
      return `AWSCURRENT cannot be understood: ${describeProblem(why.problem)}.`;
    case 'strangers-key':
      return `${describeStranger(why.stranger, userName)} Put back what consumers of ${userName} should read.`;
    case 'current-replaced':
      return `AWSCURRENT holds ${mask(why.accessKeyId)}, which somebody put there during the rotation and which works.`;
    case 'condemned':
      return `The new key ${name} was condemned: its label is gone from the secret.`;
    case 'not-listed':
      return `IAM does not list the new key ${name}, which has just been tested.`;
    case 'not-active':
      return `The new key ${name} is ${why.status}: somebody changed it after its test.`;
    case 'obstacle': {
      const { what, next } = explainObstacle(why.obstacle, secretId);
      return `${what} ${next}`;
    }
    case 'taken-version':
      return (
        `Version ${why.versionId} of ${secretId}, which was to be AWSCURRENT with the new key in it, is there already and holds something ` +
        'else: somebody else has stored it. A version cannot be changed; what AWSCURRENT holds decides its ID, so any change in ' +
        'it, a blank for one, makes another ID.'
      );
  }
};

/** Why AWSCURRENT does not move to the new key. */
export const say = (why: PublishWhy, told: Told): string =>
  `${explain(why, told)} AWSCURRENT was not moved. ${describeKeys(told.keys)} Start a new execution: it goes on from what is there.`;

/** Consumers read the new key now. */
export const sayPublished = (newAccessKeyId: string, old: AccessKey | undefined): string =>
  `Consumers now read ${mask(newAccessKeyId)}.${
    old?.status === 'Active' ? ` ${mask(old.accessKeyId)} stays Active beside it.` : ''
  }`;
