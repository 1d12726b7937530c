import type { Place } from './config';
import { type DeploymentSettings, MAX_STACK_NAME_LENGTH } from './deployment-settings';
import { partitionOf } from './partition';
import { regionOfKey } from './secret-settings';

/** Reports a setting of `deployment` with what would be allowed. */
type Complain = (
  field: 'alarmActions' | 'encryptionKeyArn' | 'namePrefix' | 'permissionsBoundaryArn',
  given: unknown,
  allowed: string,
) => void;

/** Where a stack is, and what else it is told. */
interface Surroundings {
  readonly place: Place;
  /** The topic that it publishes to, if that is not its own. */
  readonly topicArn?: string | undefined;
}

const judgeBoundary = (boundaryArn: string, { account, region }: Place, complain: Complain): void => {
  const [, partition, , , itsAccount] = boundaryArn.split(':');
  if (account !== undefined && itsAccount !== 'aws' && itsAccount !== account) {
    complain('permissionsBoundaryArn', boundaryArn, `a policy in the account ${account}, where the stack is`);
  } else if (region !== undefined && partition !== partitionOf(region)) {
    complain(
      'permissionsBoundaryArn',
      boundaryArn,
      `a policy of ${partitionOf(region)}, the partition of the stack`,
    );
  }
};

/** CloudWatch User Guide, "Using Amazon CloudWatch alarms": an alarm acts in its own Region. Some ARNs name none. */
const judgeAlarmAction = (action: string, { place, topicArn }: Surroundings, complain: Complain): void => {
  const [, partition, , itsRegion] = action.split(':');
  if (action === topicArn) {
    complain(
      'alarmActions',
      action,
      'ARNs other than notifications.topicArn, to which alarms publish already, and messages where there are some',
    );
  } else if (place.region === undefined) {
    return;
  } else if (partition !== partitionOf(place.region)) {
    complain('alarmActions', action, `ARNs of ${partitionOf(place.region)}, the partition of the stack`);
  } else if (itsRegion !== '' && itsRegion !== place.region) {
    complain(
      'alarmActions',
      action,
      `what is in the Region ${place.region}, where the stack and its alarms are`,
    );
  }
};

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
  { permissionsBoundaryArn, encryptionKeyArn, alarmActions }: DeploymentSettings,
  surroundings: Surroundings,
  complain: Complain,
): void => {
  if (permissionsBoundaryArn !== undefined)
    judgeBoundary(permissionsBoundaryArn, surroundings.place, complain);
  if (encryptionKeyArn !== undefined) judgeEncryptionKey(encryptionKeyArn, surroundings.place, complain);
  for (const action of alarmActions) judgeAlarmAction(action, surroundings, complain);
};

/**
 * The problem of a prefix with which the name of the stack would be too long.
 *
 * @param stackName - With the prefix.
 */
export const judgeStackName = (
  stackName: string,
  namePrefix: string | undefined,
  complain: Complain,
): void => {
  if (namePrefix === undefined || stackName.length <= MAX_STACK_NAME_LENGTH) return;
  complain(
    'namePrefix',
    namePrefix,
    `a prefix with which the name of the stack, now ${stackName} with ${stackName.length} characters, has at most ${MAX_STACK_NAME_LENGTH}, because its state machine and its group of schedules are called so`,
  );
};
