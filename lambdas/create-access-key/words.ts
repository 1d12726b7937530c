import { RETRY_NOTE } from '../shared/contract/errors';
import { DRAIN_SECONDS } from '../shared/contract/timing';
import type { AccessKey } from '../shared/rotation/access-key';
import type { Contained } from '../shared/rotation/rotation-state';
import { deleteKey, lastUseOfKey, setKeyStatus, startRotation } from '../shared/text/commands';
import { type Advice, listOf, type Said } from '../shared/text/said';
import { explainForgotten, explainUnattributed } from '../shared/words/attribution';
import { sayContainment } from '../shared/words/containment';
import { describeProblem, explainObstacle } from '../shared/words/document';
import { leakIsOpen, programsFail } from '../shared/words/leak';
import { keysAndCurrent, leakIsClosed } from '../shared/words/retirement';
import { explainRollbackObstacle } from '../shared/words/rollback';
import { describeStranger } from '../shared/words/stranger';
import type { Containment } from './contain';
import type { LockDecision, LockWhy } from './decide';
import type { CreateFacts, CreateWhy } from './decision';

const whyNotLocked = (why: LockWhy): string => {
  switch (why.code) {
    case 'put-on-hold':
      return 'The rotation was put on hold after it was planned: it has just been rolled back.';
    case 'predecessor-over':
      return 'The unfinished rotation that was to be continued has ended in the meantime.';
    case 'foreign-lock':
      return `AWSPENDING is on version ${why.versionId}, which no rotation has put it on.`;
    case 'running':
      return `Another execution is rotating this user: ${why.executionArn}.`;
    case 'just-ended':
      return `The execution ${why.executionArn} has ended, but its last function may still be at work: for ${DRAIN_SECONDS} seconds after the end at most.`;
    case 'another-rotation':
      return `Another rotation (${why.executionArn}) was begun after this one was planned, and has ended.`;
  }
};

/** Why the lock is not to be had. */
export const sayLock = (
  { kind, why }: Extract<LockDecision, { readonly why: LockWhy }>,
  userName: string,
): Said =>
  kind === 'refuse'
    ? {
        what: [whyNotLocked(why), 'Nothing was changed.'],
        next: [
          'Start a new execution in a few minutes. It finds out where the rotation stands:',
          startRotation(userName),
        ],
      }
    : { what: whyNotLocked(why) };

const published = (newAccessKeyId: string): string => `The new key ${newAccessKeyId} is published already`;

const startAgain = (userName: string): Advice => ['Then start a new execution:', startRotation(userName)];

/** Why the old key is brought back. For the middle of a sentence. */
export const whyRestored = (why: CreateWhy): string =>
  why.code === 'published-key-changed'
    ? `the published key ${why.published.accessKeyId} is ${why.published.status}: somebody changed it during the rotation`
    : 'a person asked for it';

/** What the step tells of. */
export type Told = CreateFacts & {
  /** How long the old key stays Inactive before it is deleted. */
  readonly recoveryPeriod: string;
  /** Why a person has declared the emergency. */
  readonly reason?: string | undefined;
  /** This execution has set the leaked key Inactive, and people know. */
  readonly contained?: boolean | undefined;
};

/** What goes with a code. Some codes share their data. */
type With<Code, Why = CreateWhy> = Why extends { readonly code: unknown }
  ? Code extends Why['code']
    ? Why
    : never
  : never;

/** The words for each of some codes. */
type Words<Code extends CreateWhy['code']> = {
  readonly [C in Code]: (why: With<C>, facts: Told) => string | Said;
};

/** Codes with which an execution ends, or waits for a person. */
type Refused =
  | 'unattributed'
  | 'unreadable-current'
  | 'strangers-key'
  | 'current-replaced'
  | 'obstacle'
  | 'no-room'
  | 'no-room-for-leak'
  | 'no-way-back';

/** Where the rotation stands. */
const STANDS: Words<Exclude<CreateWhy['code'], Refused>> = {
  'key-needed': (why) =>
    why.discard.length === 0
      ? 'A new key is needed.'
      : `A new key is needed. First ${why.discard.join(' and ')}, which an earlier attempt created, is deleted.`,
  'key-stored': (why) => `The key ${why.accessKeyId} was already created and stored.`,
  'other-key-held': (why) => `The secret still holds ${why.accessKeyId}, which replaces the leaked key.`,
  'published-first-key': (why) => `${published(why.newAccessKeyId)}, and there is no old key.`,
  'published-old-key-gone': (why) => `${published(why.newAccessKeyId)}, and the old key is gone.`,
  'published-old-key-active': (why) => `${published(why.newAccessKeyId)}; the overlap period starts anew.`,
  'published-old-key-inactive': (why) =>
    `${published(why.newAccessKeyId)} and the old key ${why.oldAccessKeyId} is Inactive; the recovery period starts anew.`,
  'leaked-key-active': (why) =>
    `AWSCURRENT holds ${why.newAccessKeyId}. The leaked key ${why.leakedAccessKeyId} is set Inactive next.`,
  'leaked-key-gone': ({ leakedAccessKeyId, newAccessKeyId }, facts) =>
    leakIsClosed({
      ...facts,
      accessKeyId: leakedAccessKeyId,
      newAccessKeyId,
      recoveryPeriod: undefined,
      became: 'is gone: somebody has deleted it, or it had to make room',
    }),
  'leaked-key-inactive': ({ leakedAccessKeyId, newAccessKeyId }, facts) =>
    facts.contained === true
      ? `The leaked key ${leakedAccessKeyId} of ${facts.userName} is Inactive, and the secret holds ${newAccessKeyId}.`
      : leakIsClosed({
          ...facts,
          accessKeyId: leakedAccessKeyId,
          newAccessKeyId,
          became: 'is Inactive already; its recovery period starts anew',
        }),
  'rollback-asked-for': (why) => `The old key is brought back: ${whyRestored(why)}.`,
  'published-key-changed': (why) => `The old key is brought back: ${whyRestored(why)}.`,
};

/** Why it does not go on. */
const REFUSALS: Words<Refused> = {
  unattributed: (why, { userName }) => explainUnattributed(userName, why.keys, why.overdue),
  'unreadable-current': (why, { userName, keys }) => ({
    what: [
      `AWSCURRENT cannot be understood any more: ${describeProblem(why.problem)}.`,
      'No key was created.',
    ],
    keys,
    next: ['Correct AWSCURRENT.', ...startAgain(userName)],
  }),
  'strangers-key': (why, { userName, keys }) => ({
    what: [describeStranger(why.stranger, userName), 'It was not touched.'],
    keys,
    next: [`Put back what programs of ${userName} should read.`, ...startAgain(userName)],
  }),
  'current-replaced': (why, { userName, keys, current }) => ({
    what: [
      `AWSCURRENT holds ${why.accessKeyId === null ? 'no key' : why.accessKeyId}, and was changed during the rotation: that is neither ` +
        'the key that was there before nor one that the rotation made.',
    ],
    ...keysAndCurrent({ keys, current }),
    next: ['Start a new execution, which plans anew from what is there now:', startRotation(userName)],
  }),
  obstacle: (why, { userName, secretId, keys, current }) => {
    const { what, next } = explainObstacle(why.obstacle, secretId);
    return {
      what: [...what, 'No key was created.'],
      ...keysAndCurrent({ keys, current }),
      next: [...next, ...startAgain(userName)],
    };
  },
  'no-room': (why, { userName, current }) => {
    const forgotten = why.forgotten.map((key) => explainForgotten(userName, key));
    return {
      what: [
        `A new key cannot be created: AWS allows two, and ${userName} has ${why.remaining.length} that are not this rotation's to delete.`,
        ...forgotten.flatMap(({ what }) => listOf(what)),
        'None of them was changed.',
      ],
      ...keysAndCurrent({ keys: why.remaining, current }),
      next: [
        'See which of them is used:',
        ...why.remaining.map(({ accessKeyId }) => lastUseOfKey(accessKeyId)),
        'Delete the one that is not in the secret, if nothing uses it.',
        ...startAgain(userName),
      ],
    };
  },
  'no-room-for-leak': (why, { userName, keys, current }) => {
    const { accessKeyId: leaked, status } = why.leaked;
    return {
      title: 'the leaked key cannot be replaced',
      what: [
        `The leaked key ${leaked} cannot be replaced: AWS allows two keys, and the other one, ${why.others.join(' and ')}, is not this ` +
          "service's to delete now.",
        'Nothing was changed.',
      ],
      ...keysAndCurrent({ keys, current }),
      urgency: status === 'Active' ? leakIsOpen(leaked, 'IS') : undefined,
      next: [
        'Decide which is worse. Either delete the other key and declare the emergency again:',
        ...why.others.map((accessKeyId) => deleteKey(userName, accessKeyId)),
        'Or set the leaked key Inactive now, which stops every program that uses it:',
        setKeyStatus(userName, leaked, 'Inactive'),
      ],
      section: 'A key has leaked',
    };
  },
  'no-way-back': (why, { userName, keys, current }) => ({
    ...explainRollbackObstacle(userName, why.obstacle),
    ...keysAndCurrent({ keys, current }),
  }),
};

const WORDS: Words<CreateWhy['code']> = { ...STANDS, ...REFUSALS };

/** Where the rotation stands, or why it does not go on. */
export const say = (why: CreateWhy, facts: Told): string | Said =>
  // The compiler does not see that a code's words are for its own data.
  (WORDS[why.code] as (why: CreateWhy, facts: Told) => string | Said)(why, facts);

/* What became of the keys. */

/** A leaked key was set Inactive, as the first thing under the lock. */
interface ToldContainment extends Containment {
  readonly took: Contained;
  readonly lastUse: string;
  readonly now: Date;
}

/** Leaked keys are Inactive. Consumers read another one, or have none until there is a successor. */
export const sayContained = (
  {
    userName,
    secretId,
    settings,
    reason,
  }: {
    readonly userName: string;
    readonly secretId: string;
    readonly settings: { readonly recoveryPeriod: string };
    readonly reason?: string | undefined;
  },
  { accessKeyIds, keys, current, took, lastUse, now }: ToldContainment,
): Said => {
  const names = accessKeyIds.join(' and ');
  if (current !== undefined) {
    return leakIsClosed({
      ...{ userName, secretId, reason, took, lastUse, keys, now },
      accessKeyId: names,
      became: 'is Inactive',
      newAccessKeyId: current,
      recoveryPeriod: settings.recoveryPeriod,
    });
  }
  return {
    title: 'the leaked key is Inactive; PROGRAMS FAIL',
    what: [
      `The leaked key ${names} of ${userName} is Inactive.`,
      ...sayContainment(took),
      `Last use of the leaked key, according to IAM, which may be late: ${lastUse}.`,
      'An outage was accepted. Its successor is made next, tested and published, which takes about half a minute.',
    ],
    keys,
    urgency: programsFail(userName),
    next: [
      'Wait for the next message. It says that programs have a key again, or what went wrong.',
      `If none comes within five minutes, see what the execution is at. Only if others do not matter any more, end the outage by hand: it sets the leaked key Active again, and the next start of a rotation sets it Inactive once more:`,
      setKeyStatus(userName, accessKeyIds[0] ?? '', 'Active'),
    ],
  };
};

/** The new key is there. */
export const sayCreated = (
  newAccessKeyId: string,
  {
    replacedKey,
    deletedEarly,
  }: { readonly replacedKey: string | null; readonly deletedEarly: string | undefined },
): string => {
  const early =
    deletedEarly === undefined
      ? ''
      : ` To make room, ${deletedEarly} was deleted: programs that still held it fail until they read the secret again.`;
  return `Created and stored ${newAccessKeyId}${replacedKey === null ? '' : `, to replace ${replacedKey}`}.${early}`;
};

/**
 * Why the old key is brought back, for the record and the middle of a sentence.
 *
 * @param remark - what the person says who has asked for it.
 */
export const explainRollback = (reason: string, remark: string | undefined): string =>
  remark === undefined ? reason : `${reason} (${remark})`;

/* What the step finds while it works. */

export const unusableSecret = (userName: string, secretId: string): Said => ({
  what: [
    `The secret ${secretId} was deleted, is scheduled for deletion, or has Secrets Manager's own rotation switched on since the ` +
      'rotation was planned.',
    'Nothing was changed.',
  ],
  next: ['Undo that.', ...startAgain(userName)],
});

/** Another execution was faster. */
export const LOST_LOCK: Said = {
  what: ['Another execution took the lock at the same moment.', 'Nothing was changed by this one.'],
  next: [RETRY_NOTE],
};

/** What a refusal for the mark of ownership has left as it was. */
export const NOT_CLAIMED = 'No key was created.';

export const noSuchUser = (userName: string): Said => ({
  what: [`The IAM user ${userName} does not exist any more.`, 'No key was created.'],
  next: ['Create the user again, or take it out of the configuration and deploy.'],
});

export const refusedByIam = (userName: string, keys: readonly AccessKey[]): Said => ({
  what: [
    `IAM refuses another key for ${userName}, though its list left room for one.`,
    'No key was created by this attempt.',
  ],
  keys,
  next: [RETRY_NOTE],
});

export const condemned = (userName: string, newAccessKeyId: string, keys: readonly AccessKey[]): Said => ({
  what: [
    `Another execution gave the new key ${newAccessKeyId} up before it was stored, and deletes it.`,
    'No program has it.',
  ],
  keys,
  next: ['Start a new execution:', startRotation(userName)],
});

export const justDeleted = (accessKeyId: string): Said => ({
  what: [
    `The key ${accessKeyId}, which was of no use, has just been deleted. The next attempt creates another one.`,
  ],
  next: [RETRY_NOTE],
});

export const publishedMeanwhile = (accessKeyId: string): Said => ({
  what: [`The key ${accessKeyId} was published while it was to be deleted. It stays.`],
  next: [RETRY_NOTE],
});
