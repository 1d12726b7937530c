import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { RotationRecord } from '../../../lambdas/record-rotation/record';
import { scheduleName } from '../../../lib/config/names';
import type { DeployedWorld } from '../../../local/deployment/deployed-world';
import type { Template } from '../../../local/deployment/template';
import { DAY, HOUR } from '../../support/time';
import { appOf } from '../support/deployed';

/*
 * The records as they come about when the app is deployed: the synthesized rule, the bundle, and what its role may; read back as an
 * auditor reads them, with the stack's own policies for readers.
 */

const { deploy, template } = appOf([
  { userName: 'alice', healthAlarms: ['errors'] },
  { userName: 'bob', rotateAfter: 'P88D' },
]);

const AUDITOR = { Ref: 'Auditor' };

/** The template with an auditor, who holds the stack's policies for readers; changed for those resources that have this in their ID. */
const audited = (
  part = 'none',
  change: (properties: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> = (same) =>
    same,
): Template => ({
  ...template(),
  Resources: {
    ...Object.fromEntries(
      Object.entries(template().Resources).map(([id, { Properties = {}, ...resource }]) => {
        const isReader = resource.Type === 'AWS::IAM::ManagedPolicy' && /People(Log)?Reader/.test(id);
        const properties = isReader ? { ...Properties, Roles: [AUDITOR] } : Properties;
        return [id, { ...resource, Properties: id.includes(part) ? change(properties) : properties }];
      }),
    ),
    Auditor: { Type: 'AWS::IAM::Role' },
  },
});

const groupOf = (): string =>
  Object.keys(template().Resources).find((id) => id.includes('AuditRecords')) ?? '';

/** The records, each with its stream. */
const recordsOf = async ({ aws, server, run, clock }: DeployedWorld) => {
  const client = new CloudWatchLogsClient({
    region: aws.region,
    endpoint: server.url,
    credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/Auditor`),
    maxAttempts: 1,
  });
  return run(async () => {
    await clock.sleep(HOUR);
    const found: {
      readonly stream: string | undefined;
      readonly record: RotationRecord;
      readonly text: string;
    }[] = [];
    const input = { logGroupName: groupOf(), filterPattern: '{ $.schema = 1 }' };
    for await (const { events = [] } of paginateFilterLogEvents({ client }, input)) {
      for (const { logStreamName: stream, message: text = '' } of events) {
        found.push({ stream, text, record: RotationRecord.parse(JSON.parse(text)) });
      }
    }
    return found;
  });
};

/** An application works with what it finds in alice's secret. */
const consume = ({ aws, clock }: DeployedWorld): void => {
  const work = () => {
    const { AccessKeyId } = JSON.parse(aws.secretsManager.valueOf('iam-access-key-rotation/alice') ?? '{}');
    if (AccessKeyId !== undefined) aws.iam.useAccessKey(AccessKeyId);
  };
  clock.setInterval(work, HOUR).unref();
};

/** Every secret access key that there ever was. */
const secretsOf = ({ aws }: DeployedWorld): (() => readonly string[]) => {
  const seen = new Set<string>();
  const look = () => {
    for (const { secretAccessKey } of aws.iam.keysOf('alice')) seen.add(secretAccessKey);
  };
  look();
  aws.onCall(look);
  return () => [...seen];
};

test('a plan, a healthy rotation, a rollback, a stop, an emergency, and nothing to do', async () => {
  const world = await deploy(audited());
  const { aws, clock, run, schedules, start } = world;
  const secrets = secretsOf(world);
  consume(world);
  const play = async (input: unknown): Promise<void> => {
    await (await start(input)).result;
  };
  await run(async () => {
    await play({ userName: 'alice', action: 'plan' });
    await play({ userName: 'alice' });
    let goesOff = true;
    aws.onCall(({ operation }) => {
      if (operation === 'UpdateAccessKey' && goesOff) aws.cloudWatch.setAlarmState('errors', 'ALARM');
    });
    await play({ userName: 'alice' });
    goesOff = false;
    aws.cloudWatch.setAlarmState('errors', 'OK');
    const stopped = await start({ userName: 'alice', action: 'resume' });
    await clock.sleep(HOUR);
    stopped.stop('ByHand', 'to see');
    await stopped.result;
    const [leaked] = aws.iam.keysOf('alice');
    await play({
      userName: 'alice',
      action: 'emergency',
      accessKeyId: leaked?.accessKeyId,
      reason: 'in a log',
    });
    await schedules.get(scheduleName('bob'))?.()?.result;
    await clock.sleep(DAY);
  });
  const found = await recordsOf(world);
  expect(found.map(({ stream, record }) => [stream, record.kind, record.action, record.result])).toEqual([
    ['alice', 'rotation', 'plan', 'planned'],
    ['alice', 'rotation', 'rotate', 'rotated'],
    ['alice', 'rotation', 'rotate', 'rolled-back'],
    ['alice', 'rotation', 'resume', 'stopped'],
    ['alice', 'declaration', 'emergency', 'declared'],
    ['alice', 'rotation', 'emergency', 'rotated'],
    ['bob', 'rotation', 'rotate', 'nothing-to-do'],
  ]);
  const [plan, rotated, rolledBack, stopped, declaration, emergency, young] = found.map(
    ({ record }) => record,
  );
  expect(plan?.rotation).toBeNull();
  expect(rotated).toMatchObject({
    startedBy: { claimed: 'person', evidence: 'seen', bornOut: true },
    oldKey: { deactivated: { by: 'step' }, deleted: { by: 'history' } },
    adoption: { ground: 'moved' },
    unknown: [],
  });
  expect(rolledBack).toMatchObject({ error: { name: 'ConsumersUnhealthy' }, hold: 'set' });
  // One rotation: what is resumed is what was rolled back.
  expect(stopped?.rotation?.id).toBe(rolledBack?.rotation?.id);
  expect(stopped?.error).toEqual({ name: 'ByHand', said: 'to see' });
  expect(emergency).toMatchObject({
    startedBy: { claimed: 'declaration', declaration: declaration?.execution.arn, bornOut: true },
    reason: 'in a log',
  });
  expect(emergency?.emergency?.secondsToInactive).toBeGreaterThanOrEqual(0);
  expect(young).toMatchObject({
    startedBy: { claimed: 'schedule', evidence: 'not-asked' },
    lastStep: { why: 'not-due' },
  });
  const texts = found.map(({ text }) => text).join('\n');
  expect(secrets().length).toBeGreaterThanOrEqual(3);
  for (const secret of secrets()) expect(texts).not.toContain(secret);
});

describe('a record that cannot be written is not lost in silence', () => {
  const UNDELIVERED = expect.stringMatching(/^ALARM: ".*AlarmsUndelivered/);

  const told = async (deployed: Template): Promise<readonly (string | undefined)[]> => {
    const world = await deploy(deployed);
    await world.run(async () => {
      const { result } = await world.start({ userName: 'alice', action: 'plan' });
      await result;
      await world.clock.sleep(HOUR);
    });
    return world.aws.sns.messages.map(({ subject }) => subject);
  };

  const without = (action: string) => (properties: Readonly<Record<string, unknown>>) => ({
    ...properties,
    PolicyDocument: {
      Statement: (
        properties.PolicyDocument as { readonly Statement: readonly { Action: readonly string[] | string }[] }
      ).Statement.filter(({ Action }) => !Action.includes(action)),
    },
  });

  test('its event lies in the queue, and the alarm tells', async () => {
    expect(await told(audited('AuditRolePermissions', without('logs:PutLogEvents')))).toEqual([UNDELIVERED]);
  });

  test('without an answer of CloudTrail, it is written all the same', async () => {
    expect(await told(audited('AuditRolePermissions', without('cloudtrail:LookupEvents')))).toEqual([]);
  });
});
