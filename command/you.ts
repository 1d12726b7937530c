import { isServiceError } from '../lambdas/shared/gateways/service-errors';
import type { Deployment } from './deployment';
import type { Examined } from './examination';
import { CallersGateway, type Simulated } from './gateways/callers';

const ABOUT = 'you';

const unknown = (what: string, why: string): Examined => ({
  about: ABOUT,
  verdict: 'unknown',
  says: `NOT KNOWN: ${what}: ${why}.`,
  beyond: true,
});

const SESSION = /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\//;

const isMissing = (error: unknown): boolean =>
  error instanceof Error && isServiceError(error.cause, 'NoSuchEntity', 'NoSuchEntityException');

const ACTS = ['start rotations', 'declare emergencies'] as const;

const sayMay = (may: readonly string[], mayNot: readonly string[]): string => {
  if (may.length === 0) return `you may ${mayNot.length > 1 ? 'neither' : 'not'} ${mayNot.join(' nor ')}`;
  return [`you may ${may.join(', and ')}`, ...mayNot.map((act) => `you may not ${act}`)].join('; ');
};

/** What is not simulated is neither allowed nor denied. */
const saySimulated = (simulated: readonly Simulated[]): readonly Examined[] => {
  const acts = (wanted: Simulated): readonly string[] =>
    ACTS.filter((_act, index) => simulated[index] === wanted);
  const [may, mayNot] = [acts('allowed'), acts('denied')];
  const known = may.length + mayNot.length > 0;
  return [
    ...(known
      ? [
          {
            about: ABOUT,
            verdict: 'fine',
            says: `by the policies that IAM simulates, ${sayMay(may, mayNot)}`,
          } as const,
        ]
      : []),
    ...simulated.flatMap((one, index) =>
      typeof one === 'string'
        ? []
        : unknown(
            `whether you may ${ACTS[index]}`,
            one.dependsOn.length === 0
              ? 'IAM has not said it'
              : `the policies ask for ${one.dependsOn.join(', ')}, which IAM does not know before you call`,
          ),
    ),
  ];
};

/** What whoever runs the command may start, by the policies that IAM simulates. Not to be allowed to is no fault of the deployment. */
export const ofYou = async (deployment: Deployment): Promise<readonly Examined[]> => {
  const { clientConfig, caller, stateMachineArn, emergencyMachineArn } = deployment;
  const [, partition, account, roleName] = SESSION.exec(caller) ?? [];
  if (roleName === undefined && !/:user\//.test(caller))
    return [unknown('what you may start', `IAM simulates users and roles, and you are ${caller}`)];
  const iam = new CallersGateway(clientConfig);
  const machines = [stateMachineArn, emergencyMachineArn];
  const ask = async (): Promise<readonly Simulated[]> => {
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
  return saySimulated(await ask());
};
