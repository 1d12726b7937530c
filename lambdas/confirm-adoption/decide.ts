import type { RotationSettings } from '../shared/contract/enrolment';
import type { Refusal } from '../shared/contract/errors';
import { CLOCK_TOLERANCE_SECONDS } from '../shared/contract/timing';
import type { Health } from '../shared/findings/health';
import { type CurrentValue, currentKeyId, findKey } from '../shared/findings/situation';
import type { AccessKey } from '../shared/rotation/access-key';
import type { Acknowledgement, NoAcknowledgement } from '../shared/rotation/acknowledgement';
import {
  after,
  earlier,
  growingInterval,
  later,
  milliseconds,
  nextOpening,
} from '../shared/rotation/calendar';
import { type Course, noticeTime } from '../shared/rotation/course';
import { leakToldBy } from '../shared/rotation/leak';
import type { Adoption, KeyUse } from '../shared/rotation/rotation-state';
import type { Verdict } from '../shared/rotation/verdict';
import type { Pause } from '../shared/secret/pause';
import { gatherUses, notSeenAgain, proofOf, type UseFacts } from './evidence';

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
  readonly secretId: string;
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
  readonly paused: Pause | undefined;
  /** When an earlier check found the user paused last. */
  readonly pausedAt: Date | undefined;
  /** The execution's definition has a way for a notice ahead of the deactivation. */
  readonly knowsNotice: boolean;
  /** When people were told of the deactivation. */
  readonly noticedAt: Date | undefined;
  /** How many checks came before this one. */
  readonly checks: number;
  readonly settings: Pick<
    RotationSettings,
    | 'overlapPeriod'
    | 'noticeBefore'
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
  | { readonly kind: 'adopted'; readonly why: AdoptionWhy }
  /** The old key has leaked: nobody is waited for, and a person is told whom that hits. */
  | { readonly kind: 'leaked'; readonly why: AdoptionWhy }
  /** The deadline has passed without proof, and the owner wants the old key deactivated all the same. */
  | { readonly kind: 'go-on'; readonly why: AdoptionWhy }
  | { readonly kind: 'no-old-key'; readonly why: AdoptionWhy }
  /** People are told of the deactivation, and have until then. */
  | { readonly kind: 'notice'; readonly until: Date; readonly why: AdoptionWhy }
  /** Nothing else speaks against it. */
  | { readonly kind: 'ask-validator'; readonly why: AdoptionWhy }
  /** Adoption is confirmed; the owner has until then. */
  | {
      readonly kind: 'ask-acknowledgement';
      readonly until: Date;
      readonly seconds: number;
      readonly why: AdoptionWhy;
    }
  | { readonly kind: 'roll-back'; readonly error: 'NotAcknowledged'; readonly why: NoAcknowledgement }
  | { readonly kind: 'wait-for-consumers'; readonly until: Date; readonly why: AdoptionWhy }
  | { readonly kind: 'wait-for-window'; readonly until: Date; readonly why: AdoptionWhy }
  | Refusal<AdoptionWhy>;

/** Why it is decided so. All else that there is to say is in the facts. */
export type AdoptionWhy =
  | {
      readonly code: 'new-key-changed' | 'first-key' | 'old-key-deleted' | 'paused' | 'validator-next';
    }
  | { readonly code: 'leaked' | 'old-key-not-active'; readonly old: AccessKey }
  /** `earliest`: when the old key may be deactivated, if nothing else is in the way. */
  | { readonly code: 'notice'; readonly earliest: Date }
  | { readonly code: 'not-yet'; readonly objections: readonly Objection[] }
  /** `hidden`: a use that would settle it may be hidden behind later ones, and nothing else is in the way. */
  | { readonly code: 'timed-out'; readonly objections: readonly Objection[]; readonly hidden: boolean }
  | { readonly code: 'owner-next' | 'window-closed' | 'confirmed'; readonly ground: Ground };

/** On what ground the old key may be deactivated. */
export type Ground =
  /** Consumers have moved. `proof`: of which the new key was seen in use; undefined when the old key was idle. */
  | {
      readonly code: 'moved';
      readonly proof: KeyUse | undefined;
      /** Services that the old key was used for, and the new one was not seen in use for. */
      readonly unseen: readonly string[];
    }
  /** The deadline has passed: the configuration says to go on, or the owner is the one to know. */
  | { readonly code: 'go-on' | 'owners-call'; readonly overruled: readonly Objection[] };

/** By what adoption is settled, for the record; undefined: it is not, or not yet. */
export const adoptionSettledBy = (why: AdoptionWhy): Adoption | undefined => {
  switch (why.code) {
    case 'owner-next':
    case 'window-closed':
    case 'confirmed': {
      const { ground } = why;
      return ground.code === 'moved'
        ? { ground: ground.proof === undefined ? 'idle' : 'moved' }
        : { ground: ground.code, overruled: ground.overruled.map((objection) => objection.why.code) };
    }
    case 'leaked':
    case 'first-key':
    case 'old-key-deleted':
    case 'old-key-not-active':
      return { ground: why.code };
    default:
      return undefined;
  }
};

/** What speaks against deactivating the old key. */
export interface Objection {
  /**
   * `unmoved`: consumers may not have moved, which the owner may want to overrule after the deadline. `unsafe`: no key may
   * be deactivated now, whoever wants it.
   */
  readonly kind: 'unmoved' | 'unsafe';
  readonly why: ObjectionWhy;
  /** It cannot cease before this time, so there is no point in looking again earlier. */
  readonly until?: Date;
  /** A use that would settle it may be hidden behind later ones: only looking more often can find it. */
  readonly hidden?: true;
}

/** The same, as far as it is for people. */
export type ObjectionWhy =
  | {
      readonly code:
        | 'in-overlap-period'
        | 'in-notice'
        | 'use-of-old-key-unknown'
        | 'old-key-in-use'
        | 'use-of-new-key-unknown'
        | 'new-key-unused'
        | 'alarms-not-ok';
    }
  /** The new key was seen in use, but only as whoever reads its secret uses it. */
  | { readonly code: 'nothing-proved'; readonly uses: readonly KeyUse[] }
  | { readonly code: 'validator-not-ok'; readonly verdict: Exclude<Verdict, { kind: 'healthy' }> };

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
    giveNotice(facts, now) ??
    decideOnConsumers(facts, old, now)
  );
};

/** What is known of a rotation whose user is not enrolled any more. */
export type UnenrolledFacts = Pick<
  AdoptionFacts,
  'userName' | 'publishedAt' | 'pausedAt' | 'noticedAt' | 'checks' | 'settings'
>;

/** What becomes of the rotation of a user that is not enrolled any more. */
export interface UnenrolledWhy {
  readonly code: 'waits' | 'deadline-passed';
}

/**
 * The user is not enrolled any more: the steps may read neither its keys nor its secret, and nobody says which alarms to ask. No
 * key is deactivated then; but whoever enrols the user again before the deadline finds the rotation still going on.
 */
export const decideUnenrolled = (
  facts: UnenrolledFacts,
  now: Date,
):
  | { readonly kind: 'wait-for-consumers'; readonly until: Date; readonly why: UnenrolledWhy }
  | Refusal<UnenrolledWhy> => {
  const deadline = deadlineOf(facts);
  return now >= deadline
    ? { kind: 'refuse', error: 'UserNotEnrolled', why: { code: 'deadline-passed' } }
    : {
        kind: 'wait-for-consumers',
        until: earlier(nextCheck(facts, now), deadline),
        why: { code: 'waits' },
      };
};

/**
 * Nobody may have looked after the consumers during a pause: they get the whole time again. And who has been told of a time that is
 * later, because the notice was late, has until then.
 */
const deadlineOf = ({
  pausedAt,
  publishedAt,
  noticedAt,
  settings,
}: Pick<AdoptionFacts, 'pausedAt' | 'publishedAt' | 'noticedAt' | 'settings'>): Date => {
  const deadline = after(pausedAt ?? publishedAt, settings.adoptionDeadline);
  return noticedAt === undefined ? deadline : later(deadline, after(noticedAt, settings.noticeBefore));
};

/** Consumers must have the new key to read, whatever else is found. */
const refuseIfChanged = (facts: AdoptionFacts): AdoptionDecision | undefined => {
  const { newAccessKeyId, keys } = facts;
  if (currentKeyId(facts.current) === newAccessKeyId && findKey(keys, newAccessKeyId)?.status === 'Active') {
    return undefined;
  }
  return { kind: 'refuse', error: 'StateDrift', why: { code: 'new-key-changed' }, leak: leakToldBy(keys) };
};

const noOldKey = ({ oldAccessKeyId }: AdoptionFacts): AdoptionDecision => ({
  kind: 'no-old-key',
  why: { code: oldAccessKeyId === null ? 'first-key' : 'old-key-deleted' },
});

/** The owner was asked, and has not said yes. */
const rollBackIfRefused = ({ acknowledgement, paused }: AdoptionFacts): AdoptionDecision | undefined => {
  if (acknowledgement?.kind !== 'missing') return undefined;
  const { why } = acknowledgement;
  // Nobody can be expected to answer during a pause, so the question is put again after it.
  if (paused !== undefined && why.code !== 'refused') return undefined;
  return { kind: 'roll-back', error: 'NotAcknowledged', why };
};

const waitInPause = (facts: AdoptionFacts, now: Date): AdoptionDecision | undefined =>
  facts.paused === undefined || !facts.course.respectsPause
    ? undefined
    : { kind: 'wait-for-consumers', until: nextCheck(facts, now), why: { code: 'paused' } };

const nextCheck = ({ settings, checks }: Pick<AdoptionFacts, 'settings' | 'checks'>, now: Date): Date =>
  new Date(now.getTime() + growingInterval(settings.adoptionCheckInterval, checks));

const nextLook = (facts: AdoptionFacts, now: Date): Date => {
  const look = milliseconds(LOOK_INTERVAL);
  const interval = growingInterval(facts.settings.adoptionCheckInterval, facts.checks);
  return new Date(now.getTime() + (facts.checks < CLOSE_LOOKS ? Math.min(interval, look) : interval + look));
};

const goOnWithLeak = ({ course }: AdoptionFacts, old: AccessKey): AdoptionDecision | undefined =>
  course.waitsForConsumers ? undefined : { kind: 'leaked', why: { code: 'leaked', old } };

const goOnIfDeactivated = (old: AccessKey): AdoptionDecision | undefined =>
  old.status === 'Active' ? undefined : { kind: 'adopted', why: { code: 'old-key-not-active', old } };

/** People are still to be told that the old key is about to be deactivated. */
const owesNotice = ({ course, knowsNotice, noticedAt, settings }: AdoptionFacts): boolean =>
  course.givesNotice && knowsNotice && noticedAt === undefined && milliseconds(settings.noticeBefore) > 0;

/** Once for an execution: as long before the end of the overlap period as they are promised, or as soon as there is somebody to tell. */
const giveNotice = (facts: AdoptionFacts, now: Date): AdoptionDecision | undefined => {
  if (!owesNotice(facts)) return undefined;
  const { publishedAt, settings } = facts;
  // This function's clock may be behind that by which the time was set: an hour's wait for a minute's difference helps nobody.
  if (now.getTime() < noticeTime(settings, publishedAt).getTime() - CLOCK_TOLERANCE_SECONDS * 1000)
    return undefined;
  const until = later(after(publishedAt, settings.overlapPeriod), after(now, settings.noticeBefore));
  const earliest = nextOpening(until, settings.deactivationWindow, settings.timeZone);
  return { kind: 'notice', until, why: { code: 'notice', earliest } };
};

/** An Active old key, which has not leaked, is deactivated when nothing speaks against it any more. */
const decideOnConsumers = (facts: AdoptionFacts, old: AccessKey, now: Date): AdoptionDecision => {
  const objections = objectionsTo(facts, old, now);
  const overruling = now >= deadlineOf(facts) && mayOverrule(facts, objections);
  if (objections.some(({ kind }) => kind === 'unsafe' || !overruling)) {
    return waitOrGiveUp(facts, objections, now);
  }
  return askValidator(facts, objections, now) ?? goOnWithConsumers(facts, groundOf(facts, objections), now);
};

/** After the deadline, what consumers have not shown may be left to the owner: to the configuration, or to the acknowledgement. */
const mayOverrule = ({ settings }: AdoptionFacts, objections: readonly Objection[]): boolean =>
  settings.onAdoptionDeadline === 'go-on' ||
  // Nobody but the owner can know what is hidden, and the owner is asked anyway.
  (settings.acknowledgement !== undefined && isHiddenOnly(objections));

const isHiddenOnly = (objections: readonly Objection[]): boolean =>
  objections.length > 0 && objections.every(({ hidden }) => hidden === true);

/** Asked last, so that it is not bothered with a rotation that waits anyway. Undefined when it says yes, or there is none. */
const askValidator = (
  facts: AdoptionFacts,
  objections: readonly Objection[],
  now: Date,
): AdoptionDecision | undefined => {
  const { settings, verdict } = facts;
  if (settings.validator === undefined) return undefined;
  if (verdict === undefined) return { kind: 'ask-validator', why: { code: 'validator-next' } };
  if (verdict.kind === 'healthy') return undefined;
  const objection = { kind: 'unsafe', why: { code: 'validator-not-ok', verdict } } as const;
  return waitOrGiveUp(facts, [...objections, objection], now);
};

const groundOf = (facts: AdoptionFacts, overruled: readonly Objection[]): Ground => {
  if (overruled.length > 0) {
    return { code: facts.settings.onAdoptionDeadline === 'go-on' ? 'go-on' : 'owners-call', overruled };
  }
  const seen = gatherUses(facts);
  return { code: 'moved', proof: proofOf(seen), unseen: notSeenAgain(seen) };
};

const objectionsTo = (facts: AdoptionFacts, old: AccessKey, now: Date): readonly Objection[] =>
  [
    overlap(facts, now),
    notice(facts, now),
    useOfOldKey(facts, now),
    isIdle(facts, old) ? undefined : missingUseOfNewKey(facts),
    illHealth(facts),
  ].filter((objection) => objection !== undefined);

/** The wait before the first check was for the period as it was at the publication. */
const overlap = (facts: AdoptionFacts, now: Date): Objection | undefined => {
  const { publishedAt, settings } = facts;
  const over = after(publishedAt, settings.overlapPeriod);
  if (over <= now) return undefined;
  const until = owesNotice(facts) ? noticeTime(settings, publishedAt) : over;
  return { kind: 'unsafe', why: { code: 'in-overlap-period' }, until };
};

/** What people were told is kept. */
const notice = ({ noticedAt, settings }: AdoptionFacts, now: Date): Objection | undefined => {
  if (noticedAt === undefined) return undefined;
  const until = after(noticedAt, settings.noticeBefore);
  return until > now ? { kind: 'unsafe', why: { code: 'in-notice' }, until } : undefined;
};

const useOfOldKey = ({ oldKeyUse, settings }: AdoptionFacts, now: Date): Objection | undefined => {
  if (oldKeyUse === undefined) return { kind: 'unsafe', why: { code: 'use-of-old-key-unknown' } };
  if (oldKeyUse.date === undefined) return undefined;
  const quietAt = after(oldKeyUse.date, settings.quietPeriod);
  if (quietAt > now) {
    return { kind: 'unmoved', why: { code: 'old-key-in-use' }, until: quietAt };
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
  if (facts.newKeyUse === undefined) return { kind: 'unsafe', why: { code: 'use-of-new-key-unknown' } };
  const seen = gatherUses(facts);
  if (proofOf(seen) !== undefined) return undefined;
  if (seen.newKey.length === 0) return { kind: 'unmoved', why: { code: 'new-key-unused' } };
  return { kind: 'unmoved', why: { code: 'nothing-proved', uses: seen.newKey }, hidden: true };
};

/** Deactivating while the alarms are on, or silent, would mean being unable to see whether it did harm. */
const illHealth = ({ health }: AdoptionFacts): Objection | undefined =>
  health.kind === 'healthy' ? undefined : { kind: 'unsafe', why: { code: 'alarms-not-ok' } };

const waitOrGiveUp = (
  facts: AdoptionFacts,
  objections: readonly Objection[],
  now: Date,
): AdoptionDecision => {
  const deadline = deadlineOf(facts);
  const hidden = isHiddenOnly(objections);
  if (now >= deadline) {
    return { kind: 'refuse', error: 'AdoptionTimedOut', why: { code: 'timed-out', objections, hidden } };
  }
  const times = [
    hidden ? nextLook(facts, now) : nextCheck(facts, now),
    ...objections.flatMap(({ until }) => until ?? []),
  ];
  const next = new Date(Math.max(...times.map((time) => time.getTime())));
  return {
    kind: 'wait-for-consumers',
    until: earlier(next, deadline),
    why: { code: 'not-yet', objections },
  };
};

/** Nothing speaks against it, unless it is overruled: the owner's word and the window are all that is left. */
const goOnWithConsumers = (facts: AdoptionFacts, ground: Ground, now: Date): AdoptionDecision =>
  askOwner(facts, ground, now) ??
  waitForWindow(facts, ground, now) ?? {
    kind: ground.code === 'go-on' ? 'go-on' : 'adopted',
    why: { code: 'confirmed', ground },
  };

const askOwner = (
  { settings, acknowledgement }: AdoptionFacts,
  ground: Ground,
  now: Date,
): AdoptionDecision | undefined => {
  if (settings.acknowledgement === undefined || acknowledgement !== undefined) return undefined;
  const { deadline: within } = settings.acknowledgement;
  return {
    kind: 'ask-acknowledgement',
    until: after(now, within),
    seconds: Math.ceil(milliseconds(within) / 1000),
    why: { code: 'owner-next', ground },
  };
};

const waitForWindow = (
  { settings }: AdoptionFacts,
  ground: Ground,
  now: Date,
): AdoptionDecision | undefined => {
  const opens = nextOpening(now, settings.deactivationWindow, settings.timeZone);
  return opens > now
    ? { kind: 'wait-for-window', until: opens, why: { code: 'window-closed', ground } }
    : undefined;
};
