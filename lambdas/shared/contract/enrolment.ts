import * as z from 'zod/mini';
import { parse } from './schema';

/** `stop` ends the rotation with both keys Active; `go-on` deactivates the old key all the same. */
export const ON_ADOPTION_DEADLINE = ['stop', 'go-on'] as const;

/** `tell` tells people that AWS says a key is exposed; `emergency` retires the key at once, without a person. */
export const ON_EXPOSED_KEY = ['tell', 'emergency'] as const;

/** Whether an IAM user is marked as belonging to the secret that holds its access key. */
export const OWNERSHIP_MARKS = ['on', 'off'] as const;
export type OwnershipMark = (typeof OWNERSHIP_MARKS)[number];

/** Days of the week as the configuration writes them. */
export const WEEKDAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;

/** The hours in which a deactivation may happen: when people are there to notice. */
const DeactivationWindow = z.union([
  z.literal('always'),
  z.object({
    days: z.readonly(z.array(z.enum(WEEKDAYS))),
    /** Local time `HH:MM` at which the window opens, inclusive. */
    from: z.string(),
    /** Local time `HH:MM` at which the window closes, exclusive; later than `from` on the same day. */
    to: z.string(),
  }),
]);
export type DeactivationWindow = Readonly<z.infer<typeof DeactivationWindow>>;

/** Names of the two fields that hold an access key. */
const FieldNames = z.object({ accessKeyId: z.string(), secretAccessKey: z.string() });
export type FieldNames = Readonly<z.infer<typeof FieldNames>>;

/** Where the document has what SES's SMTP interface takes of a key. */
const SesSmtp = z.object({
  /** Regions of the endpoints. Each has a password of its own. */
  regions: z.readonly(z.array(z.string())),
  /** Name of the field for the user name, which is the same for all Regions. */
  userField: z.string(),
  /** Name of the field for the password. `{Region}` in it stands for the Region. */
  passwordField: z.string(),
});
export type SesSmtp = Readonly<z.infer<typeof SesSmtp>>;

/**
 * Which fields of the document in a secret the rotation writes. `credential-process`: those that the AWS CLI and SDKs expect of
 * `credential_process`, and beside them those that `fieldNames` names. `named-fields`: ID and secret alone, under the names of
 * `fieldNames`, or else as `AccessKeyId` and `SecretAccessKey`.
 */
export const DOCUMENT_FORMS = ['credential-process', 'named-fields'] as const;
export type DocumentForm = (typeof DOCUMENT_FORMS)[number];

/**
 * What a rotation takes along: an enrolled user's settings as they were when it was planned. `promised.ts` says of each what a
 * deployment in between changes for the steps that look the enrolment up.
 *
 * All periods are ISO 8601 durations of days, hours, minutes and seconds, such as `P3D` or `PT90M`.
 */
export const RotationSettings = z.object({
  /** How long both keys stay Active after publication before adoption is judged at all. */
  overlapPeriod: z.string(),
  /** The old key counts as no longer used when it has not been used for this long. */
  quietPeriod: z.string(),
  /** How long after publication consumers have to move. */
  adoptionDeadline: z.string(),
  /** What becomes of a rotation whose consumers have not moved by then. An execution may have begun when there was no choice. */
  onAdoptionDeadline: z._default(z.enum(ON_ADOPTION_DEADLINE), 'stop'),
  /**
   * How long before a rotation by schedule, and before the deactivation of the old key, people are told. `PT0S`: they are not.
   * An execution may have begun when there was no notice.
   */
  noticeBefore: z._default(z.string(), 'PT0S'),
  /** How long the old key stays Inactive, and can be brought back by one call, before it is deleted. */
  recoveryPeriod: z.string(),
  /** A key that was unused for this long before the rotation began needs no proof that its successor is used. */
  idleAfter: z.string(),
  /** Time until the second adoption check; the interval doubles from there, up to a day. */
  adoptionCheckInterval: z.string(),
  /** Time until the first health check after deactivation; the interval doubles from there, up to a day. */
  healthCheckInterval: z.string(),
  /** IANA time zone of the schedule and of the deactivation window. */
  timeZone: z.string(),
  /** When the old key may be deactivated. */
  deactivationWindow: DeactivationWindow,
  /** Names of the CloudWatch alarms in this account and Region that tell whether the consumers are well. */
  healthAlarms: z.readonly(z.array(z.string())),
  /** Which fields the rotation writes. An execution may have begun when there was no choice. */
  document: z._default(z.enum(DOCUMENT_FORMS), 'credential-process'),
  /** Names of the owner's for ID and secret. Default: none but `AccessKeyId` and `SecretAccessKey`. */
  fieldNames: z.optional(FieldNames),
  /** User name and passwords for SES's SMTP interface. Default: none. */
  sesSmtp: z.optional(SesSmtp),
  /** ARN of the owner's function that is asked before the old key is deactivated, and at each health check. Default: none. */
  validator: z.optional(z.string()),
  /** How long the owner has to acknowledge that the old key is deactivated. Default: nobody is asked. */
  acknowledgement: z.optional(z.object({ deadline: z.string() })),
  /**
   * `off`: the mark on the IAM user is neither looked at nor set. An execution may have begun when there was none.
   */
  ownershipMark: z._default(z.enum(OWNERSHIP_MARKS), 'on'),
});
export type RotationSettings = Readonly<z.infer<typeof RotationSettings>>;

/**
 * What the app's configuration says of one enrolled user, as the functions read it at run time: the settings, which a
 * rotation takes along, and what is asked anew. The infrastructure validates it at synthesis and ships it beside the
 * code. Whatever else the configuration has is for the infrastructure only.
 */
export const EnrolledUser = z.extend(RotationSettings, {
  /** Name of the IAM user. */
  userName: z.string(),
  /** Name or full ARN of the user's secret. */
  secretId: z.string(),
  /** A rotation is due when the oldest Active access key is older than this. */
  rotateAfter: z.string(),
  /** Where the secret has to have a replica. Default: nowhere. */
  replicaRegions: z.optional(z.readonly(z.array(z.object({ region: z.string() })))),
  /** What becomes of a key of the user that AWS says is exposed. */
  onExposedKey: z._default(z.enum(ON_EXPOSED_KEY), 'tell'),
  /** Whether an emergency may retire a key of the user that the secret does not name. */
  containForeignKeys: z._default(z.boolean(), false),
  /** Why the user is paused; absent when the configuration does not pause the user. */
  paused: z.optional(z.string()),
});
export type EnrolledUser = Readonly<z.infer<typeof EnrolledUser>>;

/** Who is enrolled. */
export interface Enrolment {
  /** What the configuration says of a user now; undefined when it does not name the user. */
  find(userName: string): Promise<EnrolledUser | undefined>;
}

/** What a file carries beside the bundled code of the steps that ask who is enrolled. */
export interface EnrolmentFile {
  readonly users: readonly EnrolledUser[];
}

/** What the functions are told of these users: nothing of what is for the infrastructure only. */
export const enrolmentFileOf = (users: readonly EnrolledUser[]): EnrolmentFile => ({
  users: users.map((user) => parse(EnrolledUser, user)),
});
