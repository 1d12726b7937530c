import { ListRolesCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import type { StepName } from '../../../lambdas/shared/contract/steps';
import { Problem } from '../support/problem';
import type { Cloud, Credentials } from './cloud';

/** Credentials with exactly the permissions of the deployed role of a step. */
export const credentialsOfStep = async (cloud: Cloud, step: StepName): Promise<Credentials> => {
  const { Roles = [] } = await cloud.iam.send(new ListRolesCommand({ MaxItems: 1000 }));
  const role = Roles.find(({ Description }) => Description?.startsWith(`The step ${step} `));
  if (role === undefined) throw new Problem(`The stack has no role for the step ${step}.`);
  const { Credentials: session } = await cloud.sts.send(
    new AssumeRoleCommand({ RoleArn: role.Arn, RoleSessionName: 'probe' }),
  );
  return {
    accessKeyId: session?.AccessKeyId ?? '',
    secretAccessKey: session?.SecretAccessKey ?? '',
    sessionToken: session?.SessionToken ?? '',
  };
};
