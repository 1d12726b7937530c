import type { StepName } from '../../lambdas/shared/contract/steps';
import type { RotatedUser } from '../config';
import { createdSecretsArns, secretArn, viaSecretsManager } from './resource-arns';
import type { Condition, Grant } from './role-policies';
import { STEP_PERMISSIONS } from './step-permissions';

/** An action on a KMS key. */
type KeyAction = `kms:${string}`;

/**
 * What a step needs on the KMS key of a secret, because Secrets Manager uses the key in the caller's name: a
 * value is decrypted when it is read, which every step does, and a data key is made when one is stored
 * (Secrets Manager User Guide, "Secret encryption and decryption").
 */
export const keyActionsOf = (step: StepName): readonly KeyAction[] =>
  STEP_PERMISSIONS[step].secrets.includes('secretsmanager:PutSecretValue')
    ? ['kms:Decrypt', 'kms:GenerateDataKey']
    : ['kms:Decrypt'];

/** Only for calls through Secrets Manager: the key may not be used for anything else. */
export const onlyViaSecretsManager = (...regions: readonly string[]): Condition => ({
  operator: 'StringEquals',
  key: 'kms:ViaService',
  values: [viaSecretsManager(), ...regions.map(viaSecretsManager)],
});

const keysOf = (users: readonly RotatedUser[]): readonly string[] => [
  ...new Set(users.flatMap(({ kmsKeyArn }) => (kmsKeyArn === undefined ? [] : [kmsKeyArn]))),
];

/**
 * Only for these secrets: Secrets Manager names the secret in the encryption context, with its random
 * characters.
 */
const forSecrets = (secretArns: readonly string[]): Condition => ({
  operator: 'StringLike',
  key: 'kms:EncryptionContext:SecretARN',
  values: secretArns,
});

/**
 * Grants on the customer managed keys of the users' secrets, through Secrets Manager. Users without such a
 * key need none: every principal in the account may use `aws/secretsmanager` through Secrets Manager.
 *
 * @param users - The users whose keys are meant.
 * @param actions - What is allowed.
 */
export const keyGrants = (users: readonly RotatedUser[], actions: readonly KeyAction[]): readonly Grant[] => [
  { actions, resources: keysOf(users), conditions: [onlyViaSecretsManager()] },
];

/**
 * The same, but for the encryption of the users' secrets only.
 *
 * A hundred users, each with a key and a secret of their own, would need more policies than a role may have.
 * So each key of a secret that the stack creates is granted for every secret below their common name. Which
 * of those secrets a role reads and writes is decided by its grants on secrets: Secrets Manager calls KMS
 * only for a caller that it has admitted.
 */
export const keyGrantsForSecrets = (
  users: readonly RotatedUser[],
  actions: readonly KeyAction[],
): readonly Grant[] => {
  const existing = users.filter(({ secretExists }) => secretExists);
  return [
    {
      actions,
      resources: keysOf(users.filter(({ secretExists }) => !secretExists)),
      conditions: [onlyViaSecretsManager(), forSecrets(createdSecretsArns(users))],
    },
    ...keysOf(existing).map((key) => {
      const secrets = existing.filter(({ kmsKeyArn }) => kmsKeyArn === key);
      const dealt = {
        ...forSecrets(secrets.map(({ secretId }) => secretArn(secretId))),
        dealt: true as const,
      };
      return { actions, resources: [key], conditions: [onlyViaSecretsManager(), dealt] };
    }),
  ];
};
