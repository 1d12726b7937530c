import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { answerCloudFormation } from '../shared/contract/cloudformation';
import type { AdmittedReaders } from '../shared/contract/custom-resources';
import { text } from '../shared/contract/schema';
import { DeploymentGateway } from '../shared/gateways/deployment-gateway';
import { lambdaRuntime } from '../shared/gateways/runtime';
import { changeSecrets } from '../shared/shell/deployed-secrets';
import { changedPolicies } from './decide';

const Properties: z.ZodMiniType<{ readonly Admitted: readonly AdmittedReaders[] }> = z.object({
  Admitted: z.array(z.object({ Readers: z.array(text(1)), SecretIds: z.array(text(1)) })),
});

/** Puts the policies of readers when a stack is deployed. It can neither read nor write a value, and takes no policy away. */
export const createChange = (clientConfig: SecretsManagerClientConfig) => {
  const secrets = new DeploymentGateway(clientConfig);
  return changeSecrets(Properties, {
    physicalResourceId: 'secret-readers',
    failed: 'opened to their readers',
    tasks: ({ Admitted }, before) =>
      changedPolicies(Admitted, before?.Admitted ?? []).map(({ secretId, policy }) => ({
        secretId,
        run: () => secrets.putPolicy(secretId, policy),
      })),
  });
};

export const handler = answerCloudFormation(createChange(lambdaRuntime().clientConfig));
