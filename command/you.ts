import { isServiceError } from '../lambdas/shared/gateways/service-errors';
import type { Deployment } from './deployment';
import type { Examined } from './examination';
import { CallersGateway } from './gateways/callers';

const ABOUT = 'you';

const unknown = (why: string): Examined => ({
  about: ABOUT,
  verdict: 'unknown',
  says: `NOT KNOWN: what you may start: ${why}.`,
  beyond: true,
});

const SESSION = /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\//;

const isMissing = (error: unknown): boolean =>
  error instanceof Error && isServiceError(error.cause, 'NoSuchEntity', 'NoSuchEntityException');

const sayMay = (starts: boolean, declares: boolean): string => {
  if (starts && declares) return 'you may start rotations, and declare emergencies';
  if (starts) return 'you may start rotations; you may not declare emergencies';
  return declares
    ? 'you may declare emergencies; you may not start rotations'
    : 'you may neither start rotations nor declare emergencies';
};

/** What whoever runs the command may start, by the policies that IAM simulates. Not to be allowed to is no fault of the deployment. */
export const ofYou = async (deployment: Deployment): Promise<Examined> => {
  const { clientConfig, caller, stateMachineArn, emergencyMachineArn } = deployment;
  const [, partition, account, roleName] = SESSION.exec(caller) ?? [];
  if (roleName === undefined && !/:user\//.test(caller))
    return unknown(`IAM simulates users and roles, and you are ${caller}`);
  const iam = new CallersGateway(clientConfig);
  const machines = [stateMachineArn, emergencyMachineArn];
  const ask = async (): Promise<ReadonlySet<string>> => {
    if (roleName === undefined) return iam.mayStart(caller, machines);
    try {
      return await iam.mayStart(`arn:${partition}:iam::${account}:role/${roleName}`, machines);
    } catch (error) {
      // Roles of IAM Identity Center have a path, which the ARN of a session does not tell.
      const withPath = isMissing(error) ? await iam.roleArn(roleName) : undefined;
      if (withPath === undefined) throw error;
      return iam.mayStart(withPath, machines);
    }
  };
  const may = await ask();
  return {
    about: ABOUT,
    verdict: 'fine',
    says: `by the policies that IAM simulates, ${sayMay(may.has(stateMachineArn), may.has(emergencyMachineArn))}`,
  };
};
