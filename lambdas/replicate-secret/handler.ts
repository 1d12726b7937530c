import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { type Answer, answerCloudFormation } from '../shared/cloudformation';
import { ReplicaGateway } from '../shared/replica-gateway';
import { lambdaRuntime } from '../shared/runtime';
import { missingReplicas } from './decide';

const Properties = z.object({
  SecretId: z.string().min(1),
  Replicas: z.array(z.object({ Region: z.string().min(1), KmsKeyId: z.string().optional() })),
});

const Change = z.discriminatedUnion('RequestType', [
  z.object({ RequestType: z.enum(['Create', 'Update']), ResourceProperties: Properties }),
  z.object({ RequestType: z.literal('Delete'), PhysicalResourceId: z.string() }),
]);

/**
 * Brings up the replicas of a user's secret when a stack is deployed. It never writes a value, and deletes nothing.
 *
 * @throws ZodError for an event that CloudFormation would not send, and whatever Secrets Manager refuses with.
 */
export const createChange = (clientConfig: SecretsManagerClientConfig) => {
  const replicas = new ReplicaGateway(clientConfig);
  return async (event: unknown): Promise<Answer> => {
    const change = Change.parse(event);
    if (change.RequestType === 'Delete') return { physicalResourceId: change.PhysicalResourceId };
    const { SecretId, Replicas } = change.ResourceProperties;
    const missing = missingReplicas(Replicas, await replicas.regionsOf(SecretId));
    if (missing.length > 0) await replicas.add(SecretId, missing);
    // The secret is what the resource stands for: under another one, CloudFormation ends this one, which does nothing.
    return { physicalResourceId: SecretId };
  };
};

export const handler = answerCloudFormation(createChange(lambdaRuntime().clientConfig));
