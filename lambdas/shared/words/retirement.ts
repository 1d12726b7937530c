import { type CurrentValue, currentKeyId, findKey } from '../findings/situation';
import type { AccessKey } from '../rotation/access-key';
import type { Contained } from '../rotation/rotation-state';
import { declareEmergency, endSessions, startRotation } from '../text/commands';
import type { Advice, KeyShown, Said, Urgency } from '../text/said';
import { sayDuration } from '../text/times';
import { sayContainment } from './containment';
import { describeProblem } from './document';
import { ifAnOutageIsBetter, leakIsOpen, ONCE_MORE } from './leak';

/*
 * What the steps that retire the old key have to say alike.
 */

/** Whose rotation it is. */
export interface Named {
  readonly userName: string;
}

/** A clause, as a sentence. */
export const sentence = (clause: string): string => `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;

/** How an unfinished rotation goes on. */
export const startAgain = ({ userName }: Named): Advice => [
  'Start a new execution, which goes on from what is there:',
  startRotation(userName),
];

/** The same, when somebody has changed something meanwhile. */
export const startAfterChange = (named: Named): Advice => [
  ...startAgain(named),
  'Find out who changed it, and why.',
];

/** What to do for a user whose rotation has ended because it is not enrolled any more. */
export const enrolAgain = ({ userName }: Named): Advice => [
  'If the rotation is to go on, enrol the user again and deploy. If it has ended, also start a new execution, which goes on from what is there:',
  startRotation(userName),
  'If the user is to stay out, take care of its keys, of the secret and of the lock as the runbook says.',
];

/** Where {@link enrolAgain} is explained. */
export const UNENROLLED_SECTION = 'Un-enrol a user';

/** The old key comes back, and stays. */
export const rollBack = ({ userName }: Named): Advice => [
  'If programs fail without the old key, bring it back. This takes seconds, or up to three minutes if a step was at work a moment ago:',
  startRotation(userName, 'rollback'),
];

/** The user's keys, and which of them the secret holds. */
export const keysAndCurrent = ({
  keys,
  current,
}: {
  readonly keys: readonly KeyShown[];
  readonly current: CurrentValue;
}): Pick<Said, 'keys' | 'inSecret'> => ({ keys, inSecret: currentKeyId(current) ?? undefined });

/** What the secret holds: a sentence. */
export const whatSecretHolds = (current: CurrentValue): string => {
  if (current.kind === 'unreadable') {
    return `What the secret holds cannot be read: ${describeProblem(current.problem)}.`;
  }
  return `The secret still holds ${currentKeyId(current) ?? 'no key'}.`;
};

/** Who has changed what, where the new key was to be read and to be Active. */
interface Published {
  readonly newAccessKeyId: string;
  readonly keys: readonly AccessKey[];
  readonly current: CurrentValue;
}

/** Consumers may not find the new key any more: a clause. */
export const newKeyWasChanged = ({ newAccessKeyId, keys, current }: Published): string => {
  if (current.kind === 'unreadable') {
    return `somebody has edited the secret: AWSCURRENT cannot be understood any more, because ${describeProblem(current.problem)}`;
  }
  const named = currentKeyId(current);
  if (named !== newAccessKeyId) {
    const holds = named === null ? 'no key any more' : `${named} instead of the new key ${newAccessKeyId}`;
    return `somebody has edited the secret: AWSCURRENT holds ${holds}`;
  }
  const key = findKey(keys, newAccessKeyId);
  return key === undefined
    ? `somebody has deleted the new key ${newAccessKeyId}`
    : `somebody has set the new key ${newAccessKeyId} ${key.status}`;
};

const whyNothingWorks = (current: CurrentValue, key: AccessKey | undefined): string => {
  if (current.kind === 'unreadable') {
    return 'AWSCURRENT cannot be understood: programs that read the secret now may fail.';
  }
  const named = currentKeyId(current);
  if (named === null) return 'AWSCURRENT holds no key: programs that read the secret now fail.';
  // It may be a key of somebody else's that works.
  return key === undefined
    ? `AWSCURRENT holds ${named}, which is no key of the user: programs that read the secret now may fail.`
    : `AWSCURRENT holds ${named}, which is ${key.status}: programs that read the secret now fail.`;
};

/** Programs that read the secret fail. Undefined when they get a key that works. */
export const ifNothingWorks = ({
  keys,
  current,
}: Pick<Published, 'keys' | 'current'>): Urgency | undefined => {
  const key = findKey(keys, currentKeyId(current));
  return key?.status === 'Active' ? undefined : { urgent: true, why: whyNothingWorks(current, key) };
};

/** A leaked key is Active. */
export const closeLeak = ({ userName }: Named, accessKeyId: string): Pick<Said, 'urgency' | 'next'> => ({
  urgency: leakIsOpen(accessKeyId, 'IS'),
  next: [
    'Start the emergency again now:',
    declareEmergency(userName, accessKeyId, ONCE_MORE),
    ...ifAnOutageIsBetter({ userName, accessKeyId }),
  ],
});

/** Not every Region has the new key. */
export const replicasLag = (regions: readonly string[]): string =>
  `Replicas of the secret do not have the new key yet: ${regions.join(', ')}.`;

/** What to do when it stays so. */
export const repairReplicas = ({ userName }: Named): Advice => [
  'Repair the replicas as the runbook says. Then start a new execution, which goes on from what is there:',
  startRotation(userName),
];

/** Where {@link repairReplicas} is explained. */
export const REPLICA_SECTION = 'Repair a replica';

/** A leaked key that does not work any more. */
interface ClosedLeak extends Named {
  readonly secretId: string;
  readonly accessKeyId: string;
  /** What has become of it, for the end of a sentence. */
  readonly became: string;
  /** Why a person has declared the emergency. */
  readonly reason?: string | undefined;
  /** What it took, if this execution has set it Inactive. */
  readonly took?: Contained | undefined;
  /** Who used it last, as last-use says it. */
  readonly lastUse?: string | undefined;
  readonly newAccessKeyId: string;
  readonly keys: readonly KeyShown[];
  /** Sessions that began before are older than the end of the leaked key. */
  readonly now: Date;
  /** When the leaked key is deleted; undefined: it is gone. */
  readonly recoveryPeriod: string | undefined;
}

/** IAM takes a while to stop a key everywhere; a session that is obtained meanwhile is to end, too. */
const SPREAD = 5 * 60_000;

/** Sessions that began before this time may have been obtained with a key that did not work any more at another. */
export const sessionsUntil = (contained: Date): Date => new Date(contained.getTime() + SPREAD);

/** How to end the sessions of the user of a leaked key. */
export const endSessionsOf = ({ userName }: Named, before: Date): Advice => [
  `End the sessions of ${userName} that began before ${before.toISOString()}. This does not affect programs that sign with an access key:`,
  endSessions(userName, before),
];

/** The reason of an emergency that follows from another one. */
const READ_BY_LEAKED_KEY = 'the leaked key could read the secret';

/** A leaked key does not work any more: whom that hits, and what is left to do. */
export const leakIsClosed = (leak: ClosedLeak): Said => {
  const { userName, secretId, accessKeyId, became, reason, lastUse, newAccessKeyId, now, recoveryPeriod } =
    leak;
  return {
    what: [
      `The leaked key ${accessKeyId} of ${userName} ${became}.`,
      ...sayContainment(leak.took),
      ...(reason === undefined ? [] : [`Why the emergency was declared: ${reason}.`]),
      lastUse === undefined
        ? 'It is not known when the leaked key was last used.'
        : `Last use of the leaked key, according to IAM, which may be late: ${lastUse}.`,
      `The secret holds ${newAccessKeyId}.`,
    ],
    keys: leak.keys,
    inSecret: newAccessKeyId,
    next: [
      ...endSessionsOf(leak, sessionsUntil(now)),
      'Wait for the next message (LeakedKeyTraced). It says within two minutes what the leaked key did, and again after 20 minutes, because CloudTrail is late.',
      `If it names GetSecretValue, the leaked key has read a secret. If it may have been ${secretId}, after the new key was put there and by a program that is not yours, the new key is known, too. Declare an emergency for it; the key that leaked first is deleted to make room:`,
      declareEmergency(userName, newAccessKeyId, READ_BY_LEAKED_KEY),
      'Restart the programs that used the leaked key, or make them read the secret again. Clients that cache it take up to an hour by themselves.',
      ...(recoveryPeriod === undefined
        ? []
        : [
            `Do not set the leaked key Active again. It is deleted after the recovery period of ${sayDuration(recoveryPeriod)}.`,
          ]),
    ],
  };
};
