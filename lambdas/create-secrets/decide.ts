/** What a deployment says of the secret of one user. */
export interface CreatedSecret {
  readonly SecretId: string;
  readonly UserName: string;
  /** A KMS key of the same Region. Undefined: its key `aws/secretsmanager`. */
  readonly KmsKeyId?: string | undefined;
}

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
