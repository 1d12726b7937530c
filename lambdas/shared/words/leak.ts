import type { LeakedKey } from '../rotation/leak';
import { declareEmergency, setKeyStatus } from '../text/commands';
import { type Advice, listOf, type Said, type Urgency } from '../text/said';

/** A leaked key works. */
export const leakIsOpen = (accessKeyId: string, sure: 'IS' | 'MAY STILL BE'): Urgency => ({
  urgent: true,
  why: `THE LEAKED KEY ${accessKeyId} ${sure} ACTIVE.`,
});

/** Consumers have no key that works. */
export const programsFail = (userName: string): Urgency => ({
  urgent: true,
  why: `PROGRAMS OF ${userName} FAIL UNTIL THE SECRET HOLDS ANOTHER KEY.`,
});

/** How a person sets a leaked key Inactive, without waiting for anything here. */
export const ifAnOutageIsBetter = ({ userName, accessKeyId }: LeakedKey): Advice => [
  'If an outage is better than that, set the leaked key Inactive now:',
  setKeyStatus(userName, accessKeyId, 'Inactive'),
];

/** What the next declaration gives for its reason: the first one is on record. */
export const ONCE_MORE = 'again: the last one did not finish';

const startAgain = ({ userName, accessKeyId, outage }: LeakedKey): Advice => [
  'Start the emergency again now:',
  declareEmergency(userName, accessKeyId, ONCE_MORE, outage === undefined ? {} : { outage }),
];

/** What is added to a failure while a leaked key may be Active, or has no successor: do not wait for the next start. */
export const warnOfLeak = (said: Said, leaked: LeakedKey): Said => {
  const next = said.next ?? [];
  if (!leaked.contained) {
    return {
      ...said,
      urgency: leakIsOpen(leaked.accessKeyId, 'MAY STILL BE'),
      next: [...startAgain(leaked), ...ifAnOutageIsBetter(leaked), ...next],
    };
  }
  return {
    ...said,
    what: [`The leaked key ${leaked.accessKeyId} of ${leaked.userName} is Inactive.`, ...listOf(said.what)],
    ...(leaked.outage === 'accepted' && { urgency: programsFail(leaked.userName) }),
    next: [...startAgain(leaked), ...next],
  };
};
