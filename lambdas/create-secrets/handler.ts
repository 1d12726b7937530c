import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { answerCloudFormation } from '../shared/contract/cloudformation';
import type { CreatedSecret } from '../shared/contract/custom-resources';
import { text } from '../shared/contract/schema';
import { DeploymentGateway } from '../shared/gateways/deployment-gateway';
import { lambdaRuntime } from '../shared/gateways/runtime';
import { PLACEHOLDER_SECRET_STRING } from '../shared/secret/placeholder';
import { changeSecrets } from '../shared/shell/deployed-secrets';
import { newSecrets } from './decide';

const Properties: z.ZodMiniType<{ readonly Secrets: readonly CreatedSecret[] }> = z.object({
  Secrets: z.array(z.object({ SecretId: text(1), UserName: text(1), KmsKeyId: z.optional(z.string()) })),
});

/**
 * Creates the secrets of newly enrolled users when a stack is deployed, with the placeholder. One that exists already counts as
 * created. It is never written to, and nothing is deleted.
 */
export const createChange = (clientConfig: SecretsManagerClientConfig) => {
  const secrets = new DeploymentGateway(clientConfig);
  return changeSecrets(Properties, {
    physicalResourceId: 'rotated-secrets',
    failed: 'created',
    tasks: ({ Secrets }, before) =>
      newSecrets(Secrets, before?.Secrets ?? []).map(({ SecretId, UserName, KmsKeyId }) => ({
        secretId: SecretId,
        run: () =>
          secrets.create({
            name: SecretId,
            description: `Access key of the IAM user ${UserName}, rotated by AWS Step Functions`,
            value: PLACEHOLDER_SECRET_STRING,
            kmsKeyId: KmsKeyId,
          }),
      })),
  });
};

export const handler = answerCloudFormation(createChange(lambdaRuntime().clientConfig));
