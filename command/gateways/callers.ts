import {
  GetRoleCommand,
  IAMClient,
  type IAMClientConfig,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { calling, isServiceError } from '../../lambdas/shared/gateways/service-errors';

/** Asks IAM what whoever runs the command may do. */
export class CallersGateway {
  private readonly client: IAMClient;

  constructor(config: IAMClientConfig) {
    this.client = new IAMClient(config);
  }

  /** Which of these state machines the user or role may start, by its policies. */
  async mayStart(principalArn: string, stateMachineArns: readonly string[]): Promise<ReadonlySet<string>> {
    return calling('asking what you may start', async () => {
      const { EvaluationResults = [] } = await this.client.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: principalArn,
          ActionNames: ['states:StartExecution'],
          ResourceArns: [...stateMachineArns],
        }),
      );
      return new Set(
        EvaluationResults.flatMap(({ EvalDecision, EvalResourceName }) =>
          EvalDecision === 'allowed' && EvalResourceName !== undefined ? [EvalResourceName] : [],
        ),
      );
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
