import type { AdmittedReaders } from '../shared/contract/custom-resources';
import { LABELS } from '../shared/contract/names';

/** A secret that is to get a policy. */
interface SecretPolicy {
  readonly secretId: string;
  readonly policy: string;
}

/** Lets the readers read what consumers read: no other version, by its label or by its ID. */
export const readersPolicy = (readers: readonly string[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Readers',
        Effect: 'Allow',
        Principal: { AWS: readers },
        Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
        // In the policy of a secret this is the secret itself (Secrets Manager User Guide, "Resource-based policies").
        Resource: '*',
        Condition: {
          // The key is what the request says (Service Authorization Reference), so it is absent where the request asks for no
          // version, as most do, and gets AWSCURRENT. Hence "if it exists".
          StringEqualsIfExists: { 'secretsmanager:VersionStage': LABELS.current },
          // A version ID reaches every version: a key that has not been tested, and the intent of a rotation. A description
          // has neither key.
          Null: { 'secretsmanager:VersionId': 'true' },
        },
      },
    ],
  });

const policiesOf = (admitted: readonly AdmittedReaders[]): ReadonlyMap<string, string> =>
  new Map(
    admitted.flatMap(({ Readers, SecretIds }) => {
      const policy = readersPolicy(Readers);
      return SecretIds.map((secretId) => [secretId, policy] as const);
    }),
  );

/**
 * The policies that differ from those of before. What a person made of the others in the meantime is the person's; and a
 * secret that has no readers any more keeps its policy, because somebody may still be reading.
 */
export const changedPolicies = (
  wanted: readonly AdmittedReaders[],
  before: readonly AdmittedReaders[],
): readonly SecretPolicy[] => {
  const known = policiesOf(before);
  return [...policiesOf(wanted)].flatMap(([secretId, policy]) =>
    known.get(secretId) === policy ? [] : [{ secretId, policy }],
  );
};
