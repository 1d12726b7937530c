import type { CreatedSecret, SecretTag } from '../shared/contract/custom-resources';

/** What a deployment says of the secrets that it creates. */
export interface CreatedSecrets {
  readonly Secrets: readonly CreatedSecret[];
  /** What each of them is tagged with. Undefined: with nothing. */
  readonly Tags?: readonly SecretTag[] | undefined;
}

/** How the tags of a secret change. */
interface Retagging {
  /** Those that are new or have another value. */
  readonly tags: readonly SecretTag[];
  /** The keys of those that are to go. */
  readonly without: readonly string[];
}

/** What becomes of a secret. */
export type Task =
  | { readonly kind: 'create'; readonly secret: CreatedSecret; readonly tags: readonly SecretTag[] }
  | ({ readonly kind: 'tag'; readonly secret: CreatedSecret } & Retagging);

const changedTags = (wanted: readonly SecretTag[], before: readonly SecretTag[]): Retagging => {
  const valueBefore = new Map(before.map(({ Key, Value }) => [Key, Value]));
  const keys = new Set(wanted.map(({ Key }) => Key));
  return {
    tags: wanted.filter(({ Key, Value }) => valueBefore.get(Key) !== Value),
    without: before.flatMap(({ Key }) => (keys.has(Key) ? [] : [Key])),
  };
};

/**
 * The secrets of newly enrolled users are created, and those of the others get the tags that have changed. What was created once is
 * not created again: somebody who deletes a secret is not to get another one by a deployment for somebody else.
 *
 * Nothing is known of a tag that the former configuration did not have: it is somebody's, and stays. So do the former tags where there
 * are none any more, because then the stack has no permission to remove them.
 */
export const tasksOf = (
  { Secrets, Tags = [] }: CreatedSecrets,
  before: CreatedSecrets | undefined,
): readonly Task[] => {
  const known = new Set(before?.Secrets.map(({ SecretId }) => SecretId));
  const changed = changedTags(Tags, before?.Tags ?? []);
  const retagged = Tags.length > 0 && changed.tags.length + changed.without.length > 0;
  return Secrets.flatMap((secret): readonly Task[] => {
    if (!known.has(secret.SecretId)) return [{ kind: 'create', secret, tags: Tags }];
    return retagged ? [{ kind: 'tag', secret, ...changed }] : [];
  });
};
