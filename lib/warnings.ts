import { Annotations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { RotationConfig } from './config';

/** Enough names to find the others. */
const MAX_NAMES = 5;

const listed = (names: readonly string[]): string =>
  names.length > MAX_NAMES
    ? `${names.slice(0, MAX_NAMES).join(', ')} and ${names.length - MAX_NAMES} more`
    : names.join(', ');

/** Warns about settings that are allowed, and that people miss when something fails. */
export const warnOfSettings = (
  scope: IConstruct,
  { notifications, users }: Pick<RotationConfig, 'notifications' | 'users'>,
): void => {
  const annotations = Annotations.of(scope);
  if (notifications.emails.length === 0 && notifications.topicArn === undefined) {
    annotations.addWarningV2(
      'iam-access-key-rotation:nobody-is-told',
      'notifications names no address and no topic: failed rotations are not reported until the topic of the stack has a subscriber.',
    );
  }
  const unwatched = users.filter(
    ({ healthAlarms, validator }) => healthAlarms.length === 0 && validator === undefined,
  );
  if (unwatched.length > 0) {
    annotations.addWarningV2(
      'iam-access-key-rotation:nobody-watches',
      `Neither healthAlarms nor a validator is set for ${listed(unwatched.map(({ userName }) => userName))}: their rotations cannot notice that consumers fail without the old key, and never bring it back by themselves.`,
    );
  }
};
