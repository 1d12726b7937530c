import type { Wire } from '../../embedded-aws/clients/fast-wire';
import { sdkConfig } from '../../embedded-aws/clients/sdk-config';
import type { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import { surveyFileOf } from '../../lambdas/shared/contract/survey';
import { createHandler, type Surveyed } from '../../lambdas/survey/handler';
import type { RotatedUser } from '../../lib/config';
import { surveyedUsers } from '../../lib/config/surveyed';

/** Where a survey looks. */
interface Surroundings {
  readonly users: readonly RotatedUser[];
  readonly stateMachineArn: string;
  readonly scheduleGroup: string;
  readonly notificationTopicArn: string;
}

/** How a survey is run. */
export interface SurveyOptions {
  /** Whether Security Hub is told, too. Default: no. */
  readonly securityHub?: boolean;
  /** How its calls reach the embedded AWS. Default: the full wire. */
  readonly wire?: Wire;
}

/** ARN of the role under which the survey of a world runs. */
const surveyRoleArn = (aws: EmbeddedAws): string => `arn:aws:iam::${aws.accountId}:role/survey`;

/** Runs the survey over a world, once. Its clients are made anew, as they are once a day in Lambda. */
export const surveyOf = (
  aws: EmbeddedAws,
  { users, stateMachineArn, scheduleGroup, notificationTopicArn }: Surroundings,
  { wire = 'full', securityHub = false }: SurveyOptions = {},
): Promise<Surveyed> =>
  createHandler({
    clientConfig: {
      ...sdkConfig(wire),
      region: aws.region,
      credentials: aws.roleCredentials(surveyRoleArn(aws)),
      requestHandler: aws.requestHandler(),
    },
    environment: {
      STATE_MACHINE_ARN: stateMachineArn,
      SCHEDULE_GROUP: scheduleGroup,
      NOTIFICATION_TOPIC_ARN: notificationTopicArn,
      ...(securityHub && { SECURITY_HUB: 'yes' }),
    },
    surveyed: () => surveyFileOf(surveyedUsers(users)),
  })();
