import type { LeakedKey } from '../rotation/leak';
import { declareEmergency, setKeyStatus } from '../text/commands';
import type { Advice, Said, Urgency } from '../text/said';

/** A leaked key works. */
export const leakIsOpen = (accessKeyId: string, sure: 'IS' | 'MAY STILL BE'): Urgency => ({
  urgent: true,
  why: `THE LEAKED KEY ${accessKeyId} ${sure} ACTIVE.`,
});

/** How a person sets a leaked key Inactive, without waiting for anything here. */
export const ifAnOutageIsBetter = ({ userName, accessKeyId }: LeakedKey): Advice => [
  'If an outage is better than that, set the leaked key Inactive now:',
  setKeyStatus(userName, accessKeyId, 'Inactive'),
];

/** What the next declaration gives for its reason: the first one is on record. */
export const ONCE_MORE = 'again: the last one did not finish';

/** What is added to a failure while a leaked key may be Active: do not wait for the next start. */
export const warnOfLeak = (said: Said, leaked: LeakedKey): Said => ({
  ...said,
  urgency: leakIsOpen(leaked.accessKeyId, 'MAY STILL BE'),
  next: [
    'Start the emergency again now:',
    declareEmergency(leaked.userName, leaked.accessKeyId, ONCE_MORE),
    ...ifAnOutageIsBetter(leaked),
    ...(said.next ?? []),
  ],
});
