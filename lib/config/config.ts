import type { DocumentForm, EnrolledUser } from '../../lambdas/shared/contract/enrolment';

import type { StackDeployment } from './deployment-settings';
import type { ValuesOf } from './setting';
import type { INHERITED } from './user-settings';

/** A rotation starts one execution, and keeps one secret, per user. */
export type RotatedUser = Omit<EnrolledUser, keyof typeof INHERITED> &
  ValuesOf<typeof INHERITED> & {
    /** Which fields the rotation writes. */
    readonly document: DocumentForm;
    /** Path of the IAM user, part of its ARN. `/` unless the user was created with another. */
    readonly path: string;
    /** When EventBridge Scheduler asks whether a rotation is due: `cron(...)` or `rate(...)`. */
    readonly schedule: string;
    /** Whether the user's secret exists already. If not, the stack creates it. */
    readonly secretExists: boolean;
  };

/** Who is told of a stack's rotations, besides the owners of its users. */
export interface Notifications {
  /** The addresses that get every message and alarm, each after it has confirmed once. None: nobody is mailed. */
  readonly emails: readonly string[];
  /**
   * ARN of a standard SNS topic in the account and Region of the stack, to publish to instead of one of the stack's own. Its policy has
   * to let CloudWatch's alarms publish, and if it is encrypted, so has its key. Undefined: the stack has a topic.
   */
  readonly topicArn?: string | undefined;
  /** Whether the stack has a second topic, for a chat channel. */
  readonly chat: boolean;
}

/** The validated configuration of a stack. */
export interface RotationConfig {
  readonly notifications: Notifications;
  /** Address of the runbook. Undefined: messages name the file of this repository. */
  readonly runbookUrl?: string | undefined;
  /** Whether the survey imports a finding of each overdue key into Security Hub. */
  readonly securityHub: boolean;
  /** What holds for the stack, and for every resource of it. */
  readonly deployment: StackDeployment;
  readonly users: readonly RotatedUser[];
}

/** The limits that the configuration has to keep, besides its own rules. */
export interface ConfigLimits {
  /** `TimeoutSeconds` of the state machine definition: no rotation may wait for longer. */
  readonly executionTimeoutSeconds: number;
}

/** A stack with its configuration. */
export interface StackConfig extends RotationConfig {
  /** With the prefix that is configured. */
  readonly stackName: string;
  /** Where it is deployed, as far as that is known. */
  readonly place: Place;
}

/** Where a stack is deployed, as far as that is known when it is synthesized. */
export interface Place {
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}
