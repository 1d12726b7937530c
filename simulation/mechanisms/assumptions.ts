import type { Behaviour } from '../../embedded-aws/ground/behaviour';
import type { Act, Mishap, WorldSettings } from '../schedule/schedule';

/**
 * Which knob of the embedded AWS each setting of a schedule's world turns; null: none, because it is about programs of the
 * user's.
 */
export const TURNS = {
  keyPropagationSeconds: 'keyPropagationDelay',
  iamLagSeconds: 'iamReadLag',
  secretsLagSeconds: 'secretsReadLag',
  executionLagSeconds: 'executionReadLag',
  alarmLagSeconds: 'alarmReadLag',
  namesUsedAgain: 'executionNamesUsedAgain',
  ownLabelsVanish: 'ownLabelsVanish',
  iamClockSkewSeconds: 'clockSkew',
  cloudTrailSeconds: 'cloudTrailDelay',
  cloudTrailMemorySeconds: 'cloudTrailMemory',
  functionClockSkewSeconds: 'functionClockSkew',
  readsItself: null,
  worksEveryHours: null,
} as const satisfies Readonly<Record<keyof WorldSettings, keyof Behaviour | null>>;

/** The settings that turn no knob of the embedded AWS. */
type OwnSetting = {
  [setting in keyof typeof TURNS]: (typeof TURNS)[setting] extends null ? setting : never;
}[keyof typeof TURNS];

/** Something that a simulation can make AWS, or somebody, do otherwise than in a quiet hour. */
export type Knob =
  | `aws.${keyof Behaviour}`
  | `world.${OwnSetting}`
  | `fault.${Exclude<Mishap['kind'], 'person'>}`
  | `person.${Act}`;

/** The embedded AWS of a quiet hour: where a knob stands otherwise, it breaks a property. */
export const AT_REST: Readonly<Behaviour> = {
  keyPropagationDelay: 0,
  statusPropagationDelay: 0,
  iamReadLag: 0,
  clockSkew: 0,
  cloudTrailDelay: 0,
  cloudTrailMemory: Number.POSITIVE_INFINITY,
  lastUsedDelay: 0,
  secretsReadLag: 0,
  ownLabelsVanish: false,
  executionReadLag: 0,
  executionNamesUsedAgain: false,
  alarmReadLag: 0,
  functionClockSkew: 0,
  latency: 0,
  accessKeysPerUser: 2,
};

/** A page of AWS's documentation. */
interface Page {
  readonly title: string;
  /** Below https://docs.aws.amazon.com/ */
  readonly path: string;
}

/** What AWS's documentation says of a property: that it is so, that it need not be so, or nothing. */
type Word = { readonly promises: Page } | { readonly denies: Page } | 'nothing';

/** A property of AWS that the rotation leans on, or would have to lean on if it were not built otherwise. */
export interface Assumption {
  /** Stable, and unique among all. */
  readonly id: string;
  readonly service: string;
  /** The property, as a sentence about AWS. */
  readonly says: string;
  readonly aws: Word;
  /** What breaks the property in random schedules. */
  readonly triedBy?: readonly Knob[];
  /** What the rotation does when it does not hold, or why it must hold. */
  readonly otherwise: string;
  /** Where nothing can be done about it: until when, or in which window, and what may happen then. */
  readonly beyond?: { readonly window: string; readonly consequence: string };
  /** The statements of the contract suite that put it to the embedded AWS, to emulators, and to AWS. */
  readonly statements?: readonly string[];
}

const secretsApi = (operation: string): Page => ({
  title: `Secrets Manager API, ${operation}`,
  path: `secretsmanager/latest/apireference/API_${operation}.html`,
});
const iamApi = (operation: string): Page => ({
  title: `IAM API, ${operation}`,
  path: `IAM/latest/APIReference/API_${operation}.html`,
});
const iamGuide = (title: string, page: string): Page => ({
  title: `IAM User Guide, ${title}`,
  path: `IAM/latest/UserGuide/${page}`,
});
const statesApi = (operation: string): Page => ({
  title: `Step Functions API, ${operation}`,
  path: `step-functions/latest/apireference/API_${operation}.html`,
});

const SECRETS_QUOTAS: Page = {
  title: 'Secrets Manager User Guide, quotas',
  path: 'secretsmanager/latest/userguide/reference_limits.html',
};
const STATES_QUOTAS: Page = {
  title: 'Step Functions Developer Guide, service quotas',
  path: 'step-functions/latest/dg/service-quotas.html',
};
const IAM_CONSISTENCY: Page = iamGuide(
  'changes are not always immediately visible',
  'troubleshoot_general.html#troubleshoot_general_eventual-consistency',
);

/**
 * Every property of AWS that the rotation leans on. Each is promised by AWS, or tried in random schedules, or has a window
 * outside of which it is not needed; a test asks each for one of these.
 */
export const ASSUMPTIONS = [
  {
    id: 'secret-reads',
    service: 'Secrets Manager',
    says: 'A read shows what was written before it, and no later read shows an older state.',
    aws: { denies: secretsApi('ListSecrets') },
    triedBy: ['aws.secretsReadLag'],
    otherwise:
      'what was written and answered for is true; a read that does not show it is late, and is read again. Nothing is destroyed because it is not seen',
    beyond: {
      window: 'more than 60 seconds after the write (`LATE_READ_SECONDS`)',
      consequence:
        'up to then a late read is waited for. After it, a rotation that is in order may end in `StateDrift`, or be tried again until `TransientServiceError` ends it; the next start goes on with it. No key is deleted for it: a condemnation has to show first',
    },
  },
  {
    id: 'label-compare-and-set',
    service: 'Secrets Manager',
    says: 'UpdateSecretVersionStage moves a label only when RemoveFromVersionId names the version that has it, and of two calls at once one fails.',
    aws: { promises: secretsApi('UpdateSecretVersionStage') },
    otherwise:
      'the lock, the labels of keys and the publication rest on it, and nothing replaces it. That the comparison and the move are one step is not said in so many words',
    beyond: {
      window: 'two calls for one label that arrive at the same moment, were the comparison not atomic',
      consequence:
        'two executions hold the lock; each looks for its own intent again before each write, and the one that does not find it stops. At worst a key more is created, which the next execution finds',
    },
    statements: [
      'secrets-manager/move-without-remove-from',
      'secrets-manager/move-with-wrong-remove-from',
      'secrets-manager/move-with-remove-from-the-target',
      'secrets-manager/move-with-right-remove-from',
      'secrets-manager/move-of-a-custom-label',
      'secrets-manager/awscurrent-compared',
    ],
  },
  {
    id: 'label-move-replayed',
    service: 'Secrets Manager',
    says: 'A move of a label that is sent again is refused, and changes nothing.',
    aws: { promises: secretsApi('UpdateSecretVersionStage') },
    triedBy: ['fault.answer-lost', 'fault.late'],
    otherwise: 'after a refusal the step asks where the label is, and takes that for the answer',
    statements: ['secrets-manager/move-replayed', 'secrets-manager/label-removed-from-another-version'],
  },
  {
    id: 'put-replayed',
    service: 'Secrets Manager',
    says: 'PutSecretValue that is sent again with its ClientRequestToken and value changes nothing, and another value under that token is refused.',
    aws: { promises: secretsApi('PutSecretValue') },
    triedBy: ['fault.answer-lost', 'fault.late'],
    otherwise:
      'a version is written under an ID that follows from what it is for, so that a repetition cannot make two',
    statements: [
      'secrets-manager/replayed-put-leaves-labels',
      'secrets-manager/replayed-put-with-other-labels',
      'secrets-manager/replayed-put-without-labels',
      'secrets-manager/token-taken-by-other-value',
    ],
  },
  {
    id: 'labels-stay',
    service: 'Secrets Manager',
    says: 'A version that loses AWSCURRENT keeps its other labels.',
    aws: 'nothing',
    triedBy: ['aws.ownLabelsVanish'],
    otherwise:
      'the lock, the mark of publication, a condemnation and the hold are on intents, which never have AWSCURRENT ([ADR 29](adr/0029-marks-on-intents.md))',
    beyond: {
      window: 'an emergency that has fallen back on the other key, whose label vanished with AWSCURRENT',
      consequence: 'it may set that key Active once more, though a person has set it Inactive since',
    },
    statements: [
      'secrets-manager/lock-survives-publication',
      'secrets-manager/awsprevious-follows',
      'secrets-manager/labels-survive-loss-of-awscurrent',
    ],
  },
  {
    id: 'versions-with-labels-stay',
    service: 'Secrets Manager',
    says: 'A version with a label is not removed, and one without is there for another 24 hours, and until there are more than 100.',
    aws: { promises: SECRETS_QUOTAS },
    otherwise:
      'what the rotation remembers has a label. A version that cannot be read counts as gone, which proves nothing about a key',
    statements: ['secrets-manager/unlabelled-still-read', 'secrets-manager/unlabelled-listed-when-asked'],
  },
  {
    id: 'version-is-immutable',
    service: 'Secrets Manager',
    says: 'The value of a version never changes.',
    aws: { promises: secretsApi('PutSecretValue') },
    triedBy: ['person.edit-field'],
    otherwise: 'what a person changes is a version of its own, and is carried into the next publication',
    statements: ['secrets-manager/token-taken-by-other-value'],
  },
  {
    id: 'secret-stays',
    service: 'Secrets Manager',
    says: 'Nobody but the rotation writes to the secret, or takes it away.',
    aws: 'nothing',
    triedBy: [
      'person.edit-field',
      'person.put-old-key-back',
      'person.put-own-key',
      'person.put-strangers-key',
      'person.empty-secret',
      'person.schedule-deletion',
      'person.remove-secret',
      'person.remove-lock',
    ],
    otherwise: 'each step reads again before it writes, and a named error says what a person has to do',
    statements: [
      'secrets-manager/deletion-scheduled-described',
      'secrets-manager/deletion-scheduled-not-written',
    ],
  },
  {
    id: 'secret-descriptions',
    service: 'Secrets Manager',
    says: 'A secret’s existence, tags, replicas and rotation show as soon as they are changed.',
    aws: { denies: secretsApi('ListSecrets') },
    otherwise: 'they are believed as they are read, by each step anew',
    beyond: {
      window: 'as long as a read is behind a change that a person has made',
      consequence:
        'a pause begins with the next step; a secret that has just been made is said not to exist, and the next start finds it',
    },
  },
  {
    id: 'secrets-answers',
    service: 'Secrets Manager',
    says: 'Secrets Manager answers.',
    aws: 'nothing',
    triedBy: ['fault.fails', 'fault.throttled'],
    otherwise: 'each step is tried again, for up to 50 minutes, and then the next start goes on',
    beyond: {
      window: 'more than 50 minutes, right after a rollback has brought the old key back',
      consequence:
        'the hold is not set, and a person is told so; unless somebody acts, the next scheduled start goes on with the rotation and may deactivate the old key again',
    },
  },
  {
    id: 'replicas-follow',
    service: 'Secrets Manager',
    says: 'A replica has what the secret has.',
    aws: { denies: secretsApi('ReplicationStatusType') },
    otherwise: 'the old key is not deactivated before every replica is InSync; an emergency does not wait',
    beyond: {
      window: 'an emergency, until a replica has followed',
      consequence:
        'consumers that read a replica go on with the leaked key and are refused, until the replica has the new one',
    },
  },
  {
    id: 'key-lists',
    service: 'IAM',
    says: 'ListAccessKeys shows every key and its status, as they are.',
    aws: { denies: IAM_CONSISTENCY },
    triedBy: ['aws.iamReadLag'],
    otherwise:
      'a key that the rotation created is known by the answer, and the keys from before by the intent; a list that shows fewer proves nothing',
    statements: ['iam/list-in-pages', 'iam/list-of-none'],
  },
  {
    id: 'iam-conditional-writes',
    service: 'IAM',
    says: 'A key is as it was read when it is written.',
    aws: 'nothing',
    triedBy: [
      'fault.slow',
      'fault.paused',
      'person.deactivate-old-key',
      'person.deactivate-new-key',
      'person.reactivate-old-key',
      'person.delete-old-key',
      'person.delete-new-key',
      'person.create-key',
    ],
    otherwise: 'the read is right before the write, and the next step sees what has changed',
    beyond: {
      window: "between a step's last read and its write: milliseconds, or as long as IAM's lists are behind",
      consequence:
        'the rotation acts on a key that a person has just changed. It destroys nothing further; the next step sees the change',
    },
  },
  {
    id: 'create-is-not-idempotent',
    service: 'IAM',
    says: 'CreateAccessKey that is sent again creates no second key.',
    aws: 'nothing',
    triedBy: ['fault.answer-lost', 'fault.late'],
    otherwise:
      'it is sent once; the intent knows the keys from before, and a key that is new and in no version is deleted, when CloudTrail says that the rotation created it',
    statements: ['iam/two-keys-at-most'],
  },
  {
    id: 'secret-shown-once',
    service: 'IAM',
    says: 'A secret access key is shown when the key is created, and never again.',
    aws: { promises: iamApi('CreateAccessKey') },
    triedBy: ['fault.dies', 'fault.answer-lost'],
    otherwise: 'a key whose secret was lost is deleted, and another one is created',
    statements: ['iam/key-is-born-active', 'iam/list-without-secrets'],
  },
  {
    id: 'two-keys-per-user',
    service: 'IAM',
    says: 'A user has at most two access keys, Inactive ones included.',
    aws: { promises: iamGuide('IAM and AWS STS quotas', 'reference_iam-quotas.html') },
    otherwise: 'more than two are refused by the plan, and reported',
    statements: ['iam/two-keys-at-most', 'iam/inactive-keys-count', 'iam/deleted-key-gives-room'],
  },
  {
    id: 'ownership',
    service: 'IAM',
    says: 'A user’s tags are as they were set, and nobody else rotates the user.',
    aws: 'nothing',
    triedBy: ['person.mark-for-other', 'person.remove-mark', 'aws.iamReadLag'],
    otherwise:
      'the tag `rotation-secret` is claimed right before a key is created; a user with another one’s is refused ([ADR 35](adr/0035-mark-of-ownership.md))',
    beyond: {
      window:
        'two stacks claim an unmarked user within the lag of IAM’s reads, or between a read and CreateAccessKey',
      consequence:
        'both may create a key; each ends, or is refused at its next start, as `AccessKeyConflict` or `UserConflict`. What uses the key from before keeps it Active, unless `onAdoptionDeadline` is `go-on`',
    },
    statements: ['iam/tags-of-a-user'],
  },
  {
    id: 'deletion-is-final',
    service: 'IAM',
    says: 'A key that was deleted never works again, and its ID is never given to another.',
    aws: { promises: iamGuide('managing access keys', 'id_credentials_access-keys.html') },
    otherwise:
      'deletion comes last, after the recovery period; a key is remembered by its ID alone. That IDs are unique is said of them, that none is used again is not',
    beyond: {
      window: 'an ID that is used again while a secret or an intent still names its first owner',
      consequence: 'the new key is taken for the old one, and may be deleted with it',
    },
    statements: ['iam/deleted-twice', 'sts/deleted-key'],
  },
  {
    id: 'new-key-works',
    service: 'IAM',
    says: 'A new key works at once, and everywhere.',
    aws: { denies: IAM_CONSISTENCY },
    triedBy: ['aws.keyPropagationDelay', 'fault.key-refused'],
    otherwise:
      'a key is published after AWS has accepted it five times in a row; both keys are Active meanwhile',
    beyond: {
      window: 'some seconds after five acceptances in a row',
      consequence:
        "another service or Region refuses the new key; both keys are Active for the overlap period, except for a user's first key",
    },
  },
  {
    id: 'status-works',
    service: 'IAM',
    says: 'A change of a key’s status takes effect at once, and everywhere.',
    aws: { denies: IAM_CONSISTENCY },
    triedBy: ['aws.statusPropagationDelay'],
    otherwise:
      'no step concludes from an acceptance that a key is Active, nor from a refusal alone that it is not',
    statements: ['sts/inactive-key', 'iam/inactive-and-back'],
  },
  {
    id: 'iam-clock',
    service: 'IAM',
    says: 'IAM’s clock agrees with the others, and its dates have fractions of a second.',
    aws: 'nothing',
    triedBy: ['aws.clockSkew'],
    otherwise:
      'IAM cuts create dates to seconds. Only the age of a key, in days, is told by them; CloudTrail is searched with a margin around them',
  },
  {
    id: 'last-used',
    service: 'IAM',
    says: 'GetAccessKeyLastUsed shows each use of a key.',
    aws: { denies: iamGuide('credential reports', 'id_credentials_getting-report.html') },
    triedBy: ['aws.lastUsedDelay', 'world.readsItself'],
    otherwise:
      'an old key has to be quiet for the quiet period, which is far longer; an answer that is missing is not “unused”, and reads of the secret are no proof that programs use the new key ([ADR 32](adr/0032-evidence-of-use.md))',
    beyond: {
      window: 'the quiet period minus 15 minutes of coarseness and the delay',
      consequence: 'a use that does not show within the quiet period is not seen',
    },
    statements: ['iam/never-used', 'iam/last-used', 'iam/last-used-of-a-deleted-key'],
  },
  {
    id: 'policies-take-effect',
    service: 'IAM',
    says: 'A change of a policy takes effect at once, and what is attached before something else is detached leaves no gap.',
    aws: { denies: IAM_CONSISTENCY },
    triedBy: ['fault.denied'],
    otherwise:
      'a denial is tried again ([ADR 37](adr/0037-a-denial-may-pass.md)), and a user’s grants keep their place when other users come and go ([ADR 38](adr/0038-grants-stay-where-they-are.md))',
    beyond: {
      window: 'a denial of more than ten minutes, of a rollback more than fifty, of the plan more than one',
      consequence:
        'the execution ends, says what was denied and what is known of the keys; the next start goes on. A rollback may leave the old key Active without its hold',
    },
  },
  {
    id: 'caller-identity',
    service: 'STS',
    says: 'GetCallerIdentity answers whoever signs with a key that works, whatever policies deny.',
    aws: {
      promises: {
        title: 'STS API, GetCallerIdentity',
        path: 'STS/latest/APIReference/API_GetCallerIdentity.html',
      },
    },
    otherwise: 'a key that is refused for any other reason than itself is not taken for unusable',
    statements: ['sts/no-permission-needed', 'sts/explicit-deny-ignored', 'sts/who-a-key-belongs-to'],
  },
  {
    id: 'trail-shows',
    service: 'CloudTrail',
    says: 'LookupEvents shows an event soon.',
    aws: {
      denies: {
        title: 'CloudTrail User Guide, how CloudTrail works',
        path: 'awscloudtrail/latest/userguide/how-cloudtrail-works.html',
      },
    },
    triedBy: ['aws.cloudTrailDelay'],
    otherwise:
      'a key that nothing else explains is neither deleted nor forgotten; the rotation waits, and says so',
    beyond: {
      window: 'as long as it does not show, and 89 days at most',
      consequence:
        'a key that nothing else explains is neither deleted nor forgotten; the rotation waits, and says so. After 89 days it goes on, and leaves the key to a person',
    },
  },
  {
    id: 'trail-remembers',
    service: 'CloudTrail',
    says: 'LookupEvents remembers an event for as long as somebody may ask for it.',
    aws: {
      denies: {
        title: 'CloudTrail API, LookupEvents',
        path: 'awscloudtrail/latest/APIReference/API_LookupEvents.html',
      },
    },
    triedBy: ['aws.cloudTrailMemory'],
    otherwise:
      'events are gone after 90 days. A key that was forgotten is never deleted, nor waited for: the rotation goes on without it, and a person is told ([ADR 28](adr/0028-a-source-that-forgets.md))',
  },
  {
    id: 'execution-reads',
    service: 'Step Functions',
    says: 'DescribeExecution shows whether an execution runs.',
    aws: { denies: statesApi('DescribeExecution') },
    triedBy: ['aws.executionReadLag'],
    otherwise:
      'only what has a stop date, 180 seconds ago, counts as over (`DRAIN_SECONDS`); an execution that is not shown soon after its start is late, and not gone',
    beyond: {
      window: 'more than 60 seconds after an execution has begun (`LATE_READ_SECONDS`)',
      consequence:
        'an execution that is running counts as over, if its intent is older than three minutes. Until then a late read delays a start: it ends in `RotationInProgress`, or does nothing when a schedule made it',
    },
    statements: ['step-functions/describe-metadata-only', 'step-functions/describe-missing'],
  },
  {
    id: 'execution-history',
    service: 'Step Functions',
    says: 'GetExecutionHistory shows the state that an execution has entered, before the function of that state asks.',
    aws: 'nothing',
    triedBy: ['aws.executionReadLag'],
    otherwise:
      'a step waits four seconds for it, and is tried again then: it acts for an event only when the history bears it out ([ADR 40](adr/0040-a-step-believes-nobody.md))',
    beyond: {
      window: 'as long as the history is further behind than the retries of a step last, ten minutes or more',
      consequence:
        'the execution ends in `TransientServiceError`, and nothing is changed; the next start goes on with it',
    },
  },
  {
    id: 'execution-names',
    service: 'Step Functions',
    says: 'An execution has its name for itself.',
    aws: { denies: statesApi('StartExecution') },
    triedBy: ['aws.executionNamesUsedAgain'],
    otherwise:
      'a name may be used again after 90 days, or at once when the state machine was deleted; so the owner of a lock has the start of its execution in its name, too ([ADR 27](adr/0027-identity-of-an-execution.md))',
    statements: ['step-functions/name-taken-by-closed', 'step-functions/start-replayed'],
  },
  {
    id: 'one-execution',
    service: 'Step Functions',
    says: 'A user has one execution at a time.',
    aws: 'nothing',
    triedBy: ['fault.second-start', 'fault.redriven'],
    otherwise:
      'the lock is taken by compare-and-set, and proved before each change; a redriven execution is refused',
  },
  {
    id: 'stop-stops-the-function',
    service: 'Step Functions',
    says: 'The function of an execution that was stopped does nothing further.',
    aws: 'nothing',
    triedBy: ['fault.stopped', 'fault.late-after-stop', 'fault.unobserved'],
    otherwise:
      'an execution’s lock is taken over 180 seconds after its end, and each step proves that it has the lock before it changes something',
    statements: ['step-functions/stop-twice'],
  },
  {
    id: 'history-fits',
    service: 'Step Functions',
    says: 'An execution may run for a year, with 25,000 events and 256 KiB of state.',
    aws: { promises: STATES_QUOTAS },
    otherwise: 'the configuration refuses periods and intervals that would need more',
  },
  {
    id: 'cause-fits',
    service: 'Step Functions',
    says: 'The cause of a failure reaches the failure branch whole.',
    aws: { denies: statesApi('TaskFailedEventDetails') },
    otherwise:
      'a cause that is cut, at 32,768 characters, is no JSON any more; it is believed under one of our names only, whose messages are short ([ADR 36](adr/0036-failures-explain-themselves.md))',
    beyond: {
      window: 'a message of more than 32,768 characters',
      consequence:
        'a person is told that a step failed, and not why; no message of the rotation is near that long',
    },
  },
  {
    id: 'waits-are-precise',
    service: 'Step Functions',
    says: 'A Wait state ends when its time has come.',
    aws: 'nothing',
    triedBy: ['fault.paused'],
    otherwise:
      'no step believes that time has passed because it was told to wait: it looks at the clock and at the labels again',
    beyond: {
      window: 'a wait that ends late',
      consequence: 'everything happens later by so much, and nothing earlier',
    },
  },
  {
    id: 'function-runs-once',
    service: 'Lambda',
    says: 'A function that is invoked runs, once, to its end, and its answer arrives.',
    aws: 'nothing',
    triedBy: ['fault.dies', 'fault.hangs', 'fault.not-run', 'fault.unobserved'],
    otherwise: 'every step may be cut off between any two calls, and run again',
  },
  {
    id: 'late-requests',
    service: 'Lambda',
    says: 'A request whose caller is gone takes effect soon, or never.',
    aws: 'nothing',
    triedBy: ['fault.late', 'fault.late-after-death', 'fault.late-after-stop'],
    otherwise: 'a lock is taken over after `DRAIN_SECONDS`, which have room for it',
    beyond: {
      window: 'more than 60 seconds after its function was cut off (`LATE_REQUEST_MARGIN_SECONDS`)',
      consequence:
        "a call of an execution that has lost the lock takes effect. A late `CreateAccessKey` leaves a key for the next execution's sweep; a late deletion can only hit a key that was condemned, or was Inactive for the recovery period",
    },
  },
  {
    id: 'clocks-agree',
    service: 'Lambda',
    says: 'The clocks of Step Functions and of all hosts of functions agree.',
    aws: 'nothing',
    otherwise: 'a lock is taken over with a margin of 60 seconds, and periods are hours and days long',
    beyond: {
      window: 'a difference of more than 60 seconds, when a lock is taken over',
      consequence:
        "the same as with a late request: a function of the execution before may act for so much longer as the clocks differ, less 60 seconds. IAM's clock may differ by minutes: nothing compares it with another",
    },
  },
  {
    id: 'function-clock',
    service: 'Lambda',
    says: 'The clock of a function is right.',
    aws: 'nothing',
    triedBy: ['aws.functionClockSkew'],
    otherwise: 'a recovery period that is over by another clock is waited for, and not begun anew',
    beyond: {
      window: 'as long as it is ahead',
      consequence: 'the recovery period ends so much earlier. A clock that is behind delays the deletion',
    },
  },
  {
    id: 'functions-are-found',
    service: 'Lambda',
    says: 'GetFunctionConcurrency fails with ResourceNotFoundException where there is no function, and only there.',
    statements: ['lambda/not-there'],
    aws: {
      promises: {
        title: 'Lambda API, GetFunctionConcurrency',
        path: 'lambda/latest/api/API_GetFunctionConcurrency.html',
      },
    },
    otherwise:
      'a validator that is gone, and found all the same, gives no verdict later, which keeps both keys Active; one that is there, and not found, keeps a rotation from beginning, until the next start',
  },
  {
    id: 'alarm-states',
    service: 'CloudWatch',
    says: 'DescribeAlarms shows each alarm’s present state.',
    aws: 'nothing',
    triedBy: ['aws.alarmReadLag', 'fault.outage'],
    otherwise: 'an alarm that is missing, or without data, is not OK; the last look is right before each act',
    beyond: {
      window: 'as long as a read is behind, before a deletion',
      consequence: 'an alarm that went off in it does not keep the key from being deleted',
    },
    statements: ['cloudwatch/states', 'cloudwatch/unknown-alarms-are-left-out', 'cloudwatch/state-at-birth'],
  },
  {
    id: 'alarms-by-name',
    service: 'CloudWatch',
    says: 'DescribeAlarms and DescribeAlarmHistory with a name are judged by the ARN of the alarm that is named.',
    aws: 'nothing',
    otherwise:
      'AWS speaks of permissions with a narrower scope than `*`, and not of several names: so each alarm is asked for by itself',
    beyond: {
      window: 'always, were even one name judged by `*`, as two emulators do',
      consequence: 'every look is denied: no key is deactivated, and a person is told',
    },
    statements: ['cloudwatch/one-name', 'cloudwatch/several-names'],
  },
  {
    id: 'alarm-history',
    service: 'CloudWatch',
    says: 'DescribeAlarmHistory has every change of an alarm’s state since the deactivation.',
    aws: {
      denies: {
        title: 'CloudWatch CLI Reference, mon-describe-alarm-history: two weeks',
        path: 'AmazonCloudWatch/latest/cli/cli-mon-describe-alarm-history.html',
      },
    },
    triedBy: ['fault.outage', 'aws.alarmReadLag'],
    otherwise:
      'it is asked at each check, for what has happened since the deactivation; a history that is too long, or not understood, is “not known”',
    beyond: {
      window:
        'a change that is older than CloudWatch keeps, and that no check has met: none is so far from the next',
      consequence: 'an alarm that went off, and recovered, is not seen',
    },
    statements: ['cloudwatch/history-of-states'],
  },
  {
    id: 'kms-follows',
    service: 'KMS',
    says: 'A new key, grant or key policy is known everywhere at once.',
    aws: {
      denies: {
        title: 'KMS Developer Guide, eventual consistency',
        path: 'kms/latest/developerguide/programming-eventual-consistency.html',
      },
    },
    triedBy: ['fault.kms-denied'],
    otherwise:
      'that the key encrypts is found by storing the intent, before a key is created; what is refused is tried again ([ADR 37](adr/0037-a-denial-may-pass.md))',
    beyond: {
      window: 'a refusal of more than ten minutes',
      consequence:
        'the execution ends in `KmsKeyNotUsable`; the next start goes on. A key that was created and could not be stored is deleted by it',
    },
  },
  {
    id: 'starts-once',
    service: 'EventBridge Scheduler',
    says: 'A schedule starts an execution, once.',
    aws: {
      denies: {
        title: 'EventBridge Scheduler User Guide, what is EventBridge Scheduler',
        path: 'scheduler/latest/UserGuide/what-is-scheduler.html',
      },
    },
    triedBy: ['fault.second-start'],
    otherwise:
      'a second start meets the lock, and ends; a start that fails for two hours is left to the next one, and a dead-letter queue keeps it',
  },
  {
    id: 'events-arrive',
    service: 'EventBridge',
    says: 'An event reaches its targets, once.',
    aws: {
      denies: {
        title: 'EventBridge Events Reference, delivery level',
        path: 'eventbridge/latest/ref/event-delivery-level.html',
      },
    },
    otherwise:
      'no step waits for an event to go on safely: events are for people and their tools, and each may arrive twice',
    beyond: {
      window: 'an execution that was stopped or timed out, whose event does not arrive for 24 hours',
      consequence:
        'nobody is told of it; the alarm on executions that timed out, and the next scheduled start, remain',
    },
    statements: ['eventbridge/timed-out-or-aborted', 'eventbridge/failed-untold'],
  },
  {
    id: 'ses-login',
    service: 'SES',
    says: 'The SMTP interface takes a key’s ID, and the password that is computed from its secret access key for the Region.',
    aws: {
      promises: {
        title: 'SES Developer Guide, obtaining SMTP credentials',
        path: 'ses/latest/dg/smtp-credentials.html',
      },
    },
    otherwise:
      'nothing replaces it: no step asks SES, and mail would be refused from the publication on, while the former login works until the deactivation ([ADR 51](adr/0051-what-ses-takes-follows-the-key.md))',
  },
  {
    id: 'messages-arrive',
    service: 'SNS',
    says: 'A message that was published reaches its subscribers.',
    aws: {
      denies: {
        title: 'SNS Developer Guide, message delivery retries',
        path: 'sns/latest/dg/sns-message-delivery-retries.html',
      },
    },
    otherwise: 'what is published is a copy: the execution’s own end, and the alarms, say the same',
    beyond: {
      window: 'an endpoint that is gone for longer than SNS tries',
      consequence: 'its owner is not told',
    },
    statements: ['sns/subject-too-long'],
  },
] as const satisfies readonly Assumption[];

type Tried = Extract<(typeof ASSUMPTIONS)[number], { readonly triedBy: unknown }>['triedBy'][number];

/** Knobs that break no property, and why. One that is neither here nor in a property does not compile. */
export const NO_ASSUMPTION: Readonly<Record<Exclude<Knob, Tried>, string>> = {
  'aws.latency':
    'how long a call takes. The simulation gives each call some milliseconds; `slow` and `paused` are the long ones',
  'aws.accessKeysPerUser':
    'a quota that AWS promises (`two-keys-per-user`). Tests of single functions raise it',
  'world.worksEveryHours':
    'how seldom a program works; no property of AWS. Single schedules set it, to try what reads of the secret hide',
};
