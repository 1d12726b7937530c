import {
  GetResourcePolicyCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';
import { calling } from '../../lambdas/shared/gateways/service-errors';
import { parsedJson } from '../../lambdas/shared/rotation/execution-end';

/** Reads the policies of secrets, which no function does. */
export class PoliciesGateway {
  private readonly client: SecretsManagerClient;

  constructor(config: SecretsManagerClientConfig) {
    this.client = new SecretsManagerClient(config);
  }

  /** The policy of a secret, as JSON; undefined: it has none. */
  async of(secretId: string): Promise<unknown> {
    return calling(`reading the policy of the secret ${secretId}`, async () => {
      const { ResourcePolicy } = await this.client.send(new GetResourcePolicyCommand({ SecretId: secretId }));
      return ResourcePolicy === undefined ? undefined : parsedJson(ResourcePolicy);
    });
  }
}
