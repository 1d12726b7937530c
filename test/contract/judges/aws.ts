import { paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { paginateDescribeLogGroups } from '@aws-sdk/client-cloudwatch-logs';
import { ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { paginateListRoles, paginateListUsers } from '@aws-sdk/client-iam';
import { paginateListScheduleGroups } from '@aws-sdk/client-scheduler';
import { paginateListSecrets } from '@aws-sdk/client-secrets-manager';
import { paginateListStateMachines } from '@aws-sdk/client-sfn';
import { paginateListTopics } from '@aws-sdk/client-sns';
import { paginateListQueues } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { Problem } from '../../e2e/support/problem';
import { guarded } from '../guard';
import type { Judge } from '../judge';
import { type Clients, createClients, IAM_PATH, NAME_PREFIX, NotModelled } from '../subject';
import { newRunId } from '../suite';

/** How AWS is reached. */
export interface AwsAccess {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For tests, in which something else poses as AWS. */
  readonly posing?: Pick<Judge, 'connection' | 'credentials' | 'patienceSeconds' | 'isNotModelled'>;
}

/** How long a change in AWS may take to show. */
const PATIENCE_SECONDS = 120;

/** A kind of thing that the suite creates. */
interface Kind {
  readonly what: string;
  /** The names, or ARNs, of those with the suite's prefix. */
  list(clients: Clients): AsyncIterable<string | undefined>;
  /** The command that removes one. */
  readonly removal: string;
}

/** The items of all pages. */
async function* of<Page, Item>(
  pages: AsyncIterable<Page>,
  items: (page: Page) => readonly Item[] | undefined,
): AsyncIterable<Item> {
  for await (const page of pages) yield* items(page) ?? [];
}

/** Like {@link of}, for a list that the SDK does not page. */
async function* rules({ eventBridge }: Clients): AsyncIterable<string | undefined> {
  const { Rules = [] } = await eventBridge.send(new ListRulesCommand({ NamePrefix: NAME_PREFIX }));
  yield* Rules.map(({ Name }) => Name);
}

const KINDS: readonly Kind[] = [
  {
    what: 'IAM user',
    list: ({ iam: client }) =>
      of(paginateListUsers({ client }, { PathPrefix: IAM_PATH }), ({ Users }) =>
        Users?.map(({ UserName }) => UserName),
      ),
    removal: 'aws iam delete-user --user-name NAME, after delete-access-key for each of its keys',
  },
  {
    what: 'IAM role',
    list: ({ iam: client }) =>
      of(paginateListRoles({ client }, { PathPrefix: IAM_PATH }), ({ Roles }) =>
        Roles?.map(({ RoleName }) => RoleName),
      ),
    removal: 'aws iam delete-role --role-name NAME',
  },
  {
    what: 'secret',
    list: ({ secretsManager: client }) =>
      of(
        paginateListSecrets(
          { client },
          { IncludePlannedDeletion: true, Filters: [{ Key: 'name', Values: [NAME_PREFIX] }] },
        ),
        ({ SecretList }) => SecretList?.map(({ Name }) => Name),
      ),
    removal: 'aws secretsmanager delete-secret --secret-id NAME --force-delete-without-recovery',
  },
  {
    what: 'alarm',
    list: ({ cloudWatch: client }) =>
      of(
        paginateDescribeAlarms(
          { client },
          { AlarmNamePrefix: NAME_PREFIX, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
        ),
        ({ MetricAlarms = [], CompositeAlarms = [] }) =>
          [...MetricAlarms, ...CompositeAlarms].map(({ AlarmName }) => AlarmName),
      ),
    removal: 'aws cloudwatch delete-alarms --alarm-names NAME',
  },
  {
    what: 'state machine',
    list: ({ states: client }) =>
      of(paginateListStateMachines({ client }, {}), ({ stateMachines = [] }) =>
        stateMachines
          .filter(({ name }) => name?.startsWith(NAME_PREFIX))
          .map(({ stateMachineArn }) => stateMachineArn),
      ),
    removal: 'aws stepfunctions delete-state-machine --state-machine-arn NAME',
  },
  {
    what: 'topic',
    list: ({ sns: client }) =>
      of(paginateListTopics({ client }, {}), ({ Topics }) =>
        Topics?.map(({ TopicArn }) => TopicArn).filter((arn) => arn?.split(':')[5]?.startsWith(NAME_PREFIX)),
      ),
    removal: 'aws sns delete-topic --topic-arn NAME',
  },
  {
    what: 'queue',
    list: ({ sqs: client }) =>
      of(paginateListQueues({ client }, { QueueNamePrefix: NAME_PREFIX }), ({ QueueUrls }) => QueueUrls),
    removal: 'aws sqs delete-queue --queue-url NAME',
  },
  {
    what: 'EventBridge rule',
    list: rules,
    removal: 'aws events remove-targets --rule NAME --ids topic, then aws events delete-rule --name NAME',
  },
  {
    what: 'schedule group',
    list: ({ scheduler: client }) =>
      of(paginateListScheduleGroups({ client }, { NamePrefix: NAME_PREFIX }), ({ ScheduleGroups }) =>
        ScheduleGroups?.map(({ Name }) => Name),
      ),
    removal: 'aws scheduler delete-schedule-group --name NAME',
  },
  {
    what: 'log group',
    list: ({ logs: client }) =>
      of(paginateDescribeLogGroups({ client }, { logGroupNamePrefix: NAME_PREFIX }), ({ logGroups }) =>
        logGroups?.map(({ logGroupName }) => logGroupName),
      ),
    removal: 'aws logs delete-log-group --log-group-name NAME',
  },
];

/** Existing things with the suite's name: one line each. */
const leftovers = async (clients: Clients): Promise<readonly string[]> => {
  const lines: string[] = [];
  for (const { what, list, removal } of KINDS) {
    try {
      for await (const name of list(clients)) {
        lines.push(`- ${what} ${name}: ${removal.replaceAll('NAME', name ?? '')}`);
      }
    } catch (error) {
      if (!(error instanceof NotModelled)) throw error;
    }
  }
  return lines;
};

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
 * AWS itself, in an account in which nothing has the suite's name yet. Looking around changes nothing.
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
  const found = await leftovers(clients);
  if (found.length > 0) {
    throw new Problem(
      `In the account ${accountId}, something is left from an earlier run. Nothing was changed. Remove it first:\n${found.join('\n')}`,
    );
  }
  return { ...judge, connection: { ...attempts, ...posing?.connection, region } };
};
