import { Duration, IANAZone } from 'luxon';
import { z } from 'zod';
import {
  type DeactivationWindow,
  DOCUMENT_FORMS,
  type EnrolledUser,
  type FieldNames,
  ON_ADOPTION_DEADLINE,
  OWNERSHIP_MARKS,
  WEEKDAYS,
} from '../lambdas/shared/enrolment';
import { CREDENTIAL_PROCESS_FIELDS } from '../lambdas/shared/key-document';
import { isTemporaryField } from '../lambdas/shared/key-traces';
import { DRAIN_SECONDS } from '../lambdas/shared/timing';
import { VERDICT_GRACE } from '../lambdas/shared/verdict';
import { hashedMinute, secretName } from './names';
import { judgeSchedule } from './schedule-expression';

/** The context key of cdk.json that holds the configuration. */
export const CONFIG_CONTEXT_KEY = 'iamAccessKeyRotation';

/**
 * The most users that one stack carries. It is a round number below what CloudFormation and IAM allow: 500
 * resources and 1 MB per template, and one inline and ten managed policies per role. A test builds the stack
 * with this many users and measures. For more users, deploy more stacks.
 */
export const MAX_USERS_PER_STACK = 100;

/**
 * The scheduler may start a rotation this much after the scheduled minute, so that users that share a minute do
 * not all call IAM at once: AWS does not say how many calls IAM takes.
 */
export const FLEXIBLE_WINDOW_SECONDS = 15 * 60;

/** Consumers that cache a secret, as AWS's own caching clients do, learn of a new key after up to an hour. */
const MIN_OVERLAP_SECONDS = 65 * 60;

/** What is checked, last-used data and alarms, does not change more often. */
const MIN_CHECK_INTERVAL_SECONDS = 60;

/**
 * The first health check may bring the old key back. Until then an attempt to deactivate it that nobody waits for any
 * more must be over, or it would undo the rollback.
 */
const MIN_HEALTH_CHECK_INTERVAL_SECONDS = DRAIN_SECONDS;

/** An owner's system that is told by an event, with a person or without, needs this long to answer. */
const MIN_ACKNOWLEDGEMENT_SECONDS = 60;

/** The least that can be forced: with nothing between them, checks would use up the history of an execution. */
const MIN_FORCED_CHECK_INTERVAL_SECONDS = 1;

/** The age at which auditors, and the CIS benchmark, call an access key too old. */
const MAX_KEY_AGE_SECONDS = 90 * 86_400;

/** Clocks that go back in autumn make a closed stretch this much longer. */
const CLOCK_CHANGE_SECONDS = 3_600;

/** A rotation starts one execution, and keeps one secret, per user. */
export interface RotatedUser extends EnrolledUser {
  /** Path of the IAM user, part of its ARN. `/` unless the user was created with another. */
  readonly path: string;
  /** When EventBridge Scheduler asks whether a rotation is due: `cron(...)` or `rate(...)`. */
  readonly schedule: string;
  /** Whether the user's secret exists already. If not, the stack creates it. */
  readonly secretExists: boolean;
  /**
   * Full ARN of the customer managed KMS key of the secret, in the secret's Region. The stack creates its secret with
   * it; of a secret that exists already it says which key that uses. Undefined: the key `aws/secretsmanager`.
   */
  readonly kmsKeyArn?: string | undefined;
  /** Where the secret is replicated to. None by default. */
  readonly replicaRegions: readonly ReplicaRegion[];
  /** ARNs of the IAM roles and users that the secret's resource policy lets read it. None: no policy of ours. */
  readonly readers: readonly string[];
}

/** A Region in which the secret has a replica. */
interface ReplicaRegion {
  readonly region: string;
  /** Full ARN of a KMS key in that Region. Undefined: that Region's key `aws/secretsmanager`. */
  readonly kmsKeyArn?: string | undefined;
}

/** The validated configuration. */
export interface RotationConfig {
  /** Where failures and alarms are mailed. Undefined: nobody is subscribed to the topic. */
  readonly notificationEmail: string | undefined;
  readonly users: readonly RotatedUser[];
}

/** What the configuration is measured against, besides itself. */
export interface ConfigLimits {
  /** `TimeoutSeconds` of the state machine definition: no rotation may wait for longer. */
  readonly executionTimeoutSeconds: number;
}

/** The configuration has mistakes. The message lists them all. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    super(
      `The context key ${CONFIG_CONTEXT_KEY} in cdk.json has ${count}:\n` +
        problems.map((problem) => `  - ${problem}`).join('\n'),
    );
  }
}

// Each schema's message says what is allowed. The field and the value that was given are added where the issues
// are collected, so no message can lack them.

const duration = z
  .string('an ISO 8601 duration of days, hours, minutes and seconds, such as "P3D" or "PT90M"')
  // No years and months, which have no fixed length, no weeks, which few people read with certainty, and no
  // fractions: what remains has one reading. Five digits keep sums exact.
  .regex(
    /^P(?=.)(\d{1,5}D)?(T(?=.)(\d{1,5}H)?(\d{1,5}M)?(\d{1,5}S)?)?$/,
    'an ISO 8601 duration of days, hours, minutes and seconds, such as "P3D" or "PT90M"; no years, months, weeks or fractions',
  );

const timeZone = z
  .string('the name of a time zone, such as "UTC" or "Europe/Berlin"')
  .refine(
    (zone) => /^[A-Z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(zone) && IANAZone.isValidZone(zone),
    'the name of a time zone in the IANA database, such as "UTC" or "Europe/Berlin"',
  );

const clockTime = z
  .string('a time of day as "HH:MM"')
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day from "00:00" to "23:59"');

const WINDOW_FORM =
  '"always" or {"days": ["MON", ...], "from": "HH:MM", "to": "HH:MM"}, where "to" is later than "from" on the same day';

const deactivationWindow = z.union(
  [
    z.literal('always'),
    z
      .strictObject({
        days: z
          .array(z.enum(WEEKDAYS))
          .min(1, 'a list of at least one day, from "MON" to "SUN"')
          .refine((days) => new Set(days).size === days.length, 'a list that names no day twice'),
        from: clockTime,
        to: clockTime,
      })
      .refine(({ from, to }) => from < to, WINDOW_FORM),
  ],
  WINDOW_FORM,
);

const PERIODS = [
  'rotateAfter',
  'overlapPeriod',
  'quietPeriod',
  'adoptionDeadline',
  'recoveryPeriod',
  'idleAfter',
  'adoptionCheckInterval',
  'healthCheckInterval',
] as const;

type Period = (typeof PERIODS)[number];

/** The settings that have a default of their own. */
const shared = {
  ...(Object.fromEntries(PERIODS.map((period) => [period, duration])) as Record<Period, typeof duration>),
  timeZone,
  deactivationWindow,
  onAdoptionDeadline: z.enum(ON_ADOPTION_DEADLINE, '"stop" or "go-on"'),
  ownershipMark: z.enum(OWNERSHIP_MARKS, '"on" or "off"'),
};

/** The environment variables from which every AWS SDK takes a key. */
const ENVIRONMENT_VARIABLES: FieldNames = {
  accessKeyId: 'AWS_ACCESS_KEY_ID',
  secretAccessKey: 'AWS_SECRET_ACCESS_KEY',
};

/**
 * Names with a meaning of their own: the key's own, those by which the rotation tells its documents, and those of earlier releases,
 * apart.
 */
const RESERVED_FIELD_NAMES = ['AccessKeyId', 'SecretAccessKey', 'RotationId', 'kind'];

const FIELD_NAMES_FORM =
  '"environment", or {"accessKeyId": "...", "secretAccessKey": "..."} with two different names';

const fieldName = z
  .string('a name of 1 to 256 printable ASCII characters')
  .regex(/^[ -~]{1,256}$/, 'a name of 1 to 256 printable ASCII characters')
  .refine(
    (name) => !RESERVED_FIELD_NAMES.includes(name) && !isTemporaryField(name),
    `a name other than those with a meaning of their own: ${RESERVED_FIELD_NAMES.join(', ')}, and those of temporary credentials, such as SessionToken and Expiration`,
  );

const fieldNames = z.preprocess(
  (value) => (value === 'environment' ? ENVIRONMENT_VARIABLES : value),
  z
    .strictObject({ accessKeyId: fieldName, secretAccessKey: fieldName }, FIELD_NAMES_FORM)
    .refine((names) => names.accessKeyId !== names.secretAccessKey, FIELD_NAMES_FORM),
);

// Multi-Region keys have IDs of their own form (KMS Developer Guide, "Key identifiers").
const KMS_KEY_ARN =
  /^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:key\/(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;
const KMS_KEY_FORM =
  'the full ARN of a KMS key, such as "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"; no alias, which an IAM policy could not name';

const kmsKeyArn = z.string(KMS_KEY_FORM).regex(KMS_KEY_ARN, KMS_KEY_FORM);

/** The Region in the ARN of a KMS key. */
const regionOfKey = (keyArn: string): string | undefined => KMS_KEY_ARN.exec(keyArn)?.[1];

const REPLICA_FORM =
  'the name of a Region, such as "eu-west-1", or {"region": "eu-west-1", "kmsKeyArn": "..."} with the full ARN of a KMS key';

const region = z.string(REPLICA_FORM).regex(/^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/, REPLICA_FORM);

const replicaRegions = z
  .array(
    z
      .union([region, z.strictObject({ region, kmsKeyArn: kmsKeyArn.optional() })], REPLICA_FORM)
      .transform((entry): ReplicaRegion => (typeof entry === 'string' ? { region: entry } : entry))
      .refine(
        (replica) => replica.kmsKeyArn === undefined || regionOfKey(replica.kmsKeyArn) === replica.region,
        'a KMS key of the Region in which it encrypts the replica',
      ),
    'a list of Regions',
  )
  .refine(
    (replicas) => new Set(replicas.map((replica) => replica.region)).size === replicas.length,
    'a list that names no Region twice',
  );

const READERS = 'a list of ARNs of IAM roles and users, without wildcards';

/**
 * The policy of a secret has at most 20,480 characters (Secrets Manager quotas), and an ARN may have 609: a path of 512,
 * a name of 64 and what is before them.
 */
const MAX_READERS = 30;

const readers = z
  .array(
    z.string(READERS).regex(/^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/[\w+=,.@/-]{1,576}$/, READERS),
    READERS,
  )
  .refine(
    (arns) => arns.length <= MAX_READERS,
    `a list of at most ${MAX_READERS} readers, for which a secret's policy has room`,
  )
  .refine((arns) => new Set(arns).size === arns.length, 'a list that names no reader twice');

/** Settings of the secret itself. */
const secretSettings = {
  document: z.enum(DOCUMENT_FORMS, '"credential-process" or "named-fields"'),
  fieldNames,
  kmsKeyArn,
  replicaRegions,
  readers,
};

const defaultsSchema = z.strictObject({ ...shared, ...secretSettings }, 'an object').partial();

type Defaults = z.infer<typeof defaultsSchema>;

/** What holds for a user where neither the user nor `defaults` says otherwise. */
export const BUILT_IN_DEFAULTS = {
  rotateAfter: 'P75D',
  overlapPeriod: 'P3D',
  quietPeriod: 'P3D',
  adoptionDeadline: 'P7D',
  recoveryPeriod: 'P14D',
  idleAfter: 'P45D',
  adoptionCheckInterval: 'PT1H',
  healthCheckInterval: 'PT15M',
  timeZone: 'UTC',
  deactivationWindow: { days: ['MON', 'TUE', 'WED', 'THU', 'FRI'], from: '09:00', to: '16:00' },
  onAdoptionDeadline: 'stop',
  ownershipMark: 'on',
} as const satisfies Required<Pick<Defaults, keyof typeof shared>>;

const SHARED = Object.keys(shared) as (keyof typeof shared)[];

type Shared = { readonly [Field in keyof typeof shared]: z.infer<(typeof shared)[Field]> };

const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const SECRET_ARN =
  /^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:([A-Za-z0-9/_+=.@-]{1,512})-[A-Za-z0-9]{6}$/;

// CloudWatch describes composite alarms only to callers that may see every alarm of the account.
const ALARM_NAMES =
  'a list of names of CloudWatch metric alarms: 1 to 255 printable characters each, without "*", "?" and "$", which an IAM policy would not read literally';

// An alias or a version is part of the ARN that the role may invoke.
const FUNCTION_ARN =
  /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_-]{1,128})?$/;
const VALIDATOR =
  'the full ARN of a Lambda function in this account and Region, with or without an alias or a version';

const ACKNOWLEDGEMENT = 'an object {"deadline"}, such as {"deadline": "P2D"}';

const PAUSE_REASON = 'the reason, in 1 to 256 printable characters';

const pauseReason = z.string(PAUSE_REASON).regex(/^(?=.*\S)[^\p{Cc}]{1,256}$/u, PAUSE_REASON);

const userSchema = z.strictObject(
  {
    ...defaultsSchema.shape,
    userName: z
      .string('the name of an IAM user')
      .regex(/^[\w+=,.@-]{1,64}$/, 'the name of an IAM user: 1 to 64 letters, digits and _+=,.@-'),
    path: z
      .string('the path of the IAM user, such as "/" or "/service/"')
      .max(512, 'a path of at most 512 characters')
      .regex(
        /^\/([!-~]+\/)?$/,
        'the path of the IAM user: "/", or printable ASCII characters that begin and end with "/"',
      )
      .regex(/^[^*?$]*$/, 'a path without "*", "?" and "$", which an IAM policy would not read literally')
      .optional(),
    schedule: z
      .string('a schedule expression of EventBridge Scheduler, such as "cron(0 9 ? * MON-FRI *)"')
      .optional(),
    healthAlarms: z
      .array(z.string(ALARM_NAMES).regex(/^(?!.*[*?$])[ -~]{1,255}$/, ALARM_NAMES), ALARM_NAMES)
      // Each is looked at by calls of its own, one after the other, in a function that has two minutes.
      .max(100, 'a list of at most 100 alarms')
      .refine((names) => new Set(names).size === names.length, 'a list that names no alarm twice')
      .optional(),
    existingSecret: z
      .string('the name or the full ARN of a secret')
      .refine(
        (id) => (id.startsWith('arn:') ? SECRET_ARN.test(id) : SECRET_NAME.test(id)),
        'the name of a secret in this account and Region (letters, digits and /_+=.@-), or its full ARN with the six random characters at the end',
      )
      .optional(),
    validator: z.string('the ARN of a Lambda function').regex(FUNCTION_ARN, VALIDATOR).optional(),
    acknowledgement: z.strictObject({ deadline: duration }, ACKNOWLEDGEMENT).optional(),
    paused: pauseReason.optional(),
    force: z.boolean('true or false').optional(),
  },
  'an object with at least a userName',
);

type UserInput = z.infer<typeof userSchema>;

const rootSchema = z.strictObject(
  {
    notificationEmail: z.email('an e-mail address').optional(),
    paused: pauseReason.optional(),
    defaults: z.unknown().optional(),
    users: z
      .array(z.unknown(), 'a list of users')
      .min(1, 'a list of at least one user')
      .max(
        MAX_USERS_PER_STACK,
        `a list of at most ${MAX_USERS_PER_STACK} users; put the others into another stack`,
      ),
  },
  'an object {"notificationEmail"?, "paused"?, "defaults"?, "users"}',
);

const seconds = (isoDuration: string): number => Duration.fromISO(isoDuration).as('seconds');

/** A length of time as people say it, in the units that the configuration knows. */
const spoken = (totalSeconds: number): string =>
  Duration.fromObject({ seconds: totalSeconds })
    .shiftTo('days', 'hours', 'minutes', 'seconds')
    .removeZeros()
    .toHuman({ listStyle: 'long' }) || 'no time at all';

const show = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
};

/** `users`, 2, `overlapPeriod` → `users[2].overlapPeriod`. */
const fieldPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );

/** Parses one part of the configuration; what is wrong with it goes to `problems`. */
const parsePart = <T>(
  schema: z.ZodType<T>,
  value: unknown,
  at: readonly PropertyKey[],
  problems: string[],
): T | undefined => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const path = [...at, ...issue.path];
    if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
      for (const key of issue.keys) {
        const given = show(valueAt(value, [...issue.path, key]));
        const known = schema instanceof z.ZodObject ? Object.keys(schema.shape).join(', ') : 'fewer fields';
        problems.push(
          `${fieldPath([...path, key])}: ${given} was given, but there is no such field. Allowed: ${known}.`,
        );
      }
    } else {
      const field = fieldPath(path) || CONFIG_CONTEXT_KEY;
      problems.push(`${field}: ${show(valueAt(value, issue.path))} was given. Allowed: ${issue.message}.`);
    }
  }
  return undefined;
};

/** The longest time for which the window stays shut, an upper bound. */
export const longestClosedSeconds = (window: DeactivationWindow): number => {
  if (window === 'always') return 0;
  const secondsOf = (clock: string): number => {
    const [hours = 0, minutes = 0] = clock.split(':').map(Number);
    return (hours * 60 + minutes) * 60;
  };
  const days = WEEKDAYS.flatMap((day, index) => (window.days.includes(day) ? [index] : []));
  const [firstDay = 0] = days;
  const daysBetween = days.map((day, index) => (days[index + 1] ?? firstDay + 7) - day);
  const open = secondsOf(window.to) - secondsOf(window.from);
  return Math.max(...daysBetween) * 86_400 - open + CLOCK_CHANGE_SECONDS;
};

const onWorkingDays = (userName: string): string => `cron(${hashedMinute(userName)} 9 ? * MON-FRI *)`;

/** The user's own setting, else that of `defaults`, else the built-in one. A pause of everybody is one of each. */
const complete = (input: UserInput, defaults: Defaults, pausedForAll?: string): RotatedUser => {
  const paused = input.paused ?? pausedForAll;
  const settings = Object.fromEntries(
    SHARED.map((field) => [field, input[field] ?? defaults[field] ?? BUILT_IN_DEFAULTS[field]]),
  ) as Shared;
  return {
    userName: input.userName,
    path: input.path ?? '/',
    secretId: input.existingSecret ?? secretName(input.userName),
    secretExists: input.existingSecret !== undefined,
    ...settings,
    schedule: input.schedule ?? onWorkingDays(input.userName),
    healthAlarms: input.healthAlarms ?? [],
    document:
      input.document ??
      defaults.document ??
      // What an owner brings stays of the form that its readers know.
      (input.existingSecret === undefined ? 'credential-process' : 'named-fields'),
    fieldNames: input.fieldNames ?? defaults.fieldNames,
    kmsKeyArn: input.kmsKeyArn ?? defaults.kmsKeyArn,
    replicaRegions: input.replicaRegions ?? defaults.replicaRegions ?? [],
    readers: input.readers ?? defaults.readers ?? [],
    ...(input.validator !== undefined && { validator: input.validator }),
    ...(input.acknowledgement !== undefined && { acknowledgement: input.acknowledgement }),
    ...(paused !== undefined && { paused }),
  };
};

/** What is wrong with a user's secret where the Region of it is known. */
const judgeSecretRegion = (
  user: RotatedUser,
  secretRegion: string,
  complain: (field: keyof typeof secretSettings, allowed: string) => void,
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

/** A user whose fields are each right, while it is judged whether they fit together. */
interface Judged {
  readonly user: RotatedUser;
  /** The user says that limits are too narrow. */
  readonly forced: boolean;
  readonly limits: ConfigLimits;
  /** Says what is wrong with a field. */
  readonly complain: (
    field: keyof Defaults | 'schedule' | 'acknowledgement.deadline',
    allowed: string,
  ) => void;
}

const CAN_FORCE = ' Or set "force": true for this user, if you know better';

const period = (user: RotatedUser, field: Period): number => seconds(user[field]);

/** How long an owner may take to acknowledge: 0 when none is asked. */
const acknowledgementSeconds = ({ acknowledgement }: RotatedUser): number =>
  acknowledgement === undefined ? 0 : seconds(acknowledgement.deadline);

/** What is wrong with a user whose fields are each right. */
const judgeUser = (
  input: UserInput,
  user: RotatedUser,
  defaults: Defaults,
  at: string,
  limits: ConfigLimits,
): readonly string[] => {
  const problems: string[] = [];
  const complain: Judged['complain'] = (field, allowed) => {
    if (field === 'acknowledgement.deadline') {
      problems.push(
        `${at}.${field}: ${show(user.acknowledgement?.deadline)} was given. Allowed: ${allowed}.`,
      );
      return;
    }
    const inherited = input[field] === undefined;
    const fromDefaults = field !== 'schedule' && defaults[field] !== undefined;
    const origin = fromDefaults ? ' (from defaults)' : ' (the default)';
    problems.push(
      `${at}.${field}: ${show(user[field])}${inherited ? origin : ''} was given. Allowed: ${allowed}.`,
    );
  };
  const judged: Judged = { user, forced: input.force === true, limits, complain };
  judgeOverlap(judged);
  judgeIntervals(judged);
  judgeDeadlines(judged);
  judgeOrder(judged);
  judgeSecret(judged);
  judgeAge(judged);
  judgeLength(judged);
  return problems;
};

const judgeOverlap = ({ user, forced, complain }: Judged): void => {
  if (period(user, 'overlapPeriod') < MIN_OVERLAP_SECONDS && !forced) {
    complain(
      'overlapPeriod',
      `at least 65 minutes, because clients that cache a secret go on using the old key for up to an hour.${CAN_FORCE}`,
    );
  }
};

const judgeIntervals = ({ user, forced, complain }: Judged): void => {
  for (const [field, least, because] of [
    ['adoptionCheckInterval', MIN_CHECK_INTERVAL_SECONDS, ''],
    [
      'healthCheckInterval',
      MIN_HEALTH_CHECK_INTERVAL_SECONDS,
      ', because a rollback could be undone by an attempt to deactivate that is still under way',
    ],
  ] as const) {
    if (forced && period(user, field) < MIN_FORCED_CHECK_INTERVAL_SECONDS) {
      complain(field, 'at least one second');
    }
    if (!forced && period(user, field) < least) {
      complain(field, `at least ${spoken(least)}${because}.${CAN_FORCE}: then at least one second`);
    }
  }
};

const judgeDeadlines = ({ user, limits, complain }: Judged): void => {
  const earliestProof =
    Math.max(period(user, 'overlapPeriod'), period(user, 'quietPeriod')) +
    period(user, 'adoptionCheckInterval');
  if (period(user, 'adoptionDeadline') < earliestProof) {
    complain(
      'adoptionDeadline',
      `at least ${spoken(earliestProof)}: it counts from publication, and the longer of overlapPeriod (${user.overlapPeriod}) and quietPeriod (${user.quietPeriod}) plus one adoptionCheckInterval (${user.adoptionCheckInterval}) has to fit in`,
    );
  }
  if (user.acknowledgement === undefined) return;
  const within = acknowledgementSeconds(user);
  if (within < MIN_ACKNOWLEDGEMENT_SECONDS || within > limits.executionTimeoutSeconds) {
    complain(
      'acknowledgement.deadline',
      `at least ${spoken(MIN_ACKNOWLEDGEMENT_SECONDS)}, and at most ${spoken(limits.executionTimeoutSeconds)}, the time limit of an execution`,
    );
  }
};

/** Periods of which one has to be the longer. */
const judgeOrder = ({ user, complain }: Judged): void => {
  if (period(user, 'idleAfter') < period(user, 'quietPeriod')) {
    complain(
      'idleAfter',
      `at least quietPeriod (${user.quietPeriod}), else a key in use could pass for one that nobody uses`,
    );
  }
  if (period(user, 'recoveryPeriod') < period(user, 'healthCheckInterval')) {
    complain(
      'recoveryPeriod',
      `at least healthCheckInterval (${user.healthCheckInterval}), else the old key is deleted before anybody looked`,
    );
  }
};

const judgeSecret = ({ user, complain }: Judged): void => {
  const written = user.document === 'credential-process' ? CREDENTIAL_PROCESS_FIELDS : [];
  const taken = Object.values(user.fieldNames ?? {}).find((name) => written.includes(name));
  if (taken !== undefined) {
    complain(
      'fieldNames',
      `names other than ${taken}, which the document has for something else. With "document": "named-fields" it is yours`,
    );
  }
  if (user.secretExists && user.readers.length > 0) {
    complain(
      'readers',
      'no readers beside existingSecret, whose own policy they would replace. Add the readers to that policy, and set "readers": [] for this user if defaults has some',
    );
  }
  // A KMS key encrypts in its own Region only, so it tells the secret's.
  const secretRegion = SECRET_ARN.exec(user.secretId)?.[1] ?? regionOfKey(user.kmsKeyArn ?? '');
  if (secretRegion !== undefined) judgeSecretRegion(user, secretRegion, complain);
};

/** How old a key can get until a scheduled start has replaced it. */
const judgeAge = ({ user, forced, complain }: Judged): void => {
  const judgement = judgeSchedule(user.schedule, user.timeZone);
  if (judgement.kind === 'invalid') {
    complain(
      'schedule',
      `a cron(...) or rate(...) expression of EventBridge Scheduler, such as "cron(0 9 ? * MON-FRI *)"; ${judgement.reason}`,
    );
    return;
  }
  if (forced) return;
  if (judgement.kind === 'unbounded') {
    complain('schedule', `an expression that recurs for ever; ${judgement.reason}.${CAN_FORCE}`);
    return;
  }
  const gap = judgement.largestGapSeconds + FLEXIBLE_WINDOW_SECONDS;
  const afterwards = gap + period(user, 'adoptionDeadline') + acknowledgementSeconds(user);
  if (period(user, 'rotateAfter') + afterwards > MAX_KEY_AGE_SECONDS) {
    complain(
      'rotateAfter',
      `at most ${spoken(Math.max(0, MAX_KEY_AGE_SECONDS - afterwards))}, so that no key lives for more than 90 days: the largest gap of the schedule (${spoken(gap)})${user.acknowledgement === undefined ? ' and' : ','} adoptionDeadline (${user.adoptionDeadline})${user.acknowledgement === undefined ? '' : ` and acknowledgement.deadline (${user.acknowledgement.deadline})`} are added to it.${CAN_FORCE}`,
    );
  }
};

const WITHIN_AN_EXECUTION = [
  'overlapPeriod',
  'quietPeriod',
  'adoptionDeadline',
  'recoveryPeriod',
  'adoptionCheckInterval',
  'healthCheckInterval',
] as const;

/** A rotation has to end within an execution. */
const judgeLength = ({ user, limits, complain }: Judged): void => {
  const timeout = limits.executionTimeoutSeconds;
  const tooLong = WITHIN_AN_EXECUTION.filter((field) => period(user, field) > timeout);
  for (const field of tooLong) complain(field, `at most ${spoken(timeout)}, the time limit of an execution`);
  const acknowledgement = acknowledgementSeconds(user);
  const closed = longestClosedSeconds(user.deactivationWindow);
  const grace = user.validator === undefined ? 0 : seconds(VERDICT_GRACE);
  const recovery = period(user, 'recoveryPeriod');
  const adoption = Math.max(period(user, 'overlapPeriod'), period(user, 'adoptionDeadline'));
  const longest = adoption + acknowledgement + closed + recovery + grace;
  if (tooLong.length === 0 && acknowledgement <= timeout && longest > timeout) {
    complain(
      'recoveryPeriod',
      `at most ${spoken(Math.max(0, timeout - longest + recovery))}: with adoptionDeadline (${user.adoptionDeadline})${user.acknowledgement === undefined ? '' : `, acknowledgement.deadline (${user.acknowledgement.deadline})`} and the longest time for which deactivationWindow is closed (${spoken(closed)}) a rotation has to end within ${spoken(timeout)}, the time limit of an execution`,
    );
  }
};

/** Problems between users: one user twice, or one secret for two users. */
const judgeNeighbours = (users: ReadonlyMap<number, RotatedUser>): readonly string[] => {
  const problems: string[] = [];
  const names = new Map<string, { index: number; name: string }>();
  const secrets = new Map<string, number>();
  for (const [index, user] of users) {
    const sameName = names.get(user.userName.toLowerCase());
    if (sameName !== undefined) {
      const how = sameName.name === user.userName ? 'is' : 'differs only in case from';
      problems.push(
        `users[${index}].userName: ${show(user.userName)} was given. Allowed: each IAM user once, and this ${how} users[${sameName.index}].userName.`,
      );
      continue;
    }
    names.set(user.userName.toLowerCase(), { index, name: user.userName });

    const secret = SECRET_ARN.exec(user.secretId)?.[2] ?? user.secretId;
    const sameSecret = secrets.get(secret);
    if (sameSecret !== undefined) {
      const field = user.secretExists ? 'existingSecret' : 'userName';
      const given = user.secretExists ? user.secretId : user.userName;
      problems.push(
        `users[${index}].${field}: ${show(given)} was given. Allowed: a secret of its own for each user, and this user's secret is that of users[${sameSecret}].`,
      );
    } else {
      secrets.set(secret, index);
    }
  }
  return problems;
};

/**
 * Reads the value of the context key {@link CONFIG_CONTEXT_KEY}.
 *
 * @param context - The value as cdk.json holds it.
 * @param limits - What the state machine definition allows.
 * @returns The users with every default filled in.
 * @throws ConfigError that lists every problem: the field, the value that was given, and what is allowed.
 */
export const parseConfig = (context: unknown, limits: ConfigLimits): RotationConfig => {
  const problems: string[] = [];
  const root = parsePart(rootSchema, context, [], problems);
  const given = typeof context === 'object' && context !== null ? (context as Record<string, unknown>) : {};

  const defaults = parsePart(defaultsSchema, given.defaults ?? {}, ['defaults'], problems) ?? {};

  const users = new Map<number, RotatedUser>();
  for (const [index, value] of (Array.isArray(given.users) ? given.users : []).entries()) {
    const input = parsePart(userSchema, value, ['users', index], problems);
    if (input === undefined) continue;
    const user = complete(input, defaults, root?.paused);
    users.set(index, user);
    problems.push(...judgeUser(input, user, defaults, `users[${index}]`, limits));
  }
  problems.push(...judgeNeighbours(users));

  if (problems.length > 0 || root === undefined) throw new ConfigError(problems);
  return { notificationEmail: root.notificationEmail, users: [...users.values()] };
};
