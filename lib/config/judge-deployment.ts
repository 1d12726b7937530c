import type { Place } from './config';
import type { DeploymentSettings } from './deployment-settings';
import { partitionOf } from './partition';
import { regionOfKey } from './secret-settings';

/** Reports a setting of `deployment` with what would be allowed. */
type Complain = (field: 'encryptionKeyArn', given: unknown, allowed: string) => void;

/** Where a stack is. */
interface Surroundings {
  readonly place: Place;
}

/** What the key encrypts is in the Region of the stack. The key may be in another account. */
const judgeEncryptionKey = (keyArn: string, { region }: Place, complain: Complain): void => {
  if (region === undefined) return;
  const partition = partitionOf(region);
  if (regionOfKey(keyArn) !== region || !keyArn.startsWith(`arn:${partition}:`)) {
    complain('encryptionKeyArn', keyArn, `a KMS key in ${region} (${partition}), where the stack is`);
  }
};

/** The problems of how a stack in this place is deployed. */
export const judgeDeployment = (
  { encryptionKeyArn }: DeploymentSettings,
  { place }: Surroundings,
  complain: Complain,
): void => {
  if (encryptionKeyArn !== undefined) judgeEncryptionKey(encryptionKeyArn, place, complain);
};
