import { AUDIT_TRAIL_REGIONS } from './audit-trail';
import type { Place, RotatedUser } from './config';
import { ConfigError } from './config-error';
import type { DeploymentSettings } from './deployment-settings';
import { judgeDeployment } from './judge-deployment';
import { partitionOf } from './partition';
import { regionOfKey } from './secret-settings';
import { show } from './words';

const PARTITIONS = Object.keys(AUDIT_TRAIL_REGIONS);

/** Why a Region cannot have a rotation. Undefined if it can. */
export const noRotationIn = (region: string): string | undefined =>
  PARTITIONS.includes(partitionOf(region))
    ? undefined
    : `a Region of ${PARTITIONS.join(', ')}: in ${partitionOf(region)} it is not known which Region's CloudTrail has the events of IAM`;

/** Reports a field with what would be allowed. */
export type Complain = (
  field: 'existingSecret' | 'kmsKeyArn' | 'replicaRegions' | 'readers' | 'denyOthers' | 'validator',
  allowed: string,
) => void;

/** The problems of a user's secret whose Region is known. */
export const judgeSecretRegion = (user: RotatedUser, secretRegion: string, complain: Complain): void => {
  if (user.kmsKeyArn !== undefined && regionOfKey(user.kmsKeyArn) !== secretRegion) {
    complain('kmsKeyArn', `a KMS key in ${secretRegion}, where the secret is`);
  }
  if (user.replicaRegions.some((replica) => replica.region === secretRegion)) {
    complain('replicaRegions', `Regions other than ${secretRegion}, where the secret itself is`);
  }
};

/** Whether an ARN is in another account or Region than the stack. What is unknown counts as the same. */
const isElsewhere = (arn: string, { account, region }: Place): boolean => {
  const [, , , itsRegion, itsAccount] = arn.split(':');
  return (region !== undefined && region !== itsRegion) || (account !== undefined && account !== itsAccount);
};

const spokenPlace = ({ account, region }: Place): string =>
  [account === undefined ? [] : `the account ${account}`, region === undefined ? [] : `the Region ${region}`]
    .flat()
    .join(' and ');

/** The problems of a topic that is to be published to. An alarm acts in its own Region only, and its own account here. */
export const judgeTopic = (topicArn: string, place: Place, complain: (allowed: string) => void): void => {
  if (isElsewhere(topicArn, place)) complain(`a topic in ${spokenPlace(place)}, where the stack is`);
};

/** The problems of a user's settings for a stack in this place. */
export const judgePlace = (user: RotatedUser, place: Place, complain: Complain): void => {
  const { secretId, validator, kmsKeyArn, replicaRegions, readers, denyOthers } = user;
  const breakGlass = denyOthers === false ? [] : denyOthers.breakGlass;
  const here = spokenPlace(place);
  if (secretId.startsWith('arn:') && isElsewhere(secretId, place)) {
    complain('existingSecret', `a secret in ${here}, where the stack is`);
  }
  if (validator !== undefined && isElsewhere(validator, place)) {
    complain('validator', `a function in ${here}, where the stack is`);
  }
  // IAM has no Region.
  if (breakGlass.some((arn) => isElsewhere(arn, { account: place.account }))) {
    complain(
      'denyOthers',
      `roles and users of the account ${place.account}, where the stack is: the policy denies them nothing, and gives them nothing`,
    );
  }
  if (place.region === undefined) return;
  const partition = partitionOf(place.region);
  const foreign = (arns: readonly string[]): boolean =>
    arns.some((arn) => !arn.startsWith(`arn:${partition}:`));
  if (foreign(breakGlass)) complain('denyOthers', `ARNs of ${partition}, the partition of the stack`);
  if (foreign(readers)) complain('readers', `ARNs of ${partition}, the partition of the stack`);
  if (replicaRegions.some(({ region }) => partitionOf(region) !== partition)) {
    complain('replicaRegions', `Regions of ${partition}, the partition of the stack`);
  }
  if (kmsKeyArn !== undefined && foreign([kmsKeyArn])) {
    complain('kmsKeyArn', `a KMS key of ${partition}, the partition of the stack`);
  } else if (!secretId.startsWith('arn:')) {
    judgeSecretRegion(user, place.region, complain);
  }
};

/**
 * Judges what a stack is told whose place is known.
 *
 * @param users - as `parseConfig` returned them.
 * @param place - Parts that are known only on deployment are not judged.
 * @param topicArn - The topic to publish to, if it is not the stack's own.
 * @param deployment - How the stack is deployed.
 * @throws ConfigError that lists what is in another account, Region or partition than it has to be.
 */
export const requirePlace = (
  users: readonly RotatedUser[],
  place: Place,
  topicArn: string | undefined,
  deployment: DeploymentSettings,
): void => {
  const problems: string[] = [];
  const unknown = place.region === undefined ? undefined : noRotationIn(place.region);
  if (unknown !== undefined) {
    problems.push(`region: ${show(place.region)} was given. Allowed: ${unknown}.`);
  }
  if (topicArn !== undefined) {
    judgeTopic(topicArn, place, (allowed) => {
      problems.push(`notifications.topicArn: ${show(topicArn)} was given. Allowed: ${allowed}.`);
    });
  }
  judgeDeployment(deployment, { place, topicArn }, (field, given, allowed) => {
    problems.push(`deployment.${field}: ${show(given)} was given. Allowed: ${allowed}.`);
  });
  for (const [index, user] of users.entries()) {
    judgePlace(user, place, (field, allowed) => {
      const given = field === 'existingSecret' ? user.secretId : user[field];
      problems.push(`users[${index}].${field}: ${show(given)} was given. Allowed: ${allowed}.`);
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
};
