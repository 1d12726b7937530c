import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { type Answer, answerCloudFormation } from '../shared/cloudformation';
import { ReplicaGateway } from '../shared/replica-gateway';
import { lambdaRuntime } from '../shared/runtime';
import { parse, text } from '../shared/schema';
import { missingReplicas, type ReplicatedSecret } from './decide';

const ReplicatedSecrets: z.ZodMiniType<readonly ReplicatedSecret[]> = z.array(
  z.object({
    SecretId: text(1),
    Replicas: z.array(z.object({ Region: text(1), KmsKeyId: z.optional(z.string()) })),
  }),
);

const Change = z.discriminatedUnion('RequestType', [
  z.object({
    RequestType: z.enum(['Create', 'Update']),
    ResourceProperties: z.object({ Secrets: ReplicatedSecrets }),
  }),
  z.object({ RequestType: z.literal('Delete') }),
]);

/** There is one such resource in a stack, and it is never replaced. */
const ANSWER: Answer = { physicalResourceId: 'secret-replicas' };

/**
 * Brings up the replicas of the secrets when a stack is deployed. It never writes a value, and deletes nothing.
 *
 * @throws ZodError for an event that CloudFormation would not send; else an Error that lists the secrets whose replicas
 * Secrets Manager refuses, and why. The others have got theirs.
 */
export const createChange = (clientConfig: SecretsManagerClientConfig) => {
  const replicas = new ReplicaGateway(clientConfig);

  const bringUp = async ({ SecretId, Replicas }: ReplicatedSecret): Promise<string | undefined> => {
    try {
      const missing = missingReplicas(Replicas, await replicas.regionsOf(SecretId));
      if (missing.length > 0) await replicas.add(SecretId, missing);
      return undefined;
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      return `the secret ${SecretId} could not be replicated: ${name}: ${message}`;
    }
  };

  return async (event: unknown): Promise<Answer> => {
    const change = parse(Change, event);
    if (change.RequestType === 'Delete') return ANSWER;
    const problems: string[] = [];
    // One after the other: Secrets Manager takes 50 changes a second (quotas), of everybody in the account.
    for (const secret of change.ResourceProperties.Secrets) {
      const problem = await bringUp(secret);
      if (problem !== undefined) problems.push(problem);
    }
    if (problems.length > 0) throw new Error(problems.join('; '));
    return ANSWER;
  };
};

export const handler = answerCloudFormation(createChange(lambdaRuntime().clientConfig));
