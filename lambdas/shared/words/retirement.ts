import { mask } from '../text/mask';

/*
 * What the steps that retire the old key have to say alike.
 */

/** What to do when somebody has changed something meanwhile. */
export const START_AGAIN = 'Start a new execution: it goes on from what is there.';

/** The same while a leaked key is left. */
export const START_EMERGENCY_AGAIN = 'Start a new execution: it goes on with the emergency.';

/** What to do for a user whose rotation has ended because it is not enrolled any more. */
export const ENROL_AGAIN =
  'Enrol the user again, deploy, and start a new execution: it goes on from what is there. Or see to the keys yourself: ' +
  'docs/runbook.md, "Un-enrol a user".';

/** The key that a rotation retires. */
export const nameOfOld = ({ oldAccessKeyId }: { readonly oldAccessKeyId: string | null }): string =>
  oldAccessKeyId === null ? 'none' : mask(oldAccessKeyId);

/** Consumers may not find the new key any more. For the beginning of a sentence. */
export const newKeyWasChanged = (newAccessKeyId: string): string =>
  `AWSCURRENT must hold the new key ${mask(newAccessKeyId)}, and the key must be Active; somebody has changed that`;

/** Not every Region has the new key. */
export const replicasLag = (regions: readonly string[]): string =>
  `Replicas of the secret do not have the new key yet: ${regions.join(', ')}.`;
