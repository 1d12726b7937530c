import type { Behaviour } from '../../embedded-aws/ground/behaviour';
import type { Act, Mishap, WorldSettings } from '../schedule/schedule';

/**
 * The knob of the embedded AWS that each setting of a schedule's world turns; null: none, because the setting
 * is about the user's programs.
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

/** A way to make AWS, or people, behave differently from a quiet hour. */
export type Knob =
  | `aws.${keyof Behaviour}`
  | `world.${OwnSetting}`
  | `fault.${Exclude<Mishap['kind'], 'person'>}`
  | `person.${Act}`;

/** The embedded AWS in a quiet hour: a knob in another position breaks a property. */
export const AT_REST: Readonly<Behaviour> = {
  keyPropagationDelay: 0,
  statusPropagationDelay: 0,
  iamReadLag: 0,
  clockSkew: 0,
  cloudTrailDelay: 0,
  cloudTrailMemory: Number.POSITIVE_INFINITY,
  logsDelay: 0,
  logsPageSpan: Number.POSITIVE_INFINITY,
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

/** What AWS's documentation says of a property: that it holds, that it need not hold, or nothing. */
type Word = { readonly promises: Page } | { readonly denies: Page } | 'nothing';

/** A property of AWS that the rotation relies on, or would have to rely on if it were built differently. */
export interface Assumption {
  /** Stable, and unique among all. */
  readonly id: string;
  readonly service: string;
  /** The property, as a sentence about AWS. */
  readonly says: string;
  readonly aws: Word;
  /** What breaks the property in random schedules. */
  readonly triedBy?: readonly Knob[];
  /** What the rotation does if it does not hold, or why it must hold. */
  readonly otherwise: string;
  /** If nothing can be done about it: until when, or in which window, and what may happen then. */
  readonly beyond?: { readonly window: string; readonly consequence: string };
  /** The statements of the contract suite that check it against the embedded AWS, emulators, and AWS. */
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
 * Every property of AWS that the rotation relies on. Each is promised by AWS, or tried in random schedules,
 * or has a window outside of which it is not needed; a test requires one of these for each.
 */
export const ASSUMPTIONS = [
  {
    id: 'secret-reads',
    service: 'Secrets Manager',
    says: 'A read shows what was written before it, and no later read shows an older state.',
    aws: { denies: secretsApi('ListSecrets') },
    triedBy: ['aws.secretsReadLag'],
    otherwise:
      'an acknowledged write counts as true; a read that does not show it is late, and is repeated. Nothing is destroyed because a read does not show it',
    beyond: {
      window: 'more than 60 seconds after the write (`LATE_READ_SECONDS`)',
      consequence:
        'up to then, the rotation waits for a late read. After it, a rotation without any fault may end in `StateDrift`, or be retried until `TransientServiceError` ends it; the next start continues it. No key is deleted because of it: a condemnation has to show first',
    },
  },
  {
    id: 'label-compare-and-set',
    service: 'Secrets Manager',
    says: 'UpdateSecretVersionStage moves a label only when RemoveFromVersionId names the version that has it, and of two calls at once one fails.',
    aws: { promises: secretsApi('UpdateSecretVersionStage') },
    otherwise:
      'the lock, the labels of keys and the publication rely on it, and nothing replaces it. AWS does not say explicitly that the comparison and the move are one step',
    beyond: {
      window: 'two calls for one label that arrive at the same moment, were the comparison not atomic',
      consequence:
        'two executions hold the lock; each looks for its own intent again before each write, and the one that does not find it stops. At worst one more key is created, which the next execution finds',
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
    says: 'A repeated move of a label is refused, and changes nothing.',
    aws: { promises: secretsApi('UpdateSecretVersionStage') },
    triedBy: ['fault.answer-lost', 'fault.late'],
    otherwise: 'after a refusal the step asks where the label is, and takes that as the answer',
    statements: ['secrets-manager/move-replayed', 'secrets-manager/label-removed-from-another-version'],
  },
  {
    id: 'put-replayed',
    service: 'Secrets Manager',
    says: 'A repeated PutSecretValue with the same ClientRequestToken and value changes nothing, and another value under that token is refused.',
    aws: { promises: secretsApi('PutSecretValue') },
    triedBy: ['fault.answer-lost', 'fault.late'],
    otherwise:
      'a version is written under an ID that follows from its purpose, so that a repetition cannot make two',
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
      consequence: 'it may set that key Active once more, although a person has set it Inactive since',
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
      'everything that the rotation needs to remember has a label. A version that cannot be read counts as gone, which proves nothing about a key',
    statements: ['secrets-manager/unlabelled-still-read', 'secrets-manager/unlabelled-listed-when-asked'],
  },
  {
    id: 'version-is-immutable',
    service: 'Secrets Manager',
    says: 'The value of a version never changes.',
    aws: { promises: secretsApi('PutSecretValue') },
    triedBy: ['person.edit-field'],
    otherwise: 'a person’s change is a version of its own, and is carried into the next publication',
    statements: ['secrets-manager/token-taken-by-other-value'],
  },
  {
    id: 'secret-stays',
    service: 'Secrets Manager',
    says: 'Only the rotation writes to the secret, and no one removes it.',
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
    says: 'Changes of a secret’s existence, tags, replicas and rotation show at once.',
    aws: { denies: secretsApi('ListSecrets') },
    otherwise: 'each step reads them again, and believes what it reads',
    beyond: {
      window: 'as long as a read is behind a change that a person has made',
      consequence:
        'a pause begins with the next step; a new secret is reported as missing, and the next start finds it',
    },
  },
  {
    id: 'secrets-answers',
    service: 'Secrets Manager',
    says: 'Secrets Manager answers.',
    aws: 'nothing',
    triedBy: ['fault.fails', 'fault.throttled'],
    otherwise: 'each step is retried, for up to 50 minutes, and then the next start continues',
    beyond: {
      window: 'more than 50 minutes, right after a rollback has brought the old key back',
      consequence:
        'the hold is not set, and a person is told so; unless a person acts, the next scheduled start continues the rotation and may deactivate the old key again',
    },
  },
  {
    id: 'replicas-follow',
    service: 'Secrets Manager',
    says: 'A replica has the same content as the secret.',
    aws: { denies: secretsApi('ReplicationStatusType') },
    otherwise: 'the old key is not deactivated before every replica is InSync; an emergency does not wait',
    beyond: {
      window: 'an emergency, until a replica has followed',
      consequence:
        'consumers that read a replica keep using the leaked key and are refused, until the replica has the new one',
    },
  },
  {
    id: 'key-lists',
    service: 'IAM',
    says: 'ListAccessKeys shows the present keys and their statuses.',
    aws: { denies: IAM_CONSISTENCY },
    triedBy: ['aws.iamReadLag'],
    otherwise:
      'a key that the rotation created is known from the answer, and earlier keys from the intent; a list that shows fewer proves nothing',
    statements: ['iam/list-in-pages', 'iam/list-of-none'],
  },
  {
    id: 'iam-conditional-writes',
    service: 'IAM',
    says: 'A key does not change between a read and the write that follows.',
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
    otherwise: 'the read is right before the write, and the next step sees later changes',
    beyond: {
      window: "between a step's last read and its write: milliseconds, or as long as IAM's lists are behind",
      consequence:
        'the rotation acts on a key that a person has just changed. It destroys nothing else; the next step sees the change',
    },
  },
  {
    id: 'create-is-not-idempotent',
    service: 'IAM',
    says: 'A repeated CreateAccessKey creates no second key.',
    aws: 'nothing',
    triedBy: ['fault.answer-lost', 'fault.late'],
    otherwise:
      'it is sent once; the intent names the earlier keys, and a new key that is in no version is deleted if CloudTrail says that the rotation created it',
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
    otherwise: 'the plan refuses more than two, and reports them',
    statements: ['iam/two-keys-at-most', 'iam/inactive-keys-count', 'iam/deleted-key-gives-room'],
  },
  {
    id: 'ownership',
    service: 'IAM',
    says: 'A user’s tags are as they were set, and no other stack rotates the user.',
    aws: 'nothing',
    triedBy: ['person.mark-for-other', 'person.remove-mark', 'aws.iamReadLag'],
    otherwise:
      'the tag `rotation-secret` is set right before a key is created; a user with another stack’s tag is refused ([ADR 35](adr/0035-mark-of-ownership.md))',
    beyond: {
      window:
        'two stacks claim an unmarked user within the lag of IAM’s reads, or between a read and CreateAccessKey',
      consequence:
        'both may create a key; each ends, or is refused at its next start, as `AccessKeyConflict` or `UserConflict`. Consumers that use the earlier key keep it Active, unless `onAdoptionDeadline` is `go-on`',
    },
    statements: ['iam/tags-of-a-user'],
  },
  {
    id: 'deletion-is-final',
    service: 'IAM',
    says: 'A deleted key never works again, and its ID is never given to another key.',
    aws: { promises: iamGuide('managing access keys', 'id_credentials_access-keys.html') },
    otherwise:
      'deletion comes last, after the recovery period; a key is remembered only by its ID. AWS says that IDs are unique, but not that none is used again',
    beyond: {
      window: 'an ID that is used again while a secret or an intent still names its first owner',
      consequence: 'the new key is taken for the old one, and may be deleted with it',
    },
    statements: ['iam/deleted-twice', 'sts/deleted-key'],
  },
  {
    id: 'new-key-works',
    service: 'IAM',
    says: 'A new key works everywhere at once.',
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
    says: 'A change of a key’s status takes effect everywhere at once.',
    aws: { denies: IAM_CONSISTENCY },
    triedBy: ['aws.statusPropagationDelay'],
    otherwise:
      'no step concludes from an acceptance that a key is Active, or from a refusal alone that it is not',
    statements: ['sts/inactive-key', 'iam/inactive-and-back'],
  },
  {
    id: 'iam-clock',
    service: 'IAM',
    says: 'IAM’s clock agrees with the others, and its dates have fractions of a second.',
    aws: 'nothing',
    triedBy: ['aws.clockSkew'],
    otherwise:
      'IAM cuts create dates to seconds. They are used only for the age of a key, in days; CloudTrail is searched with a margin around them',
  },
  {
    id: 'last-used',
    service: 'IAM',
    says: 'GetAccessKeyLastUsed shows each use of a key.',
    aws: { denies: iamGuide('credential reports', 'id_credentials_getting-report.html') },
    triedBy: ['aws.lastUsedDelay', 'world.readsItself'],
    otherwise:
      'an old key has to be quiet for the quiet period, which is far longer; a missing answer is not “unused”, and reads of the secret do not prove that programs use the new key ([ADR 32](adr/0032-evidence-of-use.md))',
    beyond: {
      window: 'the quiet period minus 15 minutes of coarseness and the delay',
      consequence: 'a use that does not show within the quiet period is not seen',
    },
    statements: ['iam/never-used', 'iam/last-used', 'iam/last-used-of-a-deleted-key'],
  },
  {
    id: 'policies-take-effect',
    service: 'IAM',
    says: 'A change of a policy takes effect at once, and there is no gap if the new policy is attached before the old one is detached.',
    aws: { denies: IAM_CONSISTENCY },
    triedBy: ['fault.denied'],
    otherwise:
      'a denied call is retried ([ADR 37](adr/0037-a-denial-may-pass.md)), and a user’s grants keep their place when other users come and go ([ADR 38](adr/0038-grants-stay-where-they-are.md))',
    beyond: {
      window: 'a denial of more than ten minutes; for a rollback more than fifty; for the plan more than one',
      consequence:
        'the execution ends, and says what was denied and what is known of the keys; the next start continues. A rollback may leave the old key Active without its hold',
    },
  },
  {
    id: 'caller-identity',
    service: 'STS',
    says: 'GetCallerIdentity answers every caller that signs with a working key, whatever policies deny.',
    aws: {
      promises: {
        title: 'STS API, GetCallerIdentity',
        path: 'STS/latest/APIReference/API_GetCallerIdentity.html',
      },
    },
    otherwise: 'a key is not taken for unusable if the reason of a refusal is not the key itself',
    statements: ['sts/no-permission-needed', 'sts/explicit-deny-ignored', 'sts/who-a-key-belongs-to'],
  },
  {
    id: 'trail-shows',
    service: 'CloudTrail',
    says: 'LookupEvents soon shows an event.',
    aws: {
      denies: {
        title: 'CloudTrail User Guide, how CloudTrail works',
        path: 'awscloudtrail/latest/userguide/how-cloudtrail-works.html',
      },
    },
    triedBy: ['aws.cloudTrailDelay'],
    statements: ['cloudtrail/who-created-a-key'],
    otherwise:
      'a key that nothing else explains is neither deleted nor forgotten; the rotation waits, and reports it',
    beyond: {
      window: 'as long as it does not show, and 89 days at most',
      consequence:
        'a key that nothing else explains is neither deleted nor forgotten; the rotation waits, and reports it. After 89 days it goes on, and leaves the key to a person',
    },
  },
  {
    id: 'trail-remembers',
    service: 'CloudTrail',
    says: 'LookupEvents remembers an event for as long as it may be needed.',
    aws: {
      denies: {
        title: 'CloudTrail API, LookupEvents',
        path: 'awscloudtrail/latest/APIReference/API_LookupEvents.html',
      },
    },
    triedBy: ['aws.cloudTrailMemory'],
    otherwise:
      'events are gone after 90 days. The rotation never deletes a forgotten key, and does not wait for it: it goes on without the key, and a person is told ([ADR 28](adr/0028-a-source-that-forgets.md))',
  },
  {
    id: 'execution-reads',
    service: 'Step Functions',
    says: 'DescribeExecution shows whether an execution runs.',
    aws: { denies: statesApi('DescribeExecution') },
    triedBy: ['aws.executionReadLag'],
    otherwise:
      'an execution that has stopped counts as at rest when its history proves it, and otherwise 180 seconds after its stop date (`DRAIN_SECONDS`); an execution that does not show soon after its start is late, and not gone',
    beyond: {
      window: 'more than 60 seconds after an execution has begun (`LATE_READ_SECONDS`)',
      consequence:
        'a running execution counts as over, if its intent is older than three minutes. Until then a late read delays a start: a start by hand ends in `RotationInProgress`, and a scheduled one does nothing',
    },
    statements: ['step-functions/describe-metadata-only', 'step-functions/describe-missing'],
  },
  {
    id: 'execution-lists',
    service: 'Step Functions',
    says: 'ListExecutions shows every execution that runs.',
    aws: { denies: statesApi('ListExecutions') },
    triedBy: ['aws.executionReadLag'],
    otherwise:
      'two scheduled starts that do not see each other both give notice of a rotation; one of them rotates, and the other finds it running ([ADR 59](adr/0059-notice-ahead.md))',
  },
  {
    id: 'execution-history-whole',
    service: 'Step Functions',
    says: 'A history that shows the end of an execution, with numbers that have no gap, shows every task that the execution has begun, and Step Functions calls a function once for each.',
    aws: 'nothing',
    triedBy: ['aws.executionReadLag', 'fault.stopped'],
    otherwise:
      'a history that does not show the end, has a gap, or does not reach back for three minutes proves nothing, and the lock is taken over 180 seconds after the end ([ADR 68](adr/0068-rest-is-proved.md))',
    beyond: {
      window:
        'an event that is added before the last one of a history after that one was shown, or a call of a function that is repeated unseen',
      consequence:
        'the same as with a late request: a function of the previous execution may act beside its successor, until its next look at the lock',
    },
  },
  {
    id: 'execution-history',
    service: 'Step Functions',
    says: 'GetExecutionHistory shows the state that an execution has entered, before the function of that state asks.',
    aws: 'nothing',
    triedBy: ['aws.executionReadLag'],
    otherwise:
      'a step waits four seconds for it, and is then retried: it acts on an event only if the history confirms it ([ADR 40](adr/0040-a-step-believes-nobody.md))',
    beyond: {
      window: 'when the history is further behind than the retries of a step last, ten minutes or more',
      consequence:
        'the execution ends in `TransientServiceError`, and nothing is changed; the next start continues it',
    },
  },
  {
    id: 'execution-names',
    service: 'Step Functions',
    says: 'An execution’s name is never used again.',
    aws: { denies: statesApi('StartExecution') },
    triedBy: ['aws.executionNamesUsedAgain'],
    otherwise:
      'a name may be used again after 90 days, or at once if the state machine was deleted; so the name of a lock’s owner also contains the start of its execution ([ADR 27](adr/0027-identity-of-an-execution.md))',
    statements: ['step-functions/name-taken-by-closed', 'step-functions/start-replayed'],
  },
  {
    id: 'one-execution',
    service: 'Step Functions',
    says: 'A user has one execution at a time.',
    aws: 'nothing',
    triedBy: ['fault.second-start', 'fault.redriven'],
    otherwise:
      'the lock is taken by compare-and-set, and checked before each change; a redriven execution is refused',
  },
  {
    id: 'stop-stops-the-function',
    service: 'Step Functions',
    says: 'The function of a stopped execution does nothing more.',
    aws: 'nothing',
    triedBy: ['fault.stopped', 'fault.late-after-stop', 'fault.unobserved'],
    otherwise:
      'an execution’s lock is taken over when its history shows that none of its functions can be at work, or else 180 seconds after its end; and each step checks that it has the lock before it changes something ([ADR 68](adr/0068-rest-is-proved.md))',
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
    says: 'The cause of a failure reaches the failure branch complete.',
    aws: { denies: statesApi('TaskFailedEventDetails') },
    otherwise:
      'a cause that is cut, at 32,768 characters, is no longer JSON; it is believed only under one of our names, whose messages are short ([ADR 36](adr/0036-failures-explain-themselves.md))',
    beyond: {
      window: 'a message of more than 32,768 characters',
      consequence:
        'a person is told that a step failed, but not why; no message of the rotation is nearly that long',
    },
  },
  {
    id: 'waits-are-precise',
    service: 'Step Functions',
    says: 'A Wait state ends when its time has come.',
    aws: 'nothing',
    triedBy: ['fault.paused'],
    otherwise:
      'no step assumes that time has passed because the execution waited: it looks at the clock and at the labels again',
    beyond: {
      window: 'a wait that ends late',
      consequence: 'everything happens that much later, and nothing earlier',
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
    says: 'A request whose caller is gone takes effect soon or never.',
    aws: 'nothing',
    triedBy: ['fault.late', 'fault.late-after-death', 'fault.late-after-stop'],
    otherwise:
      'a lock is taken over a minute after its holder’s last function has answered, or `DRAIN_SECONDS` after it began, which is long enough for it',
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
        'the same as with a late request: a function of the previous execution may act longer, by the difference of the clocks less 60 seconds. IAM’s clock may differ by minutes: it is never compared with another',
    },
  },
  {
    id: 'function-clock',
    service: 'Lambda',
    says: 'The clock of a function is right.',
    aws: 'nothing',
    triedBy: ['aws.functionClockSkew'],
    otherwise:
      'the rotation waits for the end of a recovery period that is over by another clock, and does not begin it again',
    beyond: {
      window: 'as long as it is ahead',
      consequence: 'the recovery period ends that much earlier. A clock that is behind delays the deletion',
    },
  },
  {
    id: 'functions-are-found',
    service: 'Lambda',
    says: 'GetFunctionConcurrency fails with ResourceNotFoundException if there is no function, and only then.',
    statements: ['lambda/not-there'],
    aws: {
      promises: {
        title: 'Lambda API, GetFunctionConcurrency',
        path: 'lambda/latest/api/API_GetFunctionConcurrency.html',
      },
    },
    otherwise:
      'a deleted validator that is still found gives no verdict later, which keeps both keys Active; an existing one that is not found prevents a rotation until the next start',
  },
  {
    id: 'alarm-states',
    service: 'CloudWatch',
    says: 'DescribeAlarms shows each alarm’s present state.',
    aws: 'nothing',
    triedBy: ['aws.alarmReadLag', 'fault.outage'],
    otherwise: 'an alarm that is missing, or has no data, is not OK; the last look is right before each act',
    beyond: {
      window: 'as long as a read is behind, before a deletion',
      consequence: 'an alarm that went off meanwhile does not prevent the deletion of the key',
    },
    statements: ['cloudwatch/states', 'cloudwatch/unknown-alarms-are-left-out', 'cloudwatch/state-at-birth'],
  },
  {
    id: 'alarms-by-name',
    service: 'CloudWatch',
    says: 'DescribeAlarms and DescribeAlarmHistory with a name are authorized by the ARN of the named alarm.',
    aws: 'nothing',
    otherwise:
      'AWS mentions permissions with a narrower scope than `*`, but not several names: so each alarm is requested separately',
    beyond: {
      window: 'always, if even one name were authorized by `*`, as in two emulators',
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
      'each check asks for what has happened since the deactivation; a history that is too long, or not understood, is “not known”',
    beyond: {
      window:
        'a change that is older than CloudWatch keeps, and that no check has seen: checks are never that far apart',
      consequence: 'an alarm that went off, and recovered, is not seen',
    },
    statements: ['cloudwatch/history-of-states'],
  },
  {
    id: 'kms-follows',
    service: 'KMS',
    says: 'A new key, grant or key policy takes effect everywhere at once.',
    aws: {
      denies: {
        title: 'KMS Developer Guide, eventual consistency',
        path: 'kms/latest/developerguide/programming-eventual-consistency.html',
      },
    },
    triedBy: ['fault.kms-denied'],
    otherwise:
      'storing the intent, before a key is created, shows that the key encrypts; a refused call is retried ([ADR 37](adr/0037-a-denial-may-pass.md))',
    beyond: {
      window: 'a refusal of more than ten minutes',
      consequence:
        'the execution ends in `KmsKeyNotUsable`; the next start continues. It deletes a key that was created and could not be stored',
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
      'a second start finds the lock, and ends; a start that fails for two hours is left to the next one, and a dead-letter queue keeps it',
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
      'no step needs an event to go on safely: events are for people and their tools, and each may arrive twice',
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
    says: 'The SMTP interface accepts a key’s ID, and the password that is computed from its secret access key for the Region.',
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
    says: 'A published message reaches its subscribers.',
    aws: {
      denies: {
        title: 'SNS Developer Guide, message delivery retries',
        path: 'sns/latest/dg/sns-message-delivery-retries.html',
      },
    },
    otherwise: 'a message is a copy: the execution’s own end, and the alarms, say the same',
    beyond: {
      window: 'an endpoint that is unavailable for longer than SNS tries',
      consequence: 'its owner is not told',
    },
    statements: ['sns/subject-too-long'],
  },
] as const satisfies readonly Assumption[];

type Tried = Extract<(typeof ASSUMPTIONS)[number], { readonly triedBy: unknown }>['triedBy'][number];

/** Knobs that break no property, and why. A knob that is neither here nor in a property does not compile. */
export const NO_ASSUMPTION: Readonly<Record<Exclude<Knob, Tried>, string>> = {
  'aws.latency':
    'how long a call takes. The simulation gives each call some milliseconds; `slow` and `paused` are the long ones',
  'aws.accessKeysPerUser':
    'a quota that AWS promises (`two-keys-per-user`). Tests of single functions raise it',
  'aws.logsDelay': 'how soon a written record shows. No step reads a log: only people do',
  'aws.logsPageSpan': 'how much of a log a page shows. No step reads a log: only people do',
  'world.worksEveryHours':
    'how seldom a program works; not a property of AWS. Single schedules set it, to try what reads of the secret hide',
};
