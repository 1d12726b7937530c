import { bounded } from '../text/bounded';

/** Who has paused a user, and why. The reason of a tag is one bounded line, and may be empty. */
export interface Pause {
  readonly by: 'tag' | 'configuration';
  readonly reason: string;
}

/**
 * Who has paused a user; undefined when nobody has.
 *
 * @param tag - Value of the tag that pauses; undefined when the secret does not have the tag.
 * @param configured - What the configuration says.
 */
export const pauseOf = (tag: string | undefined, configured: string | undefined): Pause | undefined => {
  if (tag !== undefined) return { by: 'tag', reason: bounded(tag) };
  return configured === undefined ? undefined : { by: 'configuration', reason: configured };
};
