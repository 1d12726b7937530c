import { z } from 'zod';
import { PAUSE_TAG } from '../../lambdas/shared/contract/names';
import { fieldsOf, type Setting, type Settings, schemaOf, type ValuesOf } from './setting';

/** For how many days CloudWatch Logs can keep events (CloudWatch Logs API Reference, PutRetentionPolicy). */
export const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

const retentionDays = z.literal(
  RETENTION_DAYS,
  `a number of days that CloudWatch Logs offers: ${RETENTION_DAYS.join(', ')}`,
);

// Keys of KMS have IDs of two forms (KMS Developer Guide, "Key identifiers"). An alias is not what a policy could name.
const KEY_ARN =
  /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;
const KEY =
  'the full ARN of a KMS key in the Region of the stack, such as "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"; no alias';

const VPC = 'an object {"subnetIds": ["subnet-..."], "securityGroupIds": ["sg-..."]}';

const idsOf = (prefix: string) => {
  const form = `a list of at least one ID that begins with "${prefix}-", none of them twice`;
  return z
    .array(z.string(form).regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), form), form)
    .min(1, form)
    .max(16, 'a list of at most 16 IDs, which is what Lambda accepts')
    .refine((ids) => new Set(ids).size === ids.length, form);
};

const BUS =
  'the name of an event bus in this account and Region, other than "default": 1 to 256 of . - _ A-Z a-z 0-9';
const BOUNDARY = 'the ARN of a managed policy of IAM, such as "arn:aws:iam::123456789012:policy/boundary"';
const ROLE_PATH =
  'a path that begins and ends with "/", of at most 512 printable ASCII characters, such as "/automation/"';
const TAGS = 'an object of at most 40 tags, such as {"cost-center": "1234"}';
const TAG_KEY = /^(?!aws:)[\p{L}\p{N}\s_.:/=+@-]{1,128}$/iu;
const TAG_KEYS = 'keys of 1 to 128 letters, digits, spaces and _.:/=+-@, not beginning with "aws:"';
const TAG_VALUE = 'values of tags: up to 256 letters, digits, spaces and _.:/=+-@';
const PREFIX = 'a beginning for names: a letter, and then up to 31 letters, digits and "-", such as "acme-"';
const ACTIONS =
  'a list of at most 4 ARNs of what CloudWatch may act on: SNS topics, Lambda functions, or incidents and OpsItems of Systems Manager';
// With 1, a step that was given up and still runs keeps the next attempt out.
const CONCURRENCY = 'a whole number from 2 to 1000';
const GROUP =
  'a name of 1 to 64 letters, digits and ._-, other than "default", which every account has already';
const LOG_GROUP = 'the name of a log group in this account and Region: 1 to 512 of . - _ / # A-Z a-z 0-9';

/**
 * How long the name of a stack can be, with its prefix: a group of schedules has it, too, and takes the fewest (EventBridge Scheduler API
 * Reference, CreateScheduleGroup). State machines take 80 characters, also for the name of the one of emergencies, which is longer.
 */
export const MAX_STACK_NAME_LENGTH = 64;

/** How a stack is deployed: what a company asks of every resource, whatever the resource is for. */
export const DEPLOYMENT = {
  /**
   * How the name of the stack begins, and the names of secrets that the stack creates.
   *
   * @default - no prefix
   */
  namePrefix: {
    schema: z.string(PREFIX).regex(/^[A-Za-z][A-Za-z0-9-]{0,31}$/, PREFIX),
    meaning:
      'How the name of the stack begins, and with it the names of its state machines, the generated names of roles, functions and everything else, and the names of secrets that the stack creates. Choose it before the first deployment: another prefix is another stack, with other secrets.',
    refused: 'a prefix with which the name of the stack has more than 64 characters',
  },
  /**
   * Tags by their keys: at most 40, of every resource that CloudFormation can tag, and of secrets that the stack creates. AWS takes 50 for
   * most resources, and stacks and the CDK have some of their own.
   *
   * @default - none
   */
  tags: {
    schema: z
      .record(z.string(), z.string(TAG_VALUE).regex(/^[\p{L}\p{N}\s_.:/=+@-]{0,256}$/u, TAG_VALUE), TAGS)
      .refine((tags) => Object.keys(tags).length <= 40, TAGS)
      // Not in the schema of keys, whose own words an issue of a record does not have.
      .refine((tags) => Object.keys(tags).every((key) => TAG_KEY.test(key)), TAG_KEYS)
      // IAM User Guide, "Rules for tagging in IAM": "You cannot create separate tags with keys that differ only in case".
      .refine(
        (tags) =>
          new Set(Object.keys(tags).map((key) => key.toLowerCase())).size === Object.keys(tags).length,
        'keys that differ by more than capital letters, which IAM does not tell apart',
      )
      .refine(
        (tags) => !Object.keys(tags).includes(PAUSE_TAG),
        `keys other than ${PAUSE_TAG}, which pauses a user`,
      ),
    builtIn: {},
    meaning:
      'Tags of every resource that can have tags, and of the secrets that the stack creates. A tag that a resource has of its own stays.',
    byDefault: 'none',
    refused: 'rotation-paused, which pauses a user; two keys that differ by capital letters alone',
  },
  /**
   * ARN of the managed policy that bounds every role. Where it does not allow what a step does, the step ends in `PermissionDenied`.
   *
   * @default - no boundary
   */
  permissionsBoundaryArn: {
    schema: z.string(BOUNDARY).regex(/^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[!-~]{1,576}$/, BOUNDARY),
    meaning: 'ARN of the managed policy that is the permissions boundary of every role.',
    refused: 'a policy of another account',
  },
  /**
   * Path of roles and managed policies (IAM API Reference, CreateRole). IAM cannot change it: another path later replaces all roles.
   *
   * @default - `/`
   */
  rolePath: {
    schema: z
      .string(ROLE_PATH)
      .max(512, ROLE_PATH)
      .regex(/^\/([!-~]+\/)?$/, ROLE_PATH),
    builtIn: '/',
    meaning: 'Path of every role and managed policy of the stack.',
  },
  /**
   * Where permissions stand. An identity has 10 managed policies of 6,144 characters at most (IAM quotas): synthesis refuses what does not fit.
   *
   * @default - `inline`
   */
  policies: {
    schema: z.enum(['inline', 'managed'], '"inline" or "managed"'),
    builtIn: 'inline',
    meaning:
      '"managed": permissions stand in customer managed policies alone, as some rules of AWS Config ask for. "inline": in an inline policy of each role, and in managed policies where that is full.',
  },
  /**
   * Where the functions have their network interfaces: IDs, all of one VPC.
   *
   * @default - outside of any VPC of yours
   */
  vpc: {
    schema: z.strictObject({ subnetIds: idsOf('subnet'), securityGroupIds: idsOf('sg') }, VPC),
    meaning:
      '{"subnetIds": ["subnet-..."], "securityGroupIds": ["sg-..."]}: the functions run in these subnets, from which they must reach the services that they call. Lambda gets the permissions on network interfaces that it needs, and the code of the functions does not.',
  },
  /**
   * The instruction set of all functions. Their bundles are JavaScript, so either will do.
   *
   * @default - `arm64`
   */
  architecture: {
    schema: z.enum(['arm64', 'x86_64'], '"arm64" or "x86_64"'),
    builtIn: 'arm64',
    meaning: 'Processors on which the functions run.',
  },
  /**
   * Invocations of each function at a time. An invocation beyond is refused, and tried again.
   *
   * @default - nothing is reserved
   */
  reservedConcurrency: {
    schema: z.int(CONCURRENCY).min(2, CONCURRENCY).max(1000, CONCURRENCY),
    meaning:
      'How many invocations of each function can run at the same time, taken from what the account has for all its functions.',
    byDefault: 'nothing is reserved',
  },
  /**
   * ARN of the KMS key of topics, queue and logs. What its policy has to say is in docs/deployment.md.
   *
   * @default - keys of AWS
   */
  encryptionKeyArn: {
    schema: z.string(KEY).regex(KEY_ARN, KEY),
    meaning:
      'Full ARN of a KMS key of yours that encrypts topics, queue and logs of the stack. Secrets have a kmsKeyArn of their own.',
    byDefault: 'keys of AWS',
    refused: 'an alias; a key of another Region',
  },
  /**
   * Days, of every log group but that of the records.
   *
   * @default - 365
   */
  logRetentionDays: {
    schema: retentionDays,
    builtIn: 365,
    meaning: 'For how many days logs are kept.',
  },
  /**
   * Days, of the records of rotations.
   *
   * @default - 400
   */
  auditRetentionDays: {
    schema: retentionDays,
    builtIn: 400,
    meaning: 'For how many days the record of each rotation is kept.',
  },
  /**
   * Name of the log group of a trail, for one saved query.
   *
   * @default - whoever runs the query chooses it
   */
  trailLogGroupName: {
    schema: z.string(LOG_GROUP).regex(/^[\w./#-]{1,512}$/, LOG_GROUP),
    meaning:
      'Name of the log group to which a trail of yours delivers the events of CloudTrail: the saved query that shows who has read a secret looks there.',
    byDefault: 'whoever runs the query chooses it',
  },
  /**
   * What becomes of logs and records when they leave the stack, or it is deleted.
   *
   * @default - `retain`
   */
  removalPolicy: {
    schema: z.enum(['retain', 'destroy'], '"retain" or "destroy"'),
    builtIn: 'retain',
    meaning: 'Whether logs and records stay when the stack is deleted. Secrets always stay.',
  },
  /**
   * Whether CloudFormation refuses to delete the stack.
   *
   * @default - false
   */
  terminationProtection: {
    schema: z.boolean('true or false'),
    builtIn: false,
    meaning: 'Whether CloudFormation refuses to delete the stack.',
  },
  /**
   * Name of an event bus of the account and Region. Without the bus the deployment fails: PutEvents itself does not.
   *
   * @default - the default event bus
   */
  eventBusName: {
    schema: z.string(BUS).regex(/^(?!default$)[.\w-]{1,256}$/, BUS),
    meaning: 'Name of the event bus that gets the events of rotations and surveys.',
    byDefault: 'the default event bus',
  },
  /**
   * Name of the group of schedules, which the stack creates (EventBridge Scheduler API Reference, CreateScheduleGroup).
   *
   * @default - the name of the stack
   */
  scheduleGroupName: {
    schema: z.string(GROUP).regex(/^(?!default$)[\w.-]{1,64}$/, GROUP),
    meaning: 'Name of the group of schedules that the stack creates.',
    byDefault: 'the name of the stack',
    refused: 'default, which every account has; the group of another stack of the account and Region',
  },
  /**
   * ARNs of further actions of every alarm: at most 4 of the 5 that CloudWatch takes (CloudWatch API Reference, PutMetricAlarm).
   *
   * @default - none
   */
  alarmActions: {
    schema: z
      .array(
        z.string(ACTIONS).regex(/^arn:aws[a-z-]*:(sns|lambda|ssm|ssm-incidents):[!-~]{1,500}$/, ACTIONS),
        ACTIONS,
      )
      .max(4, ACTIONS)
      .refine((arns) => new Set(arns).size === arns.length, `${ACTIONS}, none of them twice`),
    builtIn: [],
    meaning:
      'ARNs of what every alarm of the stack acts on when it goes off, at most 4: a pager, for instance. CloudWatch takes 5, and one is the topic of the stack.',
    refused: 'what is in another Region; notifications.topicArn',
  },
  /**
   * Whether a small stack in each Region where AWS delivers events of exposed keys, and the stack is not, forwards them to it.
   *
   * @default true
   */
  forwardExposedKeys: {
    schema: z.boolean('true or false'),
    builtIn: true,
    meaning:
      'Whether a small stack in each other Region in which AWS delivers its events that a key is exposed forwards them to the Region of the stack. Without it, a stack elsewhere does not hear of them.',
  },
} as const satisfies Settings;

/** How a stack is deployed, with everything filled in. */
export type StackDeployment = ValuesOf<typeof DEPLOYMENT>;

/** The same for what is in a stack: without what is the stack's own. */
export type DeploymentSettings = Omit<
  StackDeployment,
  'namePrefix' | 'terminationProtection' | 'forwardExposedKeys'
>;

/** How a stack is deployed, as it is written. */
export const deploymentSchema = schemaOf(DEPLOYMENT, 'an object').meta({
  description:
    'What your company asks of every resource: names, tags, roles, network, encryption, retention.',
});

/** What was written, and what is built in where nothing was. */
export const completeDeployment = (given: z.infer<typeof deploymentSchema> = {}): StackDeployment =>
  Object.fromEntries(
    fieldsOf(DEPLOYMENT).map((field) => {
      const { builtIn }: Setting = DEPLOYMENT[field];
      return [field, given[field] ?? builtIn];
    }),
  ) as StackDeployment;
