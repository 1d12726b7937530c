import { Annotations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Place, RotationConfig } from './config';
import { isHealthRegion } from './config/health-regions';

/** What there is to warn about. */
interface Warned extends Pick<RotationConfig, 'notifications' | 'users'> {
  /** Where the rotation is deployed, as far as that is known. */
  readonly place: Place;

  /** Whether other stacks forward AWS's events that a key is exposed to it. */
  readonly forwards: boolean;
}

/** Enough names to find the others. */
const MAX_NAMES = 5;

const listed = (names: readonly string[]): string =>
  names.length > MAX_NAMES
    ? `${names.slice(0, MAX_NAMES).join(', ')} and ${names.length - MAX_NAMES} more`
    : names.join(', ');

/** Warns about settings that are allowed, and that people miss when something fails. */
export const warnOfSettings = (
  scope: IConstruct,
  { notifications, users, place: { region }, forwards }: Warned,
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
  if (region === undefined && forwards) {
    annotations.addWarningV2(
      'iam-access-key-rotation:exposed-keys-not-forwarded',
      'The Region of the stack is not known, so nothing forwards AWS’s events that a key is exposed to it: synthesize with credentials, or name the Region of the stack in `stacks`.',
    );
  }
  const started = users.filter(({ onExposedKey }) => onExposedKey === 'emergency');
  const hearsItself = region !== undefined && isHealthRegion(region);
  if (started.length > 0 && !forwards && !hearsItself) {
    annotations.addWarningV2(
      'iam-access-key-rotation:exposed-keys-not-heard',
      `onExposedKey is "emergency" for ${listed(started.map(({ userName }) => userName))}, and nothing forwards AWS’s events that a key is exposed to the stack, so that no emergency starts by itself.`,
    );
  }
};
