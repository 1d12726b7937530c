import type { RotationSettings } from '../shared/contract/enrolment';
import type { SpokenRefusal } from '../shared/contract/errors';
import type { Health } from '../shared/findings/health';
import { describeUse } from '../shared/findings/last-use';
import { type CurrentValue, currentKeyId, findKey } from '../shared/findings/situation';
import type { AccessKey } from '../shared/rotation/access-key';
import type { Acknowledgement } from '../shared/rotation/acknowledgement';
import { after, earlier, growingInterval, milliseconds, nextOpening } from '../shared/rotation/calendar';
import type { Course } from '../shared/rotation/course';
import { leakToldBy } from '../shared/rotation/leak';
import type { Rollback } from '../shared/rotation/rotation-state';
import type { Verdict } from '../shared/rotation/verdict';
import { setKeyStatus } from '../shared/text/commands';
import { mask } from '../shared/text/mask';
import { describeKeys } from '../shared/words/keys';
import { describeUses, gatherUses, notSeenAgain, proofOf, type UseFacts } from './evidence';

/**
 * Time between two looks for a use that another one hides. Whoever reads a secret does so every few minutes, and a program
 * works at the same time of the day or the hour: a prime number of minutes meets each at another moment every time.
 */
const LOOK_INTERVAL = 'PT67M';

/** So many looks are as close as that. Later ones are further apart, because an execution has 25,000 events. */
const CLOSE_LOOKS = 240;

/** What confirm-adoption has read. */
export interface AdoptionFacts extends UseFacts {
  readonly userName: string;
  readonly oldAccessKeyId: string | null;
  readonly course: Course;
  readonly newAccessKeyId: string;
  readonly keys: readonly AccessKey[];
  readonly current: CurrentValue;
  readonly health: Health;
  /** What the validator has just said; undefined when it was not asked. */
  readonly verdict: Verdict | undefined;
  /** What came of asking the owner; undefined when the owner was not asked. */
  readonly acknowledgement: Acknowledgement | undefined;
  readonly startedAt: Date;
  /** Who has paused the user, and why; undefined when nobody has. */
  readonly paused: string | undefined;
  /** When an earlier check found the user paused last. */
  readonly pausedAt: Date | undefined;
  /** How many checks came before this one. */
  readonly checks: number;
  readonly settings: Pick<
    RotationSettings,
    | 'overlapPeriod'
    | 'quietPeriod'
    | 'adoptionDeadline'
    | 'onAdoptionDeadline'
    | 'idleAfter'
    | 'adoptionCheckInterval'
    | 'deactivationWindow'
    | 'timeZone'
    | 'validator'
    | 'acknowledgement'
  >;
}

/** Whether consumers have moved to the new key. */
export type AdoptionDecision =
  | { readonly kind: 'adopted'; readonly reason: string }
  /** The old key has leaked: nobody is waited for, and a person is told whom that hits. */
  | { readonly kind: 'leaked'; readonly lastUse: string; readonly reason: string }
  /** The deadline has passed without proof, and the owner wants the old key deactivated all the same. */
  | { readonly kind: 'go-on'; readonly reason: string }
  | { readonly kind: 'no-old-key'; readonly reason: string }
  /** Nothing else speaks against it. */
  | { readonly kind: 'ask-validator'; readonly reason: string }
  /** Adoption is confirmed; the owner has until then. */
  | {
      readonly kind: 'ask-acknowledgement';
      readonly until: Date;
      readonly seconds: number;
      readonly reason: string;
    }
  | { readonly kind: 'roll-back'; readonly rollback: Rollback }
  | { readonly kind: 'wait-for-consumers'; readonly until: Date; readonly reason: string }
  | { readonly kind: 'wait-for-window'; readonly until: Date; readonly reason: string }
  | SpokenRefusal;

/** Decides whether the old key may be deactivated now. */
export const decideAdoption = (facts: AdoptionFacts, now: Date): AdoptionDecision => {
  const changed = refuseIfChanged(facts);
  if (changed !== undefined) return changed;
  const old = findKey(facts.keys, facts.oldAccessKeyId);
  if (old === undefined) return noOldKey(facts);
  return (
    rollBackIfRefused(facts) ??
    waitInPause(facts, now) ??
    goOnWithLeak(facts, old) ??
    goOnIfDeactivated(old) ??
    decideOnConsumers(facts, old, now)
  );
};

/** What is known of a rotation whose user is not enrolled any more. */
export type UnenrolledFacts = Pick<
  AdoptionFacts,
  'userName' | 'publishedAt' | 'pausedAt' | 'checks' | 'settings'
>;

/**
 * The user is not enrolled any more: the steps may read neither its keys nor its secret, and nobody says which alarms to ask. No
 * key is deactivated then; but whoever enrols the user again before the deadline finds the rotation still going on.
 */
export const decideUnenrolled = (
  facts: UnenrolledFacts,
  now: Date,
): Extract<AdoptionDecision, { kind: 'wait-for-consumers' | 'refuse' }> => {
  const deadline = deadlineOf(facts);
  const what =
    `${facts.userName} is not enrolled any more, so whether its consumers have moved cannot be found out. No key was deactivated, ` +
    'and consumers can read the new one.';
  if (now >= deadline) {
    return {
      kind: 'refuse',
      error: 'UserNotEnrolled',
      reason:
        `${what} The adoption deadline has passed. Enrol the user again, deploy, and start a new execution: it goes on from what ` +
        'is there. Or see to the keys yourself: docs/runbook.md, "Un-enrol a user".',
    };
  }
  return {
    kind: 'wait-for-consumers',
    until: earlier(nextCheck(facts, now), deadline),
    reason: `Not yet: ${what}`,
  };
};

/** Nobody may have looked after the consumers during a pause: they get the whole time again. */
const deadlineOf = ({
  pausedAt,
  publishedAt,
  settings,
}: Pick<AdoptionFacts, 'pausedAt' | 'publishedAt' | 'settings'>): Date =>
  after(pausedAt ?? publishedAt, settings.adoptionDeadline);

/** Consumers must have the new key to read, whatever else is found. */
const refuseIfChanged = (facts: AdoptionFacts): AdoptionDecision | undefined => {
  const { newAccessKeyId, keys } = facts;
  if (currentKeyId(facts.current) === newAccessKeyId && findKey(keys, newAccessKeyId)?.status === 'Active') {
    return undefined;
  }
  return {
    kind: 'refuse',
    error: 'StateDrift',
    reason:
      `AWSCURRENT must hold the new key ${mask(newAccessKeyId)}, and the key must be Active; somebody has changed that ` +
      `during the rotation. The old key was not touched. ${describeKeys(keys)} Start a new execution: it goes on ` +
      'from what is there.',
    leak: leakToldBy(keys),
  };
};

const noOldKey = ({ oldAccessKeyId }: AdoptionFacts): AdoptionDecision => ({
  kind: 'no-old-key',
  reason:
    oldAccessKeyId === null
      ? 'There is no old key to retire.'
      : `The old key ${mask(oldAccessKeyId)} was deleted by somebody else.`,
});

/** The owner was asked, and has not said yes. */
const rollBackIfRefused = ({ acknowledgement, paused }: AdoptionFacts): AdoptionDecision | undefined => {
  if (acknowledgement?.kind !== 'missing') return undefined;
  // Nobody can be expected to answer during a pause, so the question is put again after it.
  if (paused !== undefined && !acknowledgement.refused) return undefined;
  return {
    kind: 'roll-back',
    rollback: { error: 'NotAcknowledged', reason: acknowledgement.reason },
  };
};

const waitInPause = (facts: AdoptionFacts, now: Date): AdoptionDecision | undefined =>
  facts.paused === undefined || !facts.course.respectsPause
    ? undefined
    : {
        kind: 'wait-for-consumers',
        until: nextCheck(facts, now),
        reason:
          `${facts.userName} is ${facts.paused}: both keys are kept, and the adoption deadline does not run. ` +
          `${describeKeys(facts.keys)} When the pause ends, the next check goes on.`,
      };

const nextCheck = ({ settings, checks }: Pick<AdoptionFacts, 'settings' | 'checks'>, now: Date): Date =>
  new Date(now.getTime() + growingInterval(settings.adoptionCheckInterval, checks));

const nextLook = (facts: AdoptionFacts, now: Date): Date => {
  const look = milliseconds(LOOK_INTERVAL);
  const interval = growingInterval(facts.settings.adoptionCheckInterval, facts.checks);
  return new Date(now.getTime() + (facts.checks < CLOSE_LOOKS ? Math.min(interval, look) : interval + look));
};

const goOnWithLeak = (facts: AdoptionFacts, old: AccessKey): AdoptionDecision | undefined => {
  if (facts.course.waitsForConsumers) return undefined;
  const lastUse = describeUse(facts.oldKeyUse);
  return {
    kind: 'leaked',
    lastUse,
    reason:
      `Emergency: the leaked key ${mask(old.accessKeyId)} of ${facts.userName} ${
        old.status === 'Active'
          ? 'is set Inactive now, without waiting for anybody'
          : `is ${old.status} already`
      }. ` +
      `It was last used: ${lastUse}. Whoever that is, and whoever else holds the key, fails from now until it reads the secret ` +
      `again, which takes caching clients up to an hour: restart them, or let them read it. Consumers read ` +
      `${mask(facts.newAccessKeyId)} now. Sessions already obtained with the leaked key live on: see docs/runbook.md, "End sessions ` +
      `already obtained with a key". ${describeKeys(facts.keys)}`,
  };
};

const goOnIfDeactivated = (old: AccessKey): AdoptionDecision | undefined =>
  old.status === 'Active'
    ? undefined
    : {
        kind: 'adopted',
        reason: `The old key ${mask(old.accessKeyId)} was set ${old.status} by somebody else.`,
      };

/** What speaks against deactivating the old key. */
interface Objection {
  /**
   * `unmoved`: consumers may not have moved, which the owner may want to overrule after the deadline. `unsafe`: no key may
   * be deactivated now, whoever wants it.
   */
  readonly kind: 'unmoved' | 'unsafe';
  readonly words: string;
  /** It cannot cease before this time, so there is no point in looking again earlier. */
  readonly until?: Date;
  /** A use that would settle it may be hidden behind later ones: only looking more often can find it. */
  readonly hidden?: true;
}

const wordsOf = (objections: readonly Objection[], kind: Objection['kind']): readonly string[] =>
  objections.filter((objection) => objection.kind === kind).map(({ words }) => words);

/** An Active old key, which has not leaked, is deactivated when nothing speaks against it any more. */
const decideOnConsumers = (facts: AdoptionFacts, old: AccessKey, now: Date): AdoptionDecision => {
  const { settings, verdict } = facts;
  const deadline = deadlineOf(facts);
  const objections = objectionsTo(facts, old, now);
  const overruling =
    now >= deadline && (settings.onAdoptionDeadline === 'go-on' || isOwnersCall(facts, objections));
  if (objections.some(({ kind }) => kind === 'unsafe' || !overruling)) {
    return waitOrGiveUp(facts, objections, deadline, now);
  }
  // Asked last, so that it is not bothered with a rotation that waits anyway.
  if (settings.validator !== undefined) {
    if (verdict === undefined) {
      return { kind: 'ask-validator', reason: 'Nothing else is in the way: the validator is asked.' };
    }
    const objection = objectionOf(verdict);
    if (objection !== undefined) return waitOrGiveUp(facts, [...objections, objection], deadline, now);
  }
  return goOnWithConsumers(facts, old, wordsOf(objections, 'unmoved'), now);
};

/** Nobody but the owner can know what is hidden, and the owner is asked anyway. */
const isOwnersCall = ({ settings }: AdoptionFacts, objections: readonly Objection[]): boolean =>
  settings.acknowledgement !== undefined && isHiddenOnly(objections);

const isHiddenOnly = (objections: readonly Objection[]): boolean =>
  objections.length > 0 && objections.every(({ hidden }) => hidden === true);

const objectionsTo = (facts: AdoptionFacts, old: AccessKey, now: Date): readonly Objection[] =>
  [
    overlap(facts, now),
    useOfOldKey(facts, old, now),
    isIdle(facts, old) ? undefined : missingUseOfNewKey(facts),
    illHealth(facts),
  ].filter((objection) => objection !== undefined);

/** The wait before the first check was for the period as it was at the publication. */
const overlap = ({ publishedAt, settings }: AdoptionFacts, now: Date): Objection | undefined => {
  const until = after(publishedAt, settings.overlapPeriod);
  return until > now
    ? { kind: 'unsafe', words: `the overlap period (${settings.overlapPeriod}) is not over`, until }
    : undefined;
};

const useOfOldKey = (
  { oldKeyUse, settings }: AdoptionFacts,
  old: AccessKey,
  now: Date,
): Objection | undefined => {
  if (oldKeyUse === undefined) {
    return { kind: 'unsafe', words: 'it is not known when the old key was last used' };
  }
  if (oldKeyUse.date === undefined) return undefined;
  const quietAt = after(oldKeyUse.date, settings.quietPeriod);
  if (quietAt > now) {
    return {
      kind: 'unmoved',
      words:
        `the old key ${mask(old.accessKeyId)} was last used ${describeUse(oldKeyUse)} (IAM names the latest use only: others ` +
        'may use the key, too)',
      until: quietAt,
    };
  }
  return undefined;
};

/** The old key was in no use for long before the rotation: then nothing is to be seen of its successor either. */
const isIdle = ({ oldKeyUse, startedAt, settings }: AdoptionFacts, old: AccessKey): boolean => {
  // A key that was never used counts from its creation: a young one may just not have been seen in use yet.
  const unusedSince = oldKeyUse?.date ?? old.createDate;
  return (
    oldKeyUse !== undefined && unusedSince.getTime() < startedAt.getTime() - milliseconds(settings.idleAfter)
  );
};

const missingUseOfNewKey = (facts: AdoptionFacts): Objection | undefined => {
  const { newAccessKeyId, newKeyUse } = facts;
  if (newKeyUse === undefined) {
    return { kind: 'unsafe', words: 'it is not known when the new key was last used' };
  }
  const seen = gatherUses(facts);
  if (proofOf(seen) !== undefined) return undefined;
  if (seen.newKey.length === 0) {
    return {
      kind: 'unmoved',
      words: `the new key ${mask(newAccessKeyId)} has not been used by anybody but our own test (last: ${describeUse(newKeyUse)})`,
    };
  }
  return {
    kind: 'unmoved',
    words:
      `the new key ${mask(newAccessKeyId)} was seen in use only ${describeUses(seen.newKey)}, which proves nothing about the programs: ` +
      'whoever reads the secret with the key itself, or looks whether it works, does that, too, and IAM names the latest use only',
    hidden: true,
  };
};

/** Deactivating while the alarms are on, or silent, would mean being unable to see whether it did harm. */
const illHealth = ({ health }: AdoptionFacts): Objection | undefined =>
  health.kind === 'healthy'
    ? undefined
    : { kind: 'unsafe', words: `the health alarms are not all OK: ${health.reason}` };

const objectionOf = (verdict: Verdict): Objection | undefined => {
  switch (verdict.kind) {
    case 'healthy':
      return undefined;
    case 'unhealthy':
      return { kind: 'unsafe', words: `the validator says that consumers are not well: ${verdict.reason}` };
    case 'unknown':
      return { kind: 'unsafe', words: `the validator gave no verdict: ${verdict.reason}` };
  }
};

const waitOrGiveUp = (
  facts: AdoptionFacts,
  objections: readonly Objection[],
  deadline: Date,
  now: Date,
): AdoptionDecision => {
  const { keys, settings } = facts;
  const what = [...wordsOf(objections, 'unmoved'), ...wordsOf(objections, 'unsafe')].join('; ');
  if (now >= deadline) {
    return {
      kind: 'refuse',
      error: 'AdoptionTimedOut',
      reason:
        `Within ${settings.adoptionDeadline} it could not be confirmed that consumers have moved to the new key: ${what}. ` +
        `Both keys stay Active, so nothing is broken. ${describeKeys(keys)} ${
          isHiddenOnly(objections)
            ? 'Let the secret be read with another identity than the user, or see to it that the programs use the new key and set ' +
              'onAdoptionDeadline to "go-on", or an acknowledgement, for this user'
            : 'Make the consumers read the secret again, or mend what else stands in the way'
        }, and start a new execution: it continues with this check.`,
    };
  }
  const times = [
    isHiddenOnly(objections) ? nextLook(facts, now) : nextCheck(facts, now),
    ...objections.flatMap(({ until }) => until ?? []),
  ];
  const next = new Date(Math.max(...times.map((time) => time.getTime())));
  return {
    kind: 'wait-for-consumers',
    until: earlier(next, deadline),
    reason: `Not yet: ${what}.`,
  };
};

/** Nothing speaks against it, unless it is overruled: the owner's word and the window are all that is left. */
const goOnWithConsumers = (
  facts: AdoptionFacts,
  old: AccessKey,
  overruled: readonly string[],
  now: Date,
): AdoptionDecision => {
  const { settings, keys, userName } = facts;
  const passed = `The adoption deadline (${settings.adoptionDeadline}) has passed, and ${overruled.join('; ')}`;
  if (settings.acknowledgement !== undefined && facts.acknowledgement === undefined) {
    const { deadline: within } = settings.acknowledgement;
    return {
      kind: 'ask-acknowledgement',
      until: after(now, within),
      seconds: Math.ceil(milliseconds(within) / 1000),
      reason:
        (overruled.length === 0
          ? `The old key ${mask(old.accessKeyId)} can be deactivated`
          : settings.onAdoptionDeadline === 'go-on'
            ? `${passed}. onAdoptionDeadline is ` +
              `"go-on", so the old key ${mask(old.accessKeyId)} is to be deactivated all the same, and whoever still uses it will fail`
            : `${passed}. Whether the programs use the new key, their owner has to say: then the old key ${mask(old.accessKeyId)} can ` +
              'be deactivated') +
        `; the owner is asked to acknowledge it within ${within}. Until then both keys stay Active.`,
    };
  }
  const found =
    overruled.length > 0
      ? passed
      : `The old key ${mask(old.accessKeyId)} was last used ${describeUse(facts.oldKeyUse)}${useInWords(facts)}`;
  const opens = nextOpening(now, settings.deactivationWindow, settings.timeZone);
  if (opens > now) {
    return {
      kind: 'wait-for-window',
      until: opens,
      reason: `${found}. The old key may be deactivated when the window opens.`,
    };
  }
  if (overruled.length === 0) return { kind: 'adopted', reason: `${found}; consumers have moved.` };
  if (settings.onAdoptionDeadline !== 'go-on') {
    return { kind: 'adopted', reason: `${found}. Their owner has said that the old key may be deactivated.` };
  }
  return {
    kind: 'go-on',
    reason:
      `${found}. onAdoptionDeadline is "go-on", so the old key ${mask(old.accessKeyId)} is set Inactive next: whoever still ` +
      `uses it will fail. One call brings it back: ${setKeyStatus(userName, old.accessKeyId, 'Active')}. ${describeKeys(keys)}`,
  };
};

/** What the new key was seen in use for, and what of the old key's uses was not seen with it. */
const useInWords = (facts: AdoptionFacts): string => {
  const seen = gatherUses(facts);
  const proof = proofOf(seen);
  if (proof === undefined) return '';
  const missing = notSeenAgain(seen);
  return (
    `, the new key ${mask(facts.newAccessKeyId)} ${describeUses([proof])}` +
    (missing.length === 0 ? '' : ` (not seen with the new key, but with the old one: ${missing.join(', ')})`)
  );
};
