import {
  type EvaluationResult,
  GetRoleCommand,
  IAMClient,
  type IAMClientConfig,
  paginateSimulatePrincipalPolicy,
} from '@aws-sdk/client-iam';
import { calling, isServiceError } from '../../lambdas/shared/gateways/service-errors';

/** What a simulation says of a resource. */
export type Simulated =
  | 'allowed'
  | 'denied'
  /** The policies depend on these context keys, which a simulation does not know. None: it has said nothing. */
  | { readonly dependsOn: readonly string[] };

/**
 * IAM API, SimulatePrincipalPolicy: what is missing for a resource that was named stands with what is specific to it. Where something is
 * missing, the decision is that of a request without it, which says nothing of a real one: allowed or not.
 */
const simulatedOf = (resourceArn: string, results: readonly EvaluationResult[]): Simulated => {
  const found = results
    .flatMap(({ EvalResourceName, EvalDecision, MissingContextValues, ResourceSpecificResults = [] }) => [
      { EvalResourceName, decision: EvalDecision, MissingContextValues },
      ...ResourceSpecificResults.map(({ EvalResourceDecision, ...specific }) => ({
        ...specific,
        decision: EvalResourceDecision,
      })),
    ])
    .filter(({ EvalResourceName }) => EvalResourceName === resourceArn);
  const dependsOn = [...new Set(found.flatMap(({ MissingContextValues = [] }) => MissingContextValues))];
  if (found.length === 0 || dependsOn.length > 0) return { dependsOn };
  return found.every(({ decision }) => decision === 'allowed') ? 'allowed' : 'denied';
};

/** Asks IAM what whoever runs the command may do. */
export class CallersGateway {
  private readonly client: IAMClient;

  constructor(config: IAMClientConfig) {
    this.client = new IAMClient(config);
  }

  /** Whether the user or role may start each of these state machines, by its policies. */
  async mayStart(principalArn: string, stateMachineArns: readonly string[]): Promise<readonly Simulated[]> {
    return calling('asking what you may start', async () => {
      const results: EvaluationResult[] = [];
      const pages = paginateSimulatePrincipalPolicy(
        { client: this.client },
        {
          PolicySourceArn: principalArn,
          ActionNames: ['states:StartExecution'],
          ResourceArns: [...stateMachineArns],
        },
      );
      for await (const { EvaluationResults = [] } of pages) results.push(...EvaluationResults);
      return stateMachineArns.map((arn) => simulatedOf(arn, results));
    });
  }

  /** ARN of a role with its path, which the ARN of a session does not have. Undefined: there is none of this name. */
  async roleArn(roleName: string): Promise<string | undefined> {
    return calling(`reading the role ${roleName}`, async () => {
      try {
        const { Role } = await this.client.send(new GetRoleCommand({ RoleName: roleName }));
        return Role?.Arn;
      } catch (error) {
        if (isServiceError(error, 'NoSuchEntity', 'NoSuchEntityException')) return undefined;
        throw error;
      }
    });
  }
}
