import { PAUSE_TAG } from '../shared/contract/names';
import { findKey } from '../shared/findings/situation';
import { earliestDeactivation } from '../shared/rotation/course';
import * as commands from '../shared/text/commands';
import { type Advice, listOf, type Said, toSaid } from '../shared/text/said';
import { sayDuration } from '../shared/text/times';
import { ifAnOutageIsBetter, leakIsOpen } from '../shared/words/leak';
import { describePause, pauseAdvice } from '../shared/words/pause';
import { keysAndCurrent } from '../shared/words/retirement';
import type { ByHand, NothingToDoWhy, NoticeWhy, Plan, PlanFacts, PlanWhy, StartWhy } from './decide';
import { consumersFail, UNCHANGED, type Words } from './words/advice';
import { alreadyRunning, REFUSALS } from './words/refusals';

const STARTS: Words<StartWhy> = {
  'first-key': (_why, { input }) => `${input.userName} has no access key yet: a first one is created.`,
  'key-not-in-secret': ({ accessKeyId }, { input }) =>
    `The key ${accessKeyId} of ${input.userName} is not in the secret yet: its successor will be.`,
  'key-only-as-login': ({ accessKeyId }, { input }) =>
    `The key ${accessKeyId} of ${input.userName} is in the secret only as a login for SES's SMTP interface: its successor will be there as a key, too.`,
  'key-gone': ({ accessKeyId }, { input }) =>
    `The secret of ${input.userName} holds ${accessKeyId}, which does not exist: a new key is created at once.`,
  'key-not-active': ({ accessKeyId, status }, { input }) =>
    `The key in the secret of ${input.userName}, ${accessKeyId}, is ${status}: a new key is created at once.`,
  'key-due': ({ accessKeyId }, { input }) => `The key ${accessKeyId} of ${input.userName} is rotated.`,
  'key-leaked': ({ accessKeyId }, { input }) =>
    `Emergency: the leaked key ${accessKeyId} of ${input.userName} is replaced and retired at once.`,
  unfinished: (_why, { input }) =>
    `The rotation of ${input.userName} goes on where an earlier execution left it unfinished.`,
  rollback: ({ accessKeyId }, { input }) =>
    `Rollback: the old key ${accessKeyId ?? ''} of ${input.userName} is brought back.`,
  'key-leaked-meanwhile': ({ accessKeyId }, { input }) =>
    `Emergency: the leaked key ${accessKeyId} of ${input.userName} is retired at once.`,
};

/** How a person ends a pause: both may be there. */
const endPause = ({ enrolled, secret }: PlanFacts): Advice => [
  ...(secret.pauseTag === undefined
    ? []
    : ['To end the pause, remove the tag:', commands.removeTag(enrolled.secretId, PAUSE_TAG)]),
  ...(enrolled.paused === undefined
    ? []
    : ['To end the pause, remove "paused" from the user in the configuration, and deploy.']),
];

const NOTHING_TO_DO: Words<NothingToDoWhy> = {
  paused: ({ pause, isUnfinished }, facts) => ({
    what: [
      `${facts.input.userName} is ${describePause(pause)}.`,
      'No rotation starts or resumes until the pause ends.',
      ...(isUnfinished ? ['A rotation is unfinished: its keys stay as they are.'] : []),
    ],
    keys: facts.keys,
    next: endPause(facts),
  }),
  running: ({ executionArn }, facts) => alreadyRunning(executionArn, facts),
  'notice-given': ({ executionArn }, { input }) =>
    `People were told of the rotation of ${input.userName} already, by ${executionArn}: that execution waits, and rotates.`,
  'nothing-to-resume': (_why, { input }) =>
    `No rotation of ${input.userName} is on hold or unfinished: there is nothing to resume.`,
  'not-due': ({ due }, { input }) =>
    `The key of ${input.userName} is not due yet: it is due on ${due.toISOString()}.`,
};

const DAY_MS = 86_400_000;

/** How old a key is, in whole days: two clocks may differ by some seconds. */
const ageInDays = (createDate: Date, startTime: string): number =>
  Math.max(0, Math.floor((Date.parse(startTime) - createDate.getTime()) / DAY_MS));

/** How old the key is that is replaced, and how old it may be. */
const sayAge = (
  accessKeyId: string | null,
  { enrolled: { userName, rotateAfter }, keys, startTime }: PlanFacts,
): string => {
  const key = findKey(keys, accessKeyId);
  const limit = `the limit is ${sayDuration(rotateAfter)}`;
  return key === undefined
    ? `The key of ${userName} is due; ${limit}.`
    : `The access key ${key.accessKeyId} of ${userName} is ${sayDuration(`P${ageInDays(key.createDate, startTime)}D`)} old; ${limit}.`;
};

/** Told ahead of a rotation. */
const NOTICE: Words<NoticeWhy> = {
  notice: ({ accessKeyId, until }, facts) => {
    const { enrolled, keys } = facts;
    const { userName, secretId } = enrolled;
    const earliest = earliestDeactivation(enrolled, until);
    return {
      what: [
        sayAge(accessKeyId, facts),
        `Its rotation begins on ${until.toISOString()}: a new key is created, tested and put into ${secretId}. Then both keys work.`,
        `The old key is set Inactive later, not before ${earliest.toISOString()}.`,
        enrolled.onAdoptionDeadline === 'go-on'
          ? `From ${sayDuration(enrolled.adoptionDeadline)} after publication on, it is set Inactive even if something still uses it.`
          : 'It is set Inactive only if IAM shows no use of it any more. Jobs that run rarely do not show: check those yourself.',
      ],
      keys,
      next: [
        'Now: nothing, if every program reads the secret again from time to time. Plan to restart the others after the rotation has begun.',
        ...pauseAdvice(secretId, 'nothing starts'),
        'Only if you want it to begin at once:',
        commands.startRotation(userName),
      ],
    };
  },
};

const WORDS: Words<PlanWhy> = { ...STARTS, ...NOTHING_TO_DO, ...NOTICE, ...REFUSALS };

/** Which secret it is, and which key is in it. */
const whatSecretSays = ({ enrolled, keys, current }: PlanFacts): Pick<Said, 'secretId' | 'inSecret'> => ({
  secretId: enrolled.secretId,
  ...(current !== undefined && { inSecret: keysAndCurrent({ keys, current }).inSecret }),
});

export const explain = (why: PlanWhy, facts: PlanFacts): Said => {
  // Each code's words are for what belongs to it, which the table's type says and a look-up by code does not keep.
  const said = (WORDS[why.code] as (why: PlanWhy, facts: PlanFacts) => string | Said)(why, facts);
  return { timeZone: facts.enrolled.timeZone, ...whatSecretSays(facts), ...toSaid(said) };
};

/** What a person can do at once, before what was refused. */
const withWayByHand = (said: Said, { code, accessKeyId }: ByHand, userName: string): Said => {
  const { what, next = [] } = said;
  return code === 'retire-leaked-key'
    ? {
        ...said,
        what: [
          `The leaked key ${accessKeyId} of ${userName} is still Active: it was not retired.`,
          ...listOf(what),
        ],
        urgency: leakIsOpen(accessKeyId, 'IS'),
        next: [...ifAnOutageIsBetter({ userName, accessKeyId }), ...next],
      }
    : {
        ...said,
        what: [
          `The old key ${accessKeyId} of ${userName} is still Inactive: it was not brought back.`,
          ...listOf(what),
        ],
        urgency: consumersFail('Programs that still use the old key fail while it is Inactive.'),
        next: [
          'Bring the old key back now, by hand:',
          commands.setKeyStatus(userName, accessKeyId, 'Active'),
          ...next,
        ],
      };
};

/** Why a rotation does not start, and what to do. */
export const explainRefusal = (
  { why, byHand }: Extract<Plan, { readonly kind: 'refuse' }>,
  facts: PlanFacts,
): Said => {
  if (byHand === undefined) return explain(why, facts);
  const { input } = facts;
  // A leaked key does not wait for the schedule, and nobody starts a rollback by schedule.
  const said = explain(why, { ...facts, input: { ...input, trigger: 'manual' } });
  return withWayByHand(said, byHand, input.userName);
};

const withKeys = (said: Said, { keys }: PlanFacts): Said => ({
  ...said,
  what: [...listOf(said.what), UNCHANGED],
  keys,
});

/** What a plan is, and why. */
export const say = (plan: Plan, facts: PlanFacts): Said => {
  switch (plan.kind) {
    case 'stop-first': {
      const said = explain(plan.why, facts);
      return {
        ...said,
        what: [...listOf(said.what), `The execution ${plan.executionArn} is stopped for it.`],
      };
    }
    case 'refuse':
      return withKeys(explainRefusal(plan, facts), facts);
    case 'on-hold':
      return withKeys(explain(plan.why, facts), facts);
    default:
      return explain(plan.why, facts);
  }
};
