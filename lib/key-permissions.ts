import type { StepName } from '../lambdas/shared/steps';
import type { RotatedUser } from './config';
import { viaSecretsManager } from './resource-arns';
import type { Condition, Grant } from './role-policies';
import { STEP_PERMISSIONS } from './step-permissions';

/** What may be done with a KMS key. */
type KeyAction = `kms:${string}`;

/**
 * What a step needs of the KMS key of a secret, because Secrets Manager uses the key in the caller's name: a value is
 * decrypted when it is read, which every step does, and a data key is made when one is stored (Secrets Manager User Guide,
 * "Secret encryption and decryption").
 */
export const keyActionsOf = (step: StepName): readonly KeyAction[] =>
  STEP_PERMISSIONS[step].secrets.includes('secretsmanager:PutSecretValue')
    ? ['kms:Decrypt', 'kms:GenerateDataKey']
    : ['kms:Decrypt'];

/** Only when Secrets Manager asks: nobody may use the key for anything else. */
export const onlyViaSecretsManager = (...regions: readonly string[]): Condition => ({
  operator: 'StringEquals',
  key: 'kms:ViaService',
  values: [viaSecretsManager(), ...regions.map(viaSecretsManager)],
});

/**
 * Grants on the customer managed keys of the users' secrets, through Secrets Manager. Users without such a key need
 * none: everybody in the account may use `aws/secretsmanager` through Secrets Manager.
 *
 * @param users - The users whose keys are meant.
 * @param actions - What is allowed.
 * @param secretArns - The ARNs of a user's secret, if the grant is to hold for the encryption of these alone. Secrets
 * Manager names the secret in the encryption context as `SecretARN`, with the random characters at its end.
 */
export const keyGrants = (
  users: readonly RotatedUser[],
  actions: readonly KeyAction[],
  secretArns?: (user: RotatedUser) => readonly string[],
): readonly Grant[] => {
  const keys = new Set(users.flatMap(({ kmsKeyArn }) => (kmsKeyArn === undefined ? [] : [kmsKeyArn])));
  return [...keys].map((key) => ({
    actions,
    resources: [key],
    conditions: [
      onlyViaSecretsManager(),
      ...(secretArns === undefined
        ? []
        : [
            {
              operator: 'StringLike',
              key: 'kms:EncryptionContext:SecretARN',
              values: users.filter(({ kmsKeyArn }) => kmsKeyArn === key).flatMap(secretArns),
              dealt: true as const,
            },
          ]),
    ],
  }));
};
