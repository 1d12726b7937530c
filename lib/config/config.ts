import type { DocumentForm, EnrolledUser } from '../../lambdas/shared/contract/enrolment';

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

/** The validated configuration of a stack. */
export interface RotationConfig {
  /** Where failures and alarms are mailed. Undefined: the topic has no subscriber. */
  readonly notificationEmail: string | undefined;
  readonly users: readonly RotatedUser[];
}

/** The limits that the configuration has to keep, besides its own rules. */
export interface ConfigLimits {
  /** `TimeoutSeconds` of the state machine definition: no rotation may wait for longer. */
  readonly executionTimeoutSeconds: number;
}

/** A stack with its configuration. */
export interface StackConfig extends RotationConfig {
  readonly stackName: string;
  /** Where it is deployed, as far as that is known. */
  readonly place: Place;
}

/** Where a stack is deployed, as far as that is known when it is synthesized. */
export interface Place {
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}
