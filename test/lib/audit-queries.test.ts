import * as z from 'zod/mini';
import { RotationRecord } from '../../lambdas/record-rotation/record';
import { RECORD_QUERIES, secretReadsQuery } from '../../lib/audit-queries';
import { recorderIn } from '../lambdas/record-rotation/recorder';
import { type AliceWorld, emergencyOf, SCHEDULED, SHORT_PERIODS, worldOfAlice } from '../support/alice';
import { DAY, MINUTE } from '../support/time';
import { flattened, type Row, understood } from './insights';

/** Where a field would be in a JSON schema; undefined: there is none of this path. */
const at = (schema: z.core.JSONSchema.BaseSchema | undefined, path: readonly string[]): unknown => {
  const [name, ...rest] = path;
  if (schema === undefined || name === undefined) return schema;
  const choices = [schema, ...((schema.anyOf ?? []) as z.core.JSONSchema.BaseSchema[])];
  const found = choices
    .map(({ properties }) => properties?.[name] as z.core.JSONSchema.BaseSchema | undefined)
    .find((one) => one !== undefined);
  return found && at(found, rest);
};

const NOW = new Date('2026-03-09T08:00:00Z');
const QUERIES = Object.entries(RECORD_QUERIES);

test.each(QUERIES)('every field that "%s" asks for is one of the record', (_name, query) => {
  const schema = z.toJSONSchema(RotationRecord);
  const { asksFor } = understood(query, NOW);
  expect(asksFor.length).toBeGreaterThan(3);
  expect(asksFor.filter((field) => at(schema, field.split('.')) === undefined)).toEqual([]);
});

test.each(QUERIES)('"%s" and its name are what CloudWatch Logs takes', (name, query) => {
  // CloudFormation, AWS::Logs::QueryDefinition: Name 1 to 255, QueryString 1 to 10,000.
  expect(query.length).toBeLessThanOrEqual(10_000);
  expect(name.length).toBeLessThanOrEqual(190);
});

describe('over the records of a world', () => {
  let world: AliceWorld;
  let rows: readonly Row[];
  let arns: Readonly<Record<'young' | 'rolledBack' | 'emergency' | 'declaration', string>>;
  let leaked: string;
  let recorded: readonly RotationRecord[];

  beforeAll(async () => {
    jest.spyOn(console, 'info').mockImplementation();
    world = worldOfAlice(
      { ...SHORT_PERIODS, healthAlarms: ['errors'], rotateAfter: 'P85D' },
      { behaviour: { cloudTrailDelay: 0 } },
    );
    const { aws, clock, execute, consume, current, emergencies, run } = world;
    const { record, records } = recorderIn(world);
    consume();
    const young = await execute(SCHEDULED);
    await record(young.execution);
    let isWell = false;
    aws.onCall(({ operation }) => {
      if (operation === 'UpdateAccessKey' && !isWell) aws.cloudWatch.setAlarmState('errors', 'ALARM');
    });
    const rolledBack = await execute();
    await record(rolledBack.execution);
    // A record that was written again.
    await run(() => clock.sleep(MINUTE));
    await record(rolledBack.execution);
    isWell = true;
    aws.cloudWatch.setAlarmState('errors', 'OK');
    leaked = current();
    const emergency = await execute(emergencyOf(leaked));
    await record(emergency.execution);
    const undeclared = await run(async () => emergencies.start({ userName: 'alice' }));
    await run(undeclared.result);
    await record(undeclared);
    arns = {
      young: young.execution.arn,
      rolledBack: rolledBack.execution.arn,
      emergency: emergency.execution.arn,
      declaration: undeclared.arn,
    };
    recorded = Object.values(records()).flat();
    rows = recorded.map((record) => ({
      ...flattened(record),
      '@timestamp': Date.parse(record.execution.endedAt ?? ''),
    }));
  });
  afterAll(() => {
    world.close();
    jest.restoreAllMocks();
  });

  const answer = (name: keyof typeof RECORD_QUERIES, now = new Date(world.clock.now())) =>
    understood(RECORD_QUERIES[name], now).run(rows);

  test.each(QUERIES)('"%s" finds each of its fields in records with long lists', (_name, query) => {
    const use = { service: 's3', region: 'us-east-1', at: '2026-03-02T08:00:00Z' };
    const long = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, LONG[name] ?? long(inner)]),
      );
    };
    const LONG: Readonly<Record<string, unknown>> = {
      healthAlarms: Array.from({ length: 100 }, (_one, number) => `alarm ${number}`),
      owners: Array.from({ length: 20 }, (_one, number) => `owner-${number}@example.com`),
      usesOfOldKey: Array.from({ length: 20 }, () => use),
      usesOfNewKey: Array.from({ length: 20 }, () => use),
    };
    const { asksFor } = understood(query, NOW);
    for (const record of recorded) {
      const longer = RotationRecord.parse(long(record));
      const asked = (row: Row) => asksFor.filter((field) => row[field] !== undefined);
      expect(asked(flattened(longer))).toEqual(asked(flattened(record)));
    }
    expect(recorded.some(({ settings }) => settings !== null)).toBe(true);
  });

  test('all rotations are each there once, and what only looked is not', () => {
    expect(rows).toHaveLength(5);
    expect(answer('All rotations').map((row) => row['execution.arn'])).toEqual([
      arns.emergency,
      arns.rolledBack,
    ]);
  });

  test('of a record that was written again, the later one is shown', () => {
    const made = rows
      .filter((row) => row['execution.arn'] === arns.rolledBack)
      .map(({ recordedAt }) => String(recordedAt));
    expect(new Set(made).size).toBe(2);
    const [, shown] = answer('All rotations');
    expect(shown?.recordedAt).toBe(made.toSorted().at(-1));
  });

  test('the age of a key is that of the oldest that is Active, as of now', () => {
    const now = new Date(world.clock.now().getTime() + 10 * DAY);
    const [alice, ...others] = answer('Keys by age', now);
    expect(others).toEqual([]);
    expect(alice).toMatchObject({ userName: 'alice', accessKeyId: world.current(), dueAfterDays: 60 });
    // The leaked key was the younger one: the other, of 80 days, took its place.
    expect(alice?.ageDays).toBeGreaterThan(90);
    expect(alice?.ageDays).toBeLessThan(91);
  });

  test.each<[string, number | undefined, readonly string[]]>([
    ['knows none, which drops the user: the key that an earlier one knew may be gone', undefined, []],
    ['knows one', 1_770_000_000, ['alice']],
  ])('the latest record of a user %s', (_what, createdSeconds, users) => {
    const later = {
      kind: 'rotation',
      userName: 'alice',
      'oldestActiveKey.createdSeconds': createdSeconds,
      '@timestamp': world.clock.now().getTime() + DAY,
    };
    const found = understood(RECORD_QUERIES['Keys by age'], NOW).run([...rows, later]);
    expect(found.map(({ userName }) => userName)).toEqual(users);
    if (createdSeconds !== undefined) expect(found[0]).toMatchObject({ createdSeconds });
  });

  test('who could not be rotated is there with the error and what was said', () => {
    expect(answer('Who could not be rotated, and why')).toMatchObject([
      {
        'execution.arn': arns.rolledBack,
        result: 'rolled-back',
        error: 'ConsumersUnhealthy',
        rolledBackBecause: expect.stringContaining('errors'),
      },
    ]);
  });

  test('an emergency is there, and a declaration of which nothing came', () => {
    const found = answer('Emergencies');
    expect(found.map((row) => row['execution.arn'])).toEqual([arns.declaration, arns.emergency]);
    expect(found[1]).toMatchObject({ leaked, userName: 'alice', reason: 'in a log' });
    expect(Number(found[1]?.secondsToInactive)).toBeGreaterThan(0);
  });
});

test('who has read a secret: everybody but the service itself, and each by the role', () => {
  const step = 'arn:aws:iam::111122223333:role/stack-TestAccessKeyRole-1';
  const read = (number: number, userIdentity: object, eventName = 'GetSecretValue') => ({
    ...flattened({
      eventSource: 'secretsmanager.amazonaws.com',
      eventName,
      requestParameters: { secretId: 'iam-access-key-rotation/alice' },
      userIdentity,
    }),
    '@timestamp': number,
  });
  const asRole = (arn: string) => ({
    arn: `${arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/session`,
    sessionContext: { sessionIssuer: { arn } },
  });
  const rows = [
    read(1, asRole(step)),
    read(2, asRole(`${step}2`)),
    read(3, { arn: 'arn:aws:iam::111122223333:user/mallory' }),
    read(4, { arn: 'arn:aws:iam::111122223333:user/mallory' }),
    read(5, asRole('arn:aws:iam::111122223333:role/shop'), 'DescribeSecret'),
    // Of another account: CloudTrail may know no more of them.
    read(6, { type: 'AWSAccount', principalId: 'AIDAEXAMPLE000000007', accountId: '444455556666' }),
    read(7, { type: 'AWSAccount', accountId: '777788889999' }),
    read(8, { type: 'Unknown' }),
  ];
  const found = understood(secretReadsQuery([step]), NOW).run(rows);
  expect(found.map(({ reader, reads, first, last }) => [reader, reads, first, last])).toEqual([
    [undefined, 1, 8, 8],
    ['777788889999', 1, 7, 7],
    ['AIDAEXAMPLE000000007', 1, 6, 6],
    ['arn:aws:iam::111122223333:user/mallory', 2, 3, 4],
    [`${step}2`, 1, 2, 2],
  ]);
});
