import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { answerCloudFormation } from '../shared/contract/cloudformation';
import type { ReplicatedSecret } from '../shared/contract/custom-resources';
import { text } from '../shared/contract/schema';
import { DeploymentGateway } from '../shared/gateways/deployment-gateway';
import { lambdaRuntime } from '../shared/gateways/runtime';
import { changeSecrets } from '../shared/shell/deployed-secrets';
import { missingReplicas, secretsWithNewRegions } from './decide';

const Properties: z.ZodMiniType<{ readonly Secrets: readonly ReplicatedSecret[] }> = z.object({
  Secrets: z.array(
    z.object({
      SecretId: text(1),
      Replicas: z.array(z.object({ Region: text(1), KmsKeyId: z.optional(z.string()) })),
    }),
  ),
});

/** Brings up the replicas of the secrets when a stack is deployed. It never writes a value, and deletes nothing. */
export const createChange = (clientConfig: SecretsManagerClientConfig) => {
  const secrets = new DeploymentGateway(clientConfig);
  return changeSecrets(Properties, {
    physicalResourceId: 'secret-replicas',
    failed: 'replicated',
    secretIdsOf: ({ Secrets }) => Secrets.map(({ SecretId }) => SecretId),
    tasks: ({ Secrets }, before) =>
      secretsWithNewRegions(Secrets, before?.Secrets ?? []).map(({ SecretId, Replicas }) => ({
        secretId: SecretId,
        run: async () => {
          const missing = missingReplicas(Replicas, await secrets.regionsOf(SecretId));
          if (missing.length > 0) await secrets.addReplicas(SecretId, missing);
        },
      })),
  });
};

export const handler = answerCloudFormation(createChange(lambdaRuntime().clientConfig));
