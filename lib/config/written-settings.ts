// Generated from the settings: npx tsx tools/docs/written-settings.ts

/**
 * Settings of all users who do not have their own.
 */
export interface DefaultSettings {
  /**
   * A scheduled start rotates a key older than this. Refused: unless forced: more than 90 days together with
   * the schedule's largest gap, adoptionDeadline and the deadline of an acknowledgement; less than
   * noticeBefore, the longer of overlapPeriod and noticeBefore, and recoveryPeriod together.
   *
   * @default "P75D"
   */
  readonly rotateAfter?: string | undefined;
  /**
   * People are told this long before a scheduled start begins a rotation, and before the old key is
   * deactivated. It is a part of rotateAfter and of adoptionDeadline, not added to them. Manual starts and
   * emergencies do not wait. "PT0S": nobody is told.
   *
   * @default "P2D"
   */
  readonly noticeBefore?: string | undefined;
  /**
   * Both keys stay Active for at least this long after publication.
   *
   * @default "P3D"
   */
  readonly overlapPeriod?: string | undefined;
  /**
   * The old key counts as unused after this long without a use.
   *
   * @default "P3D"
   */
  readonly quietPeriod?: string | undefined;
  /**
   * Consumers have this long, from publication, to move to the new key. onAdoptionDeadline says what happens
   * then. Refused: less than the longest of overlapPeriod, noticeBefore and quietPeriod, plus one
   * adoptionCheckInterval.
   *
   * @default "P7D"
   */
  readonly adoptionDeadline?: string | undefined;
  /**
   * How long the old key is Inactive before it is deleted. Refused: less than healthCheckInterval.
   *
   * @default "P14D"
   */
  readonly recoveryPeriod?: string | undefined;
  /**
   * If the old key was unused for this long before the rotation, the new key need not be seen in use.
   * Refused: less than quietPeriod.
   *
   * @default "P45D"
   */
  readonly idleAfter?: string | undefined;
  /**
   * Time to the second adoption check; it doubles up to a day.
   *
   * @default "PT1H"
   */
  readonly adoptionCheckInterval?: string | undefined;
  /**
   * Time to the first health check; it doubles up to a day.
   *
   * @default "PT15M"
   */
  readonly healthCheckInterval?: string | undefined;
  /**
   * IANA time zone of the schedule and of the window.
   *
   * @default "UTC"
   */
  readonly timeZone?: string | undefined;
  /**
   * When an old key may be deactivated: "always", or days and hours, such as {"days": ["MON", "TUE"], "from":
   * "09:00", "to": "16:00"}. Refused: a window over midnight.
   *
   * @default {"days":["MON","TUE","WED","THU","FRI"],"from":"09:00","to":"16:00"}
   */
  readonly deactivationWindow?:
    | 'always'
    | {
        readonly days: readonly ('MON' | 'TUE' | 'WED' | 'THU' | 'FRI' | 'SAT' | 'SUN')[];
        readonly from: string;
        readonly to: string;
      }
    | undefined;
  /**
   * "stop": the rotation stops, both keys Active. "go-on": the old key is deactivated all the same, in the
   * window and with the alarms OK, and a message says who still uses it.
   *
   * @default "stop"
   */
  readonly onAdoptionDeadline?: 'stop' | 'go-on' | undefined;
  /**
   * "on": the IAM user gets the tag rotation-secret, which names its secret; a user whose tag names another
   * secret is refused. "off": the tag is neither set nor read.
   *
   * @default "on"
   */
  readonly ownershipMark?: 'on' | 'off' | undefined;
  /**
   * What happens when AWS says that a key of the user is exposed. "tell": a message says so, with the
   * commands. "emergency": the emergency starts at once, without a person.
   *
   * @default "tell"
   */
  readonly onExposedKey?: 'tell' | 'emergency' | undefined;
  /**
   * Whether an emergency may retire a key of the user that the secret does not name: Inactive at once,
   * deleted after recoveryPeriod. Otherwise it is refused, with the command.
   *
   * @default false
   */
  readonly containForeignKeys?: boolean | undefined;
  /**
   * Up to 10 e-mail addresses that get what concerns this user. Each must confirm once. Refused: more than
   * 200 different addresses in a stack.
   *
   * @default []
   */
  readonly owners?: readonly string[] | undefined;
  /**
   * Which fields the rotation writes: "credential-process", those of credential_process; "named-fields", ID
   * and secret alone. Default: "credential-process"; beside existingSecret, "named-fields".
   */
  readonly document?: 'credential-process' | 'named-fields' | undefined;
  /**
   * Your names for ID and secret, beside the fields of document or alone: "environment" (AWS_ACCESS_KEY_ID
   * and AWS_SECRET_ACCESS_KEY), or {"accessKeyId": "...", "secretAccessKey": "..."}. Default: AccessKeyId and
   * SecretAccessKey. Refused: one name for both; a name that the document has for something else.
   */
  readonly fieldNames?:
    | 'environment'
    | {
        readonly accessKeyId: string;
        readonly secretAccessKey: string;
      }
    | undefined;
  /**
   * User name and passwords for SES's SMTP interface: the Regions of its endpoints and the fields to write
   * to, {"regions": ["eu-west-1"], "userField": "...", "passwordField": "..."}. {Region} in passwordField
   * stands for the Region. Refused: several Regions without {Region} in passwordField; a name that the
   * document has for something else.
   */
  readonly sesSmtp?:
    | {
        readonly regions: readonly (
          | 'af-south-1'
          | 'ap-east-1'
          | 'ap-east-2'
          | 'ap-northeast-1'
          | 'ap-northeast-2'
          | 'ap-northeast-3'
          | 'ap-south-1'
          | 'ap-south-2'
          | 'ap-southeast-1'
          | 'ap-southeast-2'
          | 'ap-southeast-3'
          | 'ap-southeast-4'
          | 'ap-southeast-5'
          | 'ap-southeast-6'
          | 'ap-southeast-7'
          | 'ca-central-1'
          | 'ca-west-1'
          | 'cn-north-1'
          | 'cn-northwest-1'
          | 'eu-central-1'
          | 'eu-central-2'
          | 'eu-north-1'
          | 'eu-south-1'
          | 'eu-south-2'
          | 'eu-west-1'
          | 'eu-west-2'
          | 'eu-west-3'
          | 'eusc-de-east-1'
          | 'il-central-1'
          | 'me-central-1'
          | 'me-south-1'
          | 'mx-central-1'
          | 'sa-east-1'
          | 'us-east-1'
          | 'us-east-2'
          | 'us-gov-east-1'
          | 'us-gov-west-1'
          | 'us-west-1'
          | 'us-west-2'
        )[];
        readonly userField: string;
        readonly passwordField: string;
      }
    | undefined;
  /**
   * Full ARN of a KMS key in the secret's Region. The stack creates its secret with it; an existing secret
   * uses it already. Default: aws/secretsmanager. Refused: an alias; a key of another Region.
   */
  readonly kmsKeyArn?: string | undefined;
  /**
   * Regions to replicate the secret to: "eu-west-1", or {"region": "eu-west-1", "kmsKeyArn": "..."} with a
   * KMS key of that Region. Refused: the secret's own Region; a Region twice; another partition.
   */
  readonly replicaRegions?:
    | readonly (
        | string
        | {
            readonly region: string;
            readonly kmsKeyArn?: string | undefined;
          }
      )[]
    | undefined;
  /**
   * Up to 30 ARNs of IAM roles and users, of any account, that the secret's resource policy lets read it.
   * Default: no policy is attached. Refused: wildcards and whole accounts; readers beside existingSecret,
   * whose own policy they would replace.
   */
  readonly readers?: readonly string[] | undefined;
  /**
   * {"breakGlass": ["arn:aws:iam::123456789012:role/break-glass"]}: the secret's resource policy denies to
   * read or write a value, or to move labels, to all but the steps, readers, and up to 5 IAM roles or users,
   * or the root user, of the stack's account for the day when nothing else helps. Consumers that are not
   * among readers lose their access. Refused: no ARN at all; wildcards; another account; beside
   * existingSecret, whose own policy it would replace.
   *
   * @default false
   */
  readonly denyOthers?:
    | false
    | {
        readonly breakGlass: readonly string[];
      }
    | undefined;
  /**
   * The reason why this user is paused when the stack creates the secret, until somebody takes the tag
   * rotation-paused off the secret. Users whose secret exists are not paused by it. Refused: beside
   * existingSecret, which the stack does not create: there, paused pauses the user.
   *
   * @default false
   */
  readonly pauseAtFirst?: false | string | undefined;
}

/**
 * Who is told: {"emails": ["oncall@example.com"]}, up to 50 addresses that get every message and alarm, and
 * confirm once; {"topicArn": "..."}, an SNS topic of yours to publish to instead of one of the stack;
 * {"chat": true}, a topic for a chat channel.
 */
export interface NotificationSettings {
  readonly emails?: readonly string[] | undefined;
  readonly topicArn?: string | undefined;
  readonly chat?: boolean | undefined;
}

/**
 * What your company asks of every resource: names, tags, roles, network, encryption, retention.
 */
export interface SettingsOfDeployment {
  /**
   * How the name of the stack begins, and with it the names of its state machines, the generated names of
   * roles, functions and everything else, and the names of secrets that the stack creates. Choose it before
   * the first deployment: another prefix is another stack, with other secrets. Refused: a prefix with which
   * the name of the stack has more than 64 characters.
   */
  readonly namePrefix?: string | undefined;
  /**
   * Tags of every resource that can have tags, and of the secrets that the stack creates. A tag that a
   * resource has of its own stays. Default: none. Refused: rotation-paused, which pauses a user; two keys
   * that differ by capital letters alone.
   */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * ARN of the managed policy that is the permissions boundary of every role. Refused: a policy of another
   * account.
   */
  readonly permissionsBoundaryArn?: string | undefined;
  /**
   * Path of every role and managed policy of the stack.
   *
   * @default "/"
   */
  readonly rolePath?: string | undefined;
  /**
   * "managed": permissions stand in customer managed policies alone, as some rules of AWS Config ask for.
   * "inline": in an inline policy of each role, and in managed policies where that is full.
   *
   * @default "inline"
   */
  readonly policies?: 'inline' | 'managed' | undefined;
  /**
   * {"subnetIds": ["subnet-..."], "securityGroupIds": ["sg-..."]}: the functions run in these subnets, from
   * which they must reach the services that they call. Lambda gets the permissions on network interfaces that
   * it needs, and the code of the functions does not.
   */
  readonly vpc?:
    | {
        readonly subnetIds: readonly string[];
        readonly securityGroupIds: readonly string[];
      }
    | undefined;
  /**
   * Processors on which the functions run.
   *
   * @default "arm64"
   */
  readonly architecture?: 'arm64' | 'x86_64' | undefined;
  /**
   * How many invocations of each function can run at the same time, taken from what the account has for all
   * its functions. Default: nothing is reserved.
   */
  readonly reservedConcurrency?: number | undefined;
  /**
   * Full ARN of a KMS key of yours that encrypts topics, queue and logs of the stack. Secrets have a
   * kmsKeyArn of their own. Default: keys of AWS. Refused: an alias; a key of another Region.
   */
  readonly encryptionKeyArn?: string | undefined;
  /**
   * For how many days logs are kept.
   *
   * @default 365
   */
  readonly logRetentionDays?:
    | 1
    | 3
    | 5
    | 7
    | 14
    | 30
    | 60
    | 90
    | 120
    | 150
    | 180
    | 365
    | 400
    | 545
    | 731
    | 1096
    | 1827
    | 2192
    | 2557
    | 2922
    | 3288
    | 3653
    | undefined;
  /**
   * For how many days the record of each rotation is kept.
   *
   * @default 400
   */
  readonly auditRetentionDays?:
    | 1
    | 3
    | 5
    | 7
    | 14
    | 30
    | 60
    | 90
    | 120
    | 150
    | 180
    | 365
    | 400
    | 545
    | 731
    | 1096
    | 1827
    | 2192
    | 2557
    | 2922
    | 3288
    | 3653
    | undefined;
  /**
   * Name of the log group to which a trail of yours delivers the events of CloudTrail: the saved query that
   * shows who has read a secret looks there. Default: whoever runs the query chooses it.
   */
  readonly trailLogGroupName?: string | undefined;
  /**
   * Whether logs and records stay when the stack is deleted. Secrets always stay.
   *
   * @default "retain"
   */
  readonly removalPolicy?: 'retain' | 'destroy' | undefined;
  /**
   * Whether CloudFormation refuses to delete the stack.
   *
   * @default false
   */
  readonly terminationProtection?: boolean | undefined;
  /**
   * Name of the event bus that gets the events of rotations and surveys. Default: the default event bus.
   */
  readonly eventBusName?: string | undefined;
  /**
   * Name of the group of schedules that the stack creates. Default: the name of the stack. Refused: default,
   * which every account has; the group of another stack of the account and Region.
   */
  readonly scheduleGroupName?: string | undefined;
  /**
   * ARNs of what every alarm of the stack acts on when it goes off, at most 4: a pager, for instance.
   * CloudWatch takes 5, and one is the topic of the stack. Refused: what is in another Region;
   * notifications.topicArn.
   *
   * @default []
   */
  readonly alarmActions?: readonly string[] | undefined;
  /**
   * Whether a small stack in each other Region in which AWS delivers its events that a key is exposed
   * forwards them to the Region of the stack. Without it, a stack elsewhere does not hear of them.
   *
   * @default true
   */
  readonly forwardExposedKeys?: boolean | undefined;
}

/**
 * An IAM user whose access keys are rotated. Its own settings stand for those of all users.
 */
export interface UserSettings extends DefaultSettings {
  /**
   * Name of the IAM user.
   */
  readonly userName: string;
  /**
   * Path of the IAM user, part of its ARN.
   *
   * @default "/"
   */
  readonly path?: string | undefined;
  /**
   * When to ask whether a rotation is due: cron(...) or rate(...) of EventBridge Scheduler. Default: working
   * days at 09:MM in timeZone; the minute is derived from the name. Refused: unless forced: a schedule that
   * ends.
   */
  readonly schedule?: string | undefined;
  /**
   * Up to 100 names of CloudWatch metric alarms, in the same account and Region, that go off when consumers
   * fail. Default: none: no automatic rollback.
   */
  readonly healthAlarms?: readonly string[] | undefined;
  /**
   * Name or full ARN of a secret of yours, instead of one that the stack creates. Default: the stack creates
   * one that is called after the user. Refused: a secret of another account or Region; one secret for two
   * users.
   */
  readonly existingSecret?: string | undefined;
  /**
   * ARN of a Lambda function of yours, in the same account and Region, that says whether consumers work.
   */
  readonly validator?: string | undefined;
  /**
   * {"deadline": "P2D"}: your system has to agree within this time before the old key is deactivated.
   */
  readonly acknowledgement?:
    | {
        readonly deadline: string;
      }
    | undefined;
  /**
   * The reason why this user is not rotated at present.
   */
  readonly paused?: string | undefined;
  /**
   * Accept periods that are too short or too long, and a schedule that ends.
   *
   * @default false
   */
  readonly force?: boolean | undefined;
}

/**
 * A rotation as its configuration is written. Periods are durations of ISO 8601, such as "P3D" and "PT1H".
 */
export interface RotationSettings {
  /**
   * Who is told: {"emails": ["oncall@example.com"]}, up to 50 addresses that get every message and alarm, and
   * confirm once; {"topicArn": "..."}, an SNS topic of yours to publish to instead of one of the stack;
   * {"chat": true}, a topic for a chat channel.
   */
  readonly notifications?: NotificationSettings | undefined;
  /**
   * Address of your copy of docs/runbook.md, for messages: an https URL.
   */
  readonly runbookUrl?: string | undefined;
  /**
   * Whether AWS Security Hub, which the account must have enabled in the Region, gets a finding of each key
   * that is overdue. Default: false.
   */
  readonly securityHub?: boolean | undefined;
  /**
   * The reason why no user is rotated at present.
   */
  readonly paused?: string | undefined;
  /**
   * What your company asks of every resource: names, tags, roles, network, encryption, retention.
   */
  readonly deployment?: SettingsOfDeployment | undefined;
  readonly defaults?: DefaultSettings | undefined;
  /**
   * The enrolled IAM users, up to 100 per stack. No other user is ever touched.
   */
  readonly users: readonly UserSettings[];
}
