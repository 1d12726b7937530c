/**
 * What the app's configuration says of one enrolled user, as the functions read it at run time. The
 * infrastructure validates it at synthesis and ships it beside the code. plan-rotation copies the settings into each
 * rotation that it begins; whether the user is paused, the checks read anew.
 *
 * All periods are ISO 8601 durations of days, hours, minutes and seconds, such as `P3D` or `PT90M`.
 */
export interface EnrolledUser {
  /** Name of the IAM user. */
  readonly userName: string;
  /** Name or full ARN of the user's secret. */
  readonly secretId: string;
  /** A rotation is due when the oldest Active access key is older than this. */
  readonly rotateAfter: string;
  /** How long both keys stay Active after publication before adoption is judged at all. */
  readonly overlapPeriod: string;
  /** The old key counts as no longer used when it has not been used for this long. */
  readonly quietPeriod: string;
  /** How long after publication consumers have to move. */
  readonly adoptionDeadline: string;
  /** What becomes of a rotation whose consumers have not moved by then. */
  readonly onAdoptionDeadline: OnAdoptionDeadline;
  /** How long the old key stays Inactive, and can be brought back by one call, before it is deleted. */
  readonly recoveryPeriod: string;
  /** A key that was unused for this long before the rotation began needs no proof that its successor is used. */
  readonly idleAfter: string;
  /** Time until the second adoption check; the interval doubles from there, up to a day. */
  readonly adoptionCheckInterval: string;
  /** Time until the first health check after deactivation; the interval doubles from there, up to a day. */
  readonly healthCheckInterval: string;
  /** When the old key may be deactivated. */
  readonly deactivationWindow: DeactivationWindow;
  /** IANA time zone of the schedule and of the deactivation window. */
  readonly timeZone: string;
  /** Names of the CloudWatch alarms in this account and Region that tell whether the consumers are well. */
  readonly healthAlarms: readonly string[];
  /** Names under which the secret's document has the key once more. Default: none but its own. */
  readonly fieldNames?: FieldNames | undefined;
  /** ARN of the owner's function that is asked whether consumers work with the new key; absent when there is none. */
  readonly validator?: string;
  /** How long the owner has to acknowledge that the old key is deactivated; absent when nobody is asked. */
  readonly acknowledgement?: { readonly deadline: string };
  /** Why the user is paused; absent when the configuration does not pause the user. */
  readonly paused?: string;
}

/** Names of the two fields that hold an access key. */
export interface FieldNames {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** `stop` ends the rotation with both keys Active; `go-on` deactivates the old key all the same. */
export const ON_ADOPTION_DEADLINE = ['stop', 'go-on'] as const;

/** One of {@link ON_ADOPTION_DEADLINE}. */
type OnAdoptionDeadline = (typeof ON_ADOPTION_DEADLINE)[number];

/** Days of the week as the configuration writes them. */
export const WEEKDAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;

/** One of {@link WEEKDAYS}. */
type Weekday = (typeof WEEKDAYS)[number];

/** The hours in which a deactivation may happen: when people are there to notice. */
export type DeactivationWindow =
  | 'always'
  | {
      readonly days: readonly Weekday[];
      /** Local time `HH:MM` at which the window opens, inclusive. */
      readonly from: string;
      /** Local time `HH:MM` at which the window closes, exclusive; later than `from` on the same day. */
      readonly to: string;
    };

/** The file that carries the enrolled users beside the bundled code of the steps that read it. */
export const ENROLMENT_FILE = 'enrolment.json';

/** Content of {@link ENROLMENT_FILE}. */
export interface Enrolment {
  readonly users: readonly EnrolledUser[];
}
