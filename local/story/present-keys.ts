import type { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import type { AccessKeyView } from '../../embedded-aws/services/iam';
import type { RotatedUser } from '../../lib/config';
import type { ReportedUser } from './credential-report';

/** A key that was used within so many days belongs to a program that goes on using it. */
const IN_USE_DAYS = 7;

const DAY = 24 * 60 * 60 * 1000;

/** A key that is in no secret yet. */
export interface PresentKey extends AccessKeyView {
  /** What a file with it is called, and its profile: the user, or for a second key the user and `~2`, which ends no name of IAM's. */
  readonly name: string;
  /** Whether a program works with it. */
  readonly isInUse: boolean;
}

/** Sets the scene for a user: the user in IAM and the keys, as a credential report has them, and the health alarms, all OK. */
export const setReportedScene = (
  aws: EmbeddedAws,
  { userName, healthAlarms }: Pick<RotatedUser, 'userName' | 'healthAlarms'>,
  reported: ReadonlyMap<string, ReportedUser>,
): readonly PresentKey[] => {
  const user = reported.get(userName);
  if (user === undefined) throw new Error(`Nothing is reported of ${userName}.`);
  aws.iam.addUser(user);
  for (const alarm of healthAlarms) aws.cloudWatch.addAlarm(alarm, 'OK');
  const now = aws.clock.now().getTime();
  return user.keys.map(({ status, createDate, lastUsed }, index) => {
    const key = aws.iam.addAccessKey(userName, { status, createDate });
    if (lastUsed !== undefined) aws.iam.recordUse(key.accessKeyId, lastUsed);
    return {
      ...key,
      name: index === 0 ? userName : `${userName}~${index + 1}`,
      isInUse:
        status === 'Active' && lastUsed !== undefined && now - lastUsed.at.getTime() < IN_USE_DAYS * DAY,
    };
  });
};
