import type { RotatedUser } from './config';
import { ConfigError } from './config-error';
import { regionOfKey } from './secret-settings';
import { show } from './words';

/** What is wrong with a user's secret where the Region of it is known. */
export const judgeSecretRegion = (
  user: RotatedUser,
  secretRegion: string,
  complain: (field: 'kmsKeyArn' | 'replicaRegions', allowed: string) => void,
): void => {
  if (user.kmsKeyArn !== undefined && regionOfKey(user.kmsKeyArn) !== secretRegion) {
    complain('kmsKeyArn', `a KMS key in ${secretRegion}, where the secret is`);
  }
  if (user.replicaRegions.some((replica) => replica.region === secretRegion)) {
    complain('replicaRegions', `Regions other than ${secretRegion}, where the secret itself is`);
  }
};

/**
 * Judges what `parseConfig` cannot: it does not know into which Region the stack is deployed.
 *
 * @param users - as `parseConfig` returned them.
 * @param stackRegion - the stack's Region. Nothing is judged where it is known only on deployment.
 * @throws ConfigError that lists every KMS key of another Region, and every replica in the secret's own.
 */
export const requireRegion = (users: readonly RotatedUser[], stackRegion: string): void => {
  const problems: string[] = [];
  for (const [index, user] of users.entries()) {
    judgeSecretRegion(user, stackRegion, (field, allowed) => {
      problems.push(`users[${index}].${field}: ${show(user[field])} was given. Allowed: ${allowed}.`);
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
};
