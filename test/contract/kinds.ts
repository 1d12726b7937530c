import { DeleteAlarmsCommand, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { DeleteLogGroupCommand, paginateDescribeLogGroups } from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteRuleCommand,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  DeleteAccessKeyCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  ListAccessKeysCommand,
  ListUserPoliciesCommand,
  paginateListPolicies,
  paginateListRoles,
  paginateListUsers,
} from '@aws-sdk/client-iam';
import { DeleteFunctionCommand, paginateListFunctions } from '@aws-sdk/client-lambda';
import { DeleteScheduleGroupCommand, paginateListScheduleGroups } from '@aws-sdk/client-scheduler';
import { DeleteSecretCommand, paginateListSecrets } from '@aws-sdk/client-secrets-manager';
import { DeleteStateMachineCommand, paginateListStateMachines } from '@aws-sdk/client-sfn';
import { DeleteTopicCommand, paginateListTopics } from '@aws-sdk/client-sns';
import { DeleteQueueCommand, paginateListQueues } from '@aws-sdk/client-sqs';
import { type Clients, NAME_PREFIX, NotModelled, ownNames, regionInPath } from './subject';

/** Something in an account. */
export interface Thing {
  /** Such as `IAM user`. */
  readonly what: string;
  /** Its name; or its ARN or URL, where that is how it is removed. */
  readonly name: string;
  /** The command that removes it. */
  readonly removal: string;
}

/** Whose things are meant: what others made, with a name that begins likewise, is never touched. */
export interface Owner {
  /** How the names begin. Empty: everything. */
  readonly beginning: string;
  /** What a name is like beside that. */
  readonly names?: RegExp;
  /** What may be before a name in that of a log group, beside what AWS writes there. */
  readonly logGroupStarts?: readonly string[] | undefined;
  /** Whether a user, a role or a policy is the owner's. They are in every Region, where names alone say too little. */
  isOwn?(clients: Clients, identity: Identity): boolean | Promise<boolean>;
}

/** A user, a role or a managed policy. */
interface Identity {
  readonly what: string;
  readonly name: string;
  readonly path: string;
}

/** A name, or ARN, or URL; and what is known of those in IAM beside it. */
type Found = string | undefined | { readonly name: string | undefined; readonly path: string | undefined };

/** A kind of thing that a run creates, or its stack. */
interface Kind {
  readonly what: string;
  /** The names, or ARNs, of those whose names begin so. */
  list(clients: Clients, prefix: string): AsyncIterable<Found>;
  remove(clients: Clients, name: string): Promise<unknown>;
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
async function* rules({ eventBridge }: Clients, prefix: string): AsyncIterable<string | undefined> {
  let NextToken: string | undefined;
  do {
    const page = await eventBridge.send(
      new ListRulesCommand({ ...(prefix !== '' && { NamePrefix: prefix }), NextToken }),
    );
    yield* (page.Rules ?? []).map(({ Name }) => Name);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
}

/** Those of functions and of state machines have the names of services before the own one. */
const logGroups = ({ logs: client }: Clients, prefix: string): AsyncIterable<string | undefined> =>
  of(
    paginateDescribeLogGroups({ client }, prefix === '' ? {} : { logGroupNamePattern: prefix }),
    ({ logGroups: groups }) => groups?.map(({ logGroupName }) => logGroupName),
  );

const removeUser = async ({ iam }: Clients, UserName: string): Promise<void> => {
  const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName }));
  for (const { AccessKeyId } of AccessKeyMetadata) {
    await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }));
  }
  const { PolicyNames = [] } = await iam.send(new ListUserPoliciesCommand({ UserName }));
  for (const PolicyName of PolicyNames) {
    await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName }));
  }
  await iam.send(new DeleteUserCommand({ UserName }));
};

const removeRule = async ({ eventBridge }: Clients, Name: string): Promise<void> => {
  const { Targets = [] } = await eventBridge.send(new ListTargetsByRuleCommand({ Rule: Name }));
  const Ids = Targets.flatMap(({ Id }) => Id ?? []);
  if (Ids.length > 0) await eventBridge.send(new RemoveTargetsCommand({ Rule: Name, Ids }));
  await eventBridge.send(new DeleteRuleCommand({ Name }));
};

/**
 * In the order in which they are removed. Dashboards, schedules and saved queries are not among them: they are in a stack, and go with
 * it. The users are the last: as long as one is there, something may be left.
 */
const KINDS: readonly Kind[] = [
  {
    what: 'state machine',
    list: ({ states: client }) =>
      of(paginateListStateMachines({ client }, {}), ({ stateMachines }) =>
        stateMachines?.map(({ stateMachineArn }) => stateMachineArn),
      ),
    remove: ({ states }, stateMachineArn) => states.send(new DeleteStateMachineCommand({ stateMachineArn })),
    removal: 'aws stepfunctions delete-state-machine --state-machine-arn NAME',
  },
  {
    what: 'function',
    list: ({ lambda: client }) =>
      of(paginateListFunctions({ client }, {}), ({ Functions }) =>
        Functions?.map(({ FunctionName }) => FunctionName),
      ),
    remove: ({ lambda }, FunctionName) => lambda.send(new DeleteFunctionCommand({ FunctionName })),
    removal: 'aws lambda delete-function --function-name NAME',
  },
  {
    what: 'EventBridge rule',
    list: rules,
    remove: removeRule,
    removal: 'aws events remove-targets --rule NAME --ids topic, then aws events delete-rule --name NAME',
  },
  {
    what: 'schedule group',
    list: ({ scheduler: client }) =>
      of(paginateListScheduleGroups({ client }, {}), ({ ScheduleGroups }) =>
        ScheduleGroups?.map(({ Name }) => Name),
      ),
    remove: ({ scheduler }, Name) => scheduler.send(new DeleteScheduleGroupCommand({ Name })),
    removal: 'aws scheduler delete-schedule-group --name NAME',
  },
  {
    what: 'alarm',
    list: ({ cloudWatch: client }, prefix) =>
      of(
        paginateDescribeAlarms(
          { client },
          {
            ...(prefix !== '' && { AlarmNamePrefix: prefix }),
            AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
          },
        ),
        ({ MetricAlarms = [], CompositeAlarms = [] }) =>
          [...MetricAlarms, ...CompositeAlarms].map(({ AlarmName }) => AlarmName),
      ),
    remove: ({ cloudWatch }, name) => cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames: [name] })),
    removal: 'aws cloudwatch delete-alarms --alarm-names NAME',
  },
  {
    what: 'topic',
    list: ({ sns: client }) =>
      of(paginateListTopics({ client }, {}), ({ Topics }) => Topics?.map(({ TopicArn }) => TopicArn)),
    remove: ({ sns }, TopicArn) => sns.send(new DeleteTopicCommand({ TopicArn })),
    removal: 'aws sns delete-topic --topic-arn NAME',
  },
  {
    what: 'queue',
    list: ({ sqs: client }, prefix) =>
      of(
        paginateListQueues({ client }, prefix === '' ? {} : { QueueNamePrefix: prefix }),
        ({ QueueUrls }) => QueueUrls,
      ),
    remove: ({ sqs }, QueueUrl) => sqs.send(new DeleteQueueCommand({ QueueUrl })),
    removal: 'aws sqs delete-queue --queue-url NAME',
  },
  {
    what: 'secret',
    list: ({ secretsManager: client }, prefix) =>
      of(
        paginateListSecrets(
          { client },
          {
            IncludePlannedDeletion: true,
            ...(prefix !== '' && { Filters: [{ Key: 'name' as const, Values: [prefix] }] }),
          },
        ),
        ({ SecretList }) => SecretList?.map(({ Name }) => Name),
      ),
    remove: ({ secretsManager }, SecretId) =>
      secretsManager.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true })),
    removal: 'aws secretsmanager delete-secret --secret-id NAME --force-delete-without-recovery',
  },
  {
    what: 'log group',
    list: logGroups,
    remove: ({ logs }, logGroupName) => logs.send(new DeleteLogGroupCommand({ logGroupName })),
    removal: 'aws logs delete-log-group --log-group-name NAME',
  },
  {
    what: 'IAM role',
    list: ({ iam: client }) =>
      of(paginateListRoles({ client }, {}), ({ Roles }) =>
        Roles?.map(({ RoleName, Path }) => ({ name: RoleName, path: Path })),
      ),
    remove: ({ iam }, RoleName) => iam.send(new DeleteRoleCommand({ RoleName })),
    removal: 'aws iam delete-role --role-name NAME',
  },
  {
    what: 'managed policy',
    list: ({ iam: client }) =>
      of(paginateListPolicies({ client }, { Scope: 'Local' }), ({ Policies }) =>
        Policies?.map(({ Arn, Path }) => ({ name: Arn, path: Path })),
      ),
    remove: ({ iam }, PolicyArn) => iam.send(new DeletePolicyCommand({ PolicyArn })),
    removal: 'aws iam delete-policy --policy-arn NAME',
  },
  {
    what: 'IAM user',
    list: ({ iam: client }) =>
      of(paginateListUsers({ client }, {}), ({ Users }) =>
        Users?.map(({ UserName, Path }) => ({ name: UserName, path: Path })),
      ),
    remove: removeUser,
    removal: 'aws iam delete-user --user-name NAME, after delete-access-key for each of its keys',
  },
];

/** The name in an ARN or in a queue's URL; a name is one already. */
const nameIn = (text: string): string =>
  /^(arn:|https?:)/.test(text) ? (text.split(/[:/]/).at(-1) ?? text) : text;

/** What services write before the name of a function or a state machine, when they name its log group. */
const OF_SERVICES: readonly string[] = ['/aws/lambda/', '/aws/vendedlogs/states/'];

/** The name that an owner gave. AWS finds log groups by any part of their names, so that is no proof. */
const ownNameOf = (what: string, name: string, starts: readonly string[]): string => {
  if (what !== 'log group') return nameIn(name);
  return name.slice(starts.find((start) => name.startsWith(start))?.length ?? 0);
};

const isCalledSo = (
  { beginning, names, logGroupStarts = [] }: Owner,
  what: string,
  name: string,
): boolean => {
  const own = ownNameOf(what, name, [...OF_SERVICES, ...logGroupStarts]);
  return own.startsWith(beginning) && (names?.test(own) ?? true);
};

/**
 * What there is in the account, of the kinds that runs create.
 *
 * @param unlisted - Told of a kind that could not be listed. Default: that is thrown.
 */
export const inventory = async (
  clients: Clients,
  owner: Owner,
  unlisted?: (what: string, error: Error) => void,
): Promise<readonly Thing[]> => {
  const things: Thing[] = [];
  for (const { what, list, removal } of KINDS) {
    try {
      for await (const found of list(clients, owner.beginning)) {
        const { name, path = undefined } = typeof found === 'object' ? found : { name: found };
        if (name === undefined || !isCalledSo(owner, what, name)) continue;
        const isIdentity = typeof found === 'object';
        if (isIdentity && owner.isOwn && !(await owner.isOwn(clients, { what, name, path: path ?? '' })))
          continue;
        things.push({ what, name, removal: removal.replaceAll('NAME', name) });
      }
    } catch (error) {
      if (error instanceof NotModelled) continue;
      if (unlisted === undefined) throw error;
      unlisted(what, error as Error);
    }
  }
  return things;
};

/**
 * What the suite has made in a Region.
 *
 * @param runId - Default: of every run.
 * @param elsewhere - Told of Regions in which it has made more.
 */
export const ofSuite = (
  region: string,
  runId?: string,
  elsewhere: (region: string) => void = () => {},
): Owner => ({
  beginning: `${NAME_PREFIX}-`,
  names: ownNames(runId),
  isOwn: (_clients, { path }) => {
    const where = regionInPath(path);
    if (where !== undefined && where !== region) elsewhere(where);
    return where === region;
  },
});

/** Removes something, and what hangs on it. */
export const remove = async (clients: Clients, { what, name }: Thing): Promise<void> => {
  await KINDS.find((kind) => kind.what === what)?.remove(clients, name);
};
