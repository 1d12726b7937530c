import type { LeakedKey } from '../rotation/leak';
import { setKeyStatus } from '../text/commands';
import { mask } from '../text/mask';

/** What to add to the message of a failure while a leaked key may be Active: do not wait for the next start. */
export const warnOfLeak = ({ userName, accessKeyId }: LeakedKey): string =>
  `THE LEAKED KEY ${mask(accessKeyId)} MAY STILL BE ACTIVE. Start the emergency again now, or, if an outage is better than that: ` +
  `${setKeyStatus(userName, accessKeyId, 'Inactive')}.`;
