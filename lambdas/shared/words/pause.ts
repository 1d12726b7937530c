import { PAUSE_TAG } from '../contract/names';
import type { Pause } from '../secret/pause';
import { removeTag, setTag } from '../text/commands';
import type { Advice } from '../text/said';

/** That the user is paused, by whom and why: for the middle of a sentence. */
export const describePause = ({ by, reason }: Pause): string =>
  by === 'tag'
    ? `paused by the tag ${PAUSE_TAG} of its secret (${reason || 'no reason given'})`
    : `paused by the configuration (${reason})`;

/** How to keep a rotation back for a while. The two commands are two steps: whoever runs both has paused nothing. */
export const pauseAdvice = (secretId: string, effect: string): Advice => [
  `Only if it is a bad time: pause the rotation, and ${effect}:`,
  setTag(secretId, PAUSE_TAG, 'not now'),
  'Later, if you have paused it: end the pause:',
  removeTag(secretId, PAUSE_TAG),
];
