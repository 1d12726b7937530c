import type { CreatedSecret } from '../shared/contract/custom-resources';

/**
 * The secrets that are to be created: of the users who are newly enrolled. What was created once is left alone: somebody
 * who deletes a secret is not to get another one by a deployment for somebody else.
 */
export const newSecrets = (
  wanted: readonly CreatedSecret[],
  before: readonly CreatedSecret[],
): readonly CreatedSecret[] => {
  const known = new Set(before.map(({ SecretId }) => SecretId));
  return wanted.filter(({ SecretId }) => !known.has(SecretId));
};
