import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { Problem } from '../../e2e/support/problem';
import { guarded } from '../guard';
import type { Judge } from '../judge';
import { inventory, ofSuite } from '../kinds';
import { type Clients, createClients } from '../subject';
import { newRunId } from '../suite';

/** How AWS is reached. */
export interface AwsAccess {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For tests, in which something else poses as AWS. */
  readonly posing?: Pick<Judge, 'connection' | 'credentials' | 'patienceSeconds' | 'isNotModelled'>;
}

/** How long a change in AWS may take to show. */
const PATIENCE_SECONDS = 120;

/** Existing things that the suite has made: one line each. */
const leftovers = async (clients: Clients, region: string): Promise<readonly string[]> =>
  (await inventory(clients, ofSuite(region))).map(
    ({ what, name, removal }) => `- ${what} ${name}: ${removal}`,
  );

/**
 * The account and the Region of a profile.
 *
 * @throws Problem if it leads nowhere.
 */
const whereTo = async (
  { sts }: Clients,
  profile: string,
): Promise<{ readonly Account: string | undefined; readonly region: string }> => {
  try {
    const region = await sts.config.region();
    const { Account } = await sts.send(new GetCallerIdentityCommand({}));
    return { Account, region };
  } catch (error) {
    throw new Problem(
      `The profile ${profile} cannot be used: ${(error as Error).message.replace(/\.$/, '')}. Nothing was changed. Give it ` +
        'credentials, and a Region there or in AWS_REGION.',
    );
  }
};

/**
 * AWS itself, in an account in which nothing of the suite is yet. Looking around changes nothing.
 *
 * @throws Problem if there is no profile, if it leads to another account, or if something is left there.
 */
export const awsJudge = async (accountId: string, access: AwsAccess): Promise<Judge> => {
  const { environment, posing } = access;
  const profile = environment.AWS_PROFILE;
  if (!profile) {
    throw new Problem(
      'The variable AWS_PROFILE must name the profile to use, so that this does not run in an account by mistake.',
    );
  }
  const judge = {
    name: 'aws',
    accountId,
    patienceSeconds: posing?.patienceSeconds ?? PATIENCE_SECONDS,
    isNotModelled: posing?.isNotModelled ?? (() => false),
    ...(posing?.credentials && { credentials: posing.credentials }),
  } as const;
  const attempts = { maxAttempts: 5 };
  // Nothing has the name of this run yet, so nothing can be changed.
  const clients = createClients(
    guarded({ ...judge, connection: { ...attempts, ...posing?.connection } }, newRunId()),
  );
  // Statements contain ARNs, so the Region must be known too.
  const { Account, region } = await whereTo(clients, profile);
  if (Account !== accountId) {
    throw new Problem(
      `The profile ${profile} leads to the account ${Account}, not to ${accountId}. Nothing was changed.`,
    );
  }
  const found = await leftovers(clients, region);
  if (found.length > 0) {
    throw new Problem(
      `In the account ${accountId}, something is left from an earlier run, or belongs to one that is under way. Nothing was changed. If no run is under way, remove it first:\n${found.join('\n')}`,
    );
  }
  return { ...judge, connection: { ...attempts, ...posing?.connection, region } };
};
