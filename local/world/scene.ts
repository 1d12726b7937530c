import type { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import { accessKeyDocument } from '../../lambdas/shared/secret/key-document';
import { parseConfig, type RotatedUser } from '../../lib/config';
import definition from '../../state-machine/access-key-rotation.asl.json';
import emergencyDefinition from '../../state-machine/emergency.asl.json';

/** What a user has when the story begins. */
export type KeyAtStart =
  /** One key, which is in the secret, as if an earlier rotation had published it. */
  | 'published'
  /** One key, and the secret still has the placeholder. */
  | 'not-in-secret'
  | 'none';

const DAY = 24 * 60 * 60 * 1000;

/** Age of a user when the story begins, and of the user's key. */
export const USER_AGE_DAYS = 400;
export const KEY_AGE_DAYS = 80;

/** The state machine definition with its placeholders. */
export const DEFINITION = JSON.stringify(definition);

/** The definition of the declaration of an emergency, in the same form. */
export const EMERGENCY_DEFINITION = JSON.stringify(emergencyDefinition);

/**
 * Judging a configuration takes milliseconds. A test run of a thousand worlds would pay for it a thousand
 * times.
 */
const judged = new Map<string, readonly RotatedUser[]>();

/**
 * The enrolled users of a configuration as cdk.json has it.
 *
 * @throws ConfigError that lists every problem.
 */
export const enrolledUsers = (
  users: readonly unknown[],
  defaults: unknown = {},
  around: object = {},
): readonly RotatedUser[] => {
  const configuration = { ...around, users, defaults };
  const text = JSON.stringify(configuration);
  const known = judged.get(text);
  if (known !== undefined) return known;
  const { TimeoutSeconds } = JSON.parse(DEFINITION) as { readonly TimeoutSeconds: number };
  const enrolled = parseConfig(configuration, { executionTimeoutSeconds: TimeoutSeconds }).users;
  judged.set(text, enrolled);
  return enrolled;
};

/**
 * Sets the scene for a user: the user in IAM, the key, and the health alarms, all OK. The secret must exist.
 */
export const setScene = (aws: EmbeddedAws, user: RotatedUser, key: KeyAtStart = 'published'): void => {
  const { userName, path, secretId, healthAlarms } = user;
  const now = aws.clock.now().getTime();
  aws.iam.addUser({ userName, path, createDate: new Date(now - USER_AGE_DAYS * DAY) });
  for (const alarm of healthAlarms) aws.cloudWatch.addAlarm(alarm, 'OK');
  if (key === 'none') return;
  const created = aws.iam.addAccessKey(userName, { createDate: new Date(now - KEY_AGE_DAYS * DAY) });
  if (key === 'published') {
    aws.secretsManager.putValue(secretId, accessKeyDocument(created, user));
  }
};
