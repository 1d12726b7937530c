import { PAUSE_TAG } from '../contract/names';
import { bounded } from '../text/bounded';

/**
 * Who has paused a user, and why, in words; undefined when nobody has.
 *
 * @param tag - Value of {@link PAUSE_TAG}; undefined when the secret does not have the tag.
 * @param configured - What the configuration says.
 */
export const pauseOf = (tag: string | undefined, configured: string | undefined): string | undefined => {
  if (tag !== undefined) {
    return `paused by the tag ${PAUSE_TAG} of its secret (${bounded(tag) || 'no reason given'})`;
  }
  return configured === undefined ? undefined : `paused by the configuration (${configured})`;
};
