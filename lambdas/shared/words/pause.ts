import { PAUSE_TAG } from '../contract/names';
import type { Pause } from '../secret/pause';

/** That the user is paused, by whom and why: for the middle of a sentence. */
export const describePause = ({ by, reason }: Pause): string =>
  by === 'tag'
    ? `paused by the tag ${PAUSE_TAG} of its secret (${reason || 'no reason given'})`
    : `paused by the configuration (${reason})`;
