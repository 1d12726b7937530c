import type { StepName } from '../../lambdas/shared/contract/steps';
import type { DeploymentSettings, RotatedUser } from '../config';
import { createdSecretsArns, secretArn, viaSecretsManager, viaService } from './resource-arns';
import type { Condition, Grant } from './role-policies';
import { STEP_PERMISSIONS } from './step-permissions';

/** An action on a KMS key. */
type KeyAction = `kms:${string}`;

/**
 * What a step needs on the KMS key of a secret, because Secrets Manager uses the key in the caller's name: a
 * value is decrypted when it is read, and a data key is made when one is stored (Secrets Manager User Guide,
 * "Secret encryption and decryption"). None for a step that reads no secret.
 */
export const keyActionsOf = (step: StepName): readonly KeyAction[] => {
  if (STEP_PERMISSIONS[step].reads === 'none') return [];
  return STEP_PERMISSIONS[step].secrets.includes('secretsmanager:PutSecretValue')
    ? ['kms:Decrypt', 'kms:GenerateDataKey']
    : ['kms:Decrypt'];
};

/** Only for calls through Secrets Manager: the key may not be used for anything else. */
export const onlyViaSecretsManager = (...regions: readonly string[]): Condition => ({
  operator: 'StringEquals',
  key: 'kms:ViaService',
  values: [viaSecretsManager(), ...regions.map(viaSecretsManager)],
});

/** A service that encrypts with the stack's key what it is handed. */
type EncryptedService = 'sns' | 'sqs';

const keyGrantsVia = (
  { encryptionKeyArn }: Pick<DeploymentSettings, 'encryptionKeyArn'>,
  services: readonly EncryptedService[],
  actions: readonly KeyAction[],
): readonly Grant[] =>
  encryptionKeyArn === undefined
    ? []
    : [
        {
          actions,
          resources: [encryptionKeyArn],
          conditions: [
            {
              operator: 'StringEquals',
              key: 'kms:ViaService',
              values: services.map((service) => viaService(service)),
            },
          ],
        },
      ];

/**
 * Grants on the stack's key for who publishes to its topics, or sends to its queue: the service makes a data key in the caller's
 * name, and decrypts it to use it again (SNS Developer Guide, "Managing Amazon SNS encryption keys and costs"; SQS Developer Guide,
 * "Amazon SQS Key management"). None without such a key.
 *
 * @param deployment - How the stack is deployed.
 * @param services - Through which services the key may be used.
 */
export const senderKeyGrants = (
  deployment: Pick<DeploymentSettings, 'encryptionKeyArn'>,
  ...services: readonly EncryptedService[]
): readonly Grant[] => keyGrantsVia(deployment, services, ['kms:Decrypt', 'kms:GenerateDataKey']);

/** The same for who receives what lies in the queue ("Amazon SQS Key management": a consumer needs `kms:Decrypt`). */
export const receiverKeyGrants = (
  deployment: Pick<DeploymentSettings, 'encryptionKeyArn'>,
): readonly Grant[] => keyGrantsVia(deployment, ['sqs'], ['kms:Decrypt']);

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
