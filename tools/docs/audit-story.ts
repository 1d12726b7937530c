/**
 * What the answers of docs/audit.md are about: the deployed app, four users, and a quarter of a year of them. And how a command of that
 * page is asked of the embedded AWS: a shell reads it, and what the AWS CLI would be given becomes a call of the SDK.
 */
import { spawnSync } from 'node:child_process';
import { CloudTrailClient, paginateLookupEvents } from '@aws-sdk/client-cloudtrail';
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  type DescribeLogGroupsCommandInput,
  type FilterLogEventsCommandInput,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { scheduleName } from '../../lib/config/names';
import { createDeployedWorld, type DeployedWorld } from '../../local/deployment/deployed-world';
import { synthesize } from '../../local/deployment/synthesized-app';
import type { Template } from '../../local/deployment/template';
import { enrolledUsers } from '../../local/world/scene';
import { MadeUpIds } from '../../simulation/recorded/made-up-ids';

const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The users, as cdk.json has them. */
const USERS = [
  { userName: 'alice', owners: ['alice@example.com'], acknowledgement: { deadline: 'P2D' } },
  { userName: 'bob' },
  { userName: 'carol' },
  { userName: 'dave', paused: 'moves to a role in April' },
];

/** An application works with the key that it finds in the secret, or with one that it keeps. */
const consume = ({ aws, clock }: DeployedWorld, userName: string, kept?: string): void => {
  const secretId = `iam-access-key-rotation/${userName}`;
  const work = () => {
    const document = JSON.parse(aws.secretsManager.valueOf(secretId) ?? '{}') as { AccessKeyId?: string };
    const accessKeyId = kept ?? document.AccessKeyId;
    if (accessKeyId !== undefined) aws.iam.useAccessKey(accessKeyId);
  };
  clock.setInterval(work, HOUR).unref();
};

/** Applications of alice's read her secret when they start: one by its name, and one by its ARN. */
const readOnce = async ({ aws, server }: DeployedWorld): Promise<void> => {
  const name = 'iam-access-key-rotation/alice';
  const read = async (session: string, SecretId: string): Promise<void> => {
    const reader = new SecretsManagerClient({
      region: aws.region,
      endpoint: server.url,
      credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/consumer`, session),
    });
    await reader.send(new GetSecretValueCommand({ SecretId }));
  };
  await read('orders', name);
  await read('payments', aws.secretsManager.secret(name)?.arn ?? '');
};

/** alice's owner says yes, a day after being asked. */
const acknowledge = async ({ aws, clock }: DeployedWorld): Promise<void> => {
  for (;;) {
    const asked = aws.eventBridge.events.find(
      (event) => event['detail-type'] === 'Access Key Acknowledgement Requested',
    );
    if (asked !== undefined) {
      await clock.sleep(DAY);
      aws.states.answerTask(String(asked.detail.taskToken), { kind: 'success', output: {} });
      return;
    }
    await clock.sleep(HOUR);
  }
};

/** What an auditor has set, and what follows from it. */
type Variables = Readonly<Record<string, string>>;

const play = async (world: DeployedWorld): Promise<Variables> => {
  const { aws, clock, schedules, start } = world;
  const [kept = ''] = aws.iam.keysOf('bob').map(({ accessKeyId }) => accessKeyId);
  const [leaked = ''] = aws.iam.keysOf('carol').map(({ accessKeyId }) => accessKeyId);
  for (const userName of ['alice', 'carol', 'dave']) consume(world, userName);
  consume(world, 'bob', kept);
  const begun = [];
  for (const userName of ['alice', 'bob', 'dave']) {
    begun.push(schedules.get(scheduleName(userName))?.());
    // One after the other: of two keys that are made at the same moment, either may be the first, and numbered so.
    await clock.sleep(MINUTE);
  }
  const answered = acknowledge(world);
  await clock.sleep(2 * DAY);
  await readOnce(world);
  const emergency = await start({
    userName: 'carol',
    action: 'emergency',
    accessKeyId: leaked,
    reason: 'in a public repository',
  });
  await Promise.all([...begun, emergency].map((execution) => execution?.result));
  await answered;
  await schedules.get(scheduleName('alice'))?.()?.result;
  // Until the last record shows.
  await clock.sleep(DAY);
  const [rotation] = begun;
  return {
    FROM: String(Date.parse('2026-01-01T00:00:00Z')),
    TO: String(Date.parse('2026-04-01T00:00:00Z')),
    EXECUTION_ARN: rotation?.arn ?? '',
    USER_NAME: 'alice',
    SCHEDULE_NAME: scheduleName('alice'),
    SECRET_ID: 'iam-access-key-rotation/alice',
    STACK: 'IamAccessKeyRotation',
  };
};

/** The words that a shell hands to the AWS CLI. */
const wordsOf = (command: string, variables: Variables): readonly string[] => {
  const { status, stdout, stderr } = spawnSync('sh', ['-euc', `aws() { printf '%s\\0' "$@"; }\n${command}`], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...variables },
  });
  if (status !== 0) throw new Error(`A shell does not take this: ${command}\n${stderr}`);
  return stdout.split('\0').slice(0, -1);
};

const lowered = (option: string): string =>
  option.replace(/^--/, '').replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());
const raised = (option: string): string => lowered(`--${option[2]?.toUpperCase()}${option.slice(3)}`);

/** What an option has, in the AWS CLI's shorthand for structures. */
const shorthand = (text: string): unknown =>
  /^\w+=/.test(text)
    ? [Object.fromEntries(text.split(',').map((part) => part.split('=', 2) as [string, string]))]
    : text;

/** An auditor, beside the stack: with its policies for readers, and what reads the rest of the account. */
const AUDITOR = 'Auditor';
const withAuditor = (template: Template): Template => ({
  ...template,
  Resources: {
    ...Object.fromEntries(
      Object.entries(template.Resources).map(([id, resource]) => [
        id,
        resource.Type === 'AWS::IAM::ManagedPolicy' && /People(Log)?Reader/.test(id)
          ? { ...resource, Properties: { ...resource.Properties, Roles: [{ Ref: AUDITOR }] } }
          : resource,
      ]),
    ),
    [AUDITOR]: { Type: 'AWS::IAM::Role' },
    AuditorPolicy: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        Roles: [{ Ref: AUDITOR }],
        PolicyDocument: {
          Statement: [
            {
              Effect: 'Allow',
              Action: ['cloudtrail:LookupEvents', 'logs:DescribeLogGroups'],
              Resource: '*',
            },
          ],
        },
      },
    },
  },
});

/** The embedded AWS, as somebody sees it who may read everything that the page asks for. */
export interface Asked {
  readonly variables: Variables;
  /** What the AWS CLI would write for a command: all pages together, as JSON. */
  ask(command: string): Promise<unknown>;
  close(): Promise<void>;
  /** For whoever wants to ask with the AWS CLI itself. */
  readonly world: DeployedWorld;
}

/** Deploys the app, and lets the story happen. */
export const toldStory = async (): Promise<Asked> => {
  const app = await synthesize({ users: USERS });
  const template = withAuditor(app.template);
  const world = await createDeployedWorld({ ...app, template }, enrolledUsers(USERS), {
    ids: new MadeUpIds(1),
    start: new Date('2026-01-12T09:00:00Z'),
  });
  const { aws, server } = world;
  const config = {
    region: aws.region,
    endpoint: server.url,
    credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/${AUDITOR}`),
    maxAttempts: 1,
  };
  const played = await world.run(() => play(world));
  const auditLogGroup = Object.keys(app.template.Resources).find((id) => id.includes('AuditRecords'));
  const variables = { ...played, AUDIT_LOG_GROUP: auditLogGroup ?? '' };

  const CALLS: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => Promise<unknown>>> = {
    'logs filter-log-events': async (options) => {
      const { startTime, endTime, ...others } = options;
      const input = {
        ...others,
        ...(startTime !== undefined && { startTime: Number(startTime) }),
        ...(endTime !== undefined && { endTime: Number(endTime) }),
      } as FilterLogEventsCommandInput;
      const events = [];
      for await (const page of paginateFilterLogEvents({ client: new CloudWatchLogsClient(config) }, input)) {
        events.push(...(page.events ?? []));
      }
      return { events };
    },
    'logs describe-log-groups': async (options) =>
      new CloudWatchLogsClient(config).send(
        new DescribeLogGroupsCommand(options as DescribeLogGroupsCommandInput),
      ),
    'cloudtrail lookup-events': async (options) => {
      const Events = [];
      const input = options as Parameters<typeof paginateLookupEvents>[1];
      for await (const page of paginateLookupEvents({ client: new CloudTrailClient(config) }, input)) {
        Events.push(...(page.Events ?? []));
      }
      return { Events };
    },
    'iam list-access-keys': async (options) => new IAMClient(config).send(new ListAccessKeysCommand(options)),
    'secretsmanager describe-secret': async (options) =>
      new SecretsManagerClient(config).send(new DescribeSecretCommand(options as never)),
    'scheduler get-schedule': async (options) =>
      new SchedulerClient(config).send(new GetScheduleCommand(options as never)),
  };

  const ask = async (command: string): Promise<unknown> => {
    const [service = '', operation = '', ...words] = wordsOf(command, variables);
    const call = CALLS[`${service} ${operation}`];
    if (call === undefined)
      throw new Error(`The page asks ${service} ${operation}, which nothing here answers`);
    const name = service === 'logs' ? lowered : raised;
    const options = Object.fromEntries(
      words.flatMap((word, index) =>
        index % 2 === 0 ? [[name(word), shorthand(words[index + 1] ?? '')] as const] : [],
      ),
    );
    return JSON.parse(JSON.stringify(await world.run(() => call(options))));
  };
  return {
    variables,
    ask,
    world,
    close: async () => {
      await world.close();
      await app.dispose();
    },
  };
};
