import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { answerCloudFormation } from '../shared/contract/cloudformation';
import type { SecretPolicies } from '../shared/contract/custom-resources';
import { text } from '../shared/contract/schema';
import { DeploymentGateway } from '../shared/gateways/deployment-gateway';
import { lambdaRuntime } from '../shared/gateways/runtime';
import { changeSecrets } from '../shared/shell/deployed-secrets';
import { changedPolicies } from './decide';

const texts = () => z.array(text(1));

const Properties: z.ZodMiniType<SecretPolicies> = z.object({
  Policies: z.array(
    z.object({
      BreakGlass: z.optional(texts()),
      Secrets: z.array(z.object({ Readers: z.optional(texts()), SecretIds: texts() })),
    }),
  ),
  Steps: z.optional(z.array(z.object({ RoleArn: text(1), Actions: texts() }))),
});

/** Puts the policies of secrets when a stack is deployed. It can neither read nor write a value, and takes no policy away. */
export const createChange = (clientConfig: SecretsManagerClientConfig) => {
  const secrets = new DeploymentGateway(clientConfig);
  return changeSecrets(Properties, {
    physicalResourceId: 'secret-policies',
    failed: 'given their policy',
    secretIdsOf: ({ Policies }) =>
      Policies.flatMap(({ Secrets }) => Secrets.flatMap(({ SecretIds }) => SecretIds)),
    tasks: (wanted, before) =>
      changedPolicies(wanted, before).map(({ secretId, policy }) => ({
        secretId,
        run: () => secrets.putPolicy(secretId, policy),
      })),
  });
};

export const handler = answerCloudFormation(createChange(lambdaRuntime().clientConfig));
