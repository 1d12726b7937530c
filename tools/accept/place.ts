import { GetRoleCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, type GetCallerIdentityCommandOutput } from '@aws-sdk/client-sts';
import type { Judge } from '../../test/contract/judge';
import { type Clients, createClients } from '../../test/contract/subject';
import { Problem } from '../../test/e2e/support/problem';
import { InterruptibleHandler } from './interruptible';
import { PACE_OF_AWS, PACE_OF_EMULATOR, type Pace } from './plan';
import type { Rehearsal } from './record';
import { bootstrapRole, notBootstrapped, refusedAccount } from './refusals';

/** Where a run is, and how it is reached: by what the SDK finds in the environment. */
export interface Place {
  readonly account: string;
  readonly region: string;
  /** ARN of who runs it. */
  readonly caller: string;
  /** Sends no request any more once the run was interrupted, or is over. */
  readonly requestHandler: InterruptibleHandler;
  /** Send by it. */
  readonly clients: Clients;
  /** Look and remove, also then. */
  readonly janitor: Clients;
  readonly pace: Pace;
  readonly rehearsal: Rehearsal | undefined;
}

/** AWS throttles whoever asks often. */
const ATTEMPTS = 5;

/**
 * Finds out where the credentials lead. The first call of every run: it changes nothing.
 *
 * @throws Problem if they lead nowhere, or to another account than the named one.
 */
export const placeOf = async (
  account: string,
  rehearsal: Rehearsal | undefined,
  stop: AbortSignal,
): Promise<Place> => {
  const pace = rehearsal === undefined ? PACE_OF_AWS : PACE_OF_EMULATOR;
  const judge: Judge = {
    name: 'aws',
    accountId: account,
    connection: { maxAttempts: ATTEMPTS },
    patienceSeconds: pace.patienceSeconds,
    isNotModelled: () => false,
  };
  const { sts } = createClients(judge);
  let region: string;
  let found: GetCallerIdentityCommandOutput;
  try {
    region = await sts.config.region();
    found = await sts.send(new GetCallerIdentityCommand({}));
  } catch (error) {
    throw new Problem(
      `AWS does not say whose the credentials are: ${(error as Error).message.replace(/\.$/, '')}. Nothing was created. Sign in as for the AWS CLI ("aws sso login", --profile), and name a Region (--region).`,
    );
  }
  const refused = refusedAccount(account, found.Account ?? '');
  if (refused !== undefined) throw new Problem(refused);
  const here: Judge = { ...judge, connection: { ...judge.connection, region } };
  const requestHandler = new InterruptibleHandler(stop);
  return {
    account,
    region,
    caller: found.Arn ?? '',
    requestHandler,
    clients: createClients({ ...here, connection: { ...here.connection, requestHandler } }),
    janitor: createClients(here),
    pace,
    rehearsal,
  };
};

/** @throws Problem if nothing can be deployed here, with the command that changes it. */
export const requireBootstrap = async ({ account, region, clients: { iam } }: Place): Promise<void> => {
  try {
    await iam.send(new GetRoleCommand({ RoleName: bootstrapRole(account, region) }));
  } catch (error) {
    if ((error as Error).name === 'NoSuchEntityException')
      throw new Problem(notBootstrapped(account, region));
    throw error;
  }
};
