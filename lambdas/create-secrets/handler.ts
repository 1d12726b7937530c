import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { answerCloudFormation } from '../shared/contract/cloudformation';
import type { CreatedSecret, SecretTag } from '../shared/contract/custom-resources';
import { PAUSE_TAG } from '../shared/contract/names';
import { text } from '../shared/contract/schema';
import { DeploymentGateway } from '../shared/gateways/deployment-gateway';
import { lambdaRuntime } from '../shared/gateways/runtime';
import { PLACEHOLDER_SECRET_STRING } from '../shared/secret/placeholder';
import { changeSecrets } from '../shared/shell/deployed-secrets';
import { type CreatedSecrets, type Task, tasksOf } from './decide';

const Properties: z.ZodMiniType<CreatedSecrets> = z.object({
  Secrets: z.array(
    z.object({
      SecretId: text(1),
      UserName: text(1),
      KmsKeyId: z.optional(z.string()),
      PausedBecause: z.optional(z.string()),
    }),
  ),
  Tags: z.optional(z.array(z.object({ Key: text(1), Value: z.string() }))),
});

/**
 * Creates the secrets of newly enrolled users when a stack is deployed, with the placeholder. One that exists already counts as
 * created: it gets the tags of the configuration, and keeps its value. Nothing is deleted.
 */
export const createChange = (clientConfig: SecretsManagerClientConfig) => {
  const secrets = new DeploymentGateway(clientConfig);

  const create = async (
    { SecretId, UserName, KmsKeyId, PausedBecause }: CreatedSecret,
    tags: readonly SecretTag[],
  ): Promise<void> => {
    const pause = PausedBecause === undefined ? [] : [{ Key: PAUSE_TAG, Value: PausedBecause }];
    await secrets.create({
      name: SecretId,
      description: `Access key of the IAM user ${UserName}, rotated by AWS Step Functions`,
      value: PLACEHOLDER_SECRET_STRING,
      kmsKeyId: KmsKeyId,
      // From the first moment on: no rotation comes before the pause.
      tags: [...tags, ...pause],
    });
    // One that exists may have been created with other tags, and then Secrets Manager may answer as if it had just been created (Secrets
    // Manager API, CreateSecret, ClientRequestToken). Whether its user is paused is for people to say.
    if (tags.length > 0) await secrets.tag(SecretId, tags);
  };

  const perform = async (task: Task): Promise<void> => {
    if (task.kind === 'create') return create(task.secret, task.tags);
    const { SecretId } = task.secret;
    // New tags first: at no time does the secret lack one that a policy may ask for.
    if (task.tags.length > 0) await secrets.tag(SecretId, task.tags);
    if (task.without.length > 0) await secrets.untag(SecretId, task.without);
  };

  return changeSecrets(Properties, {
    physicalResourceId: 'rotated-secrets',
    failed: 'created or tagged',
    secretIdsOf: ({ Secrets }) => Secrets.map(({ SecretId }) => SecretId),
    tasks: (wanted, before) =>
      tasksOf(wanted, before).map((task) => ({ secretId: task.secret.SecretId, run: () => perform(task) })),
  });
};

export const handler = answerCloudFormation(createChange(lambdaRuntime().clientConfig));
