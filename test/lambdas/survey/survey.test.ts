import { NOT_ALLOWED } from '../../../embedded-aws/calls/denial';
import type { FaultInjection } from '../../../embedded-aws/calls/faults';
import { METRIC_NAMESPACE, METRICS } from '../../../lambdas/shared/contract/names';
import type { Finding, SurveyReport, UserReport } from '../../../lambdas/survey/decide';
import type { Surveyed } from '../../../lambdas/survey/handler';
import { scheduleName } from '../../../lib/config/names';
import type { InProcessWorldOptions } from '../../../local/world/world';
import { createWorld } from '../../../local/world/world';
import { SECRET, SHORT_PERIODS } from '../../support/alice';
import { DAY, HOUR, MINUTE } from '../../support/time';

type World = ReturnType<typeof createWorld>;

let world: World | undefined;
afterEach(() => {
  world?.close();
  world = undefined;
});

const MACHINE = 'IamAccessKeyRotation';
const ALICE = { userName: 'alice', healthAlarms: ['orders'], replicaRegions: ['eu-west-1'] };

const inWorld = (options: InProcessWorldOptions = {}): World => {
  world = createWorld(options);
  return world;
};

const surveyed = (of: World): Promise<Surveyed> => of.run(() => of.survey());

const only = ({ users }: SurveyReport): UserReport => {
  expect(users).toHaveLength(1);
  return users[0] as UserReport;
};

/** What was found of a user that is not fine, in short. */
const notFine = ({ findings }: { readonly findings: readonly Finding[] }): readonly string[] =>
  findings.flatMap((finding) =>
    finding.verdict === 'fine' ? [] : [`${finding.check}: ${finding.verdict}, ${finding.why.code}`],
  );

/** A user after her first rotation: what AWSCURRENT holds is known. */
const rotated = async (config: Readonly<Record<string, unknown>> = {}): Promise<World> => {
  const of = inWorld({
    users: [{ config: { ...SHORT_PERIODS, ...ALICE, replicaRegions: [], ...config }, key: 'none' }],
  });
  const { status } = await of.run(of.startExecution({ userName: 'alice' }).result);
  expect(status).toBe('SUCCEEDED');
  return of;
};

test('nothing to find: a heartbeat and zeros, a record and an event, and no message', async () => {
  const of = await rotated();
  const { report, figures, told, failed } = await surveyed(of);
  expect(notFine(only(report))).toEqual([]);
  expect([told, failed]).toEqual(['nothing-to-tell', []]);
  expect(of.aws.sns.messages).toEqual([]);
  expect(Object.fromEntries(figures)).toEqual({
    ...Object.fromEntries(Object.values(METRICS).map((name) => [name, 0])),
    [METRICS.heartbeat]: 1,
    [METRICS.enrolled]: 1,
  });
  expect(of.aws.cloudWatch.values.map(({ metric, value }) => [metric, value])).toEqual(
    [...figures].map(([name, value]) => [
      { namespace: METRIC_NAMESPACE, name, dimensions: { StateMachineName: MACHINE } },
      value,
    ]),
  );
  expect(of.aws.eventBridge.events.at(-1)).toMatchObject({
    source: 'iam-access-key-rotation',
    'detail-type': 'Access Key Survey Completed',
    detail: { findings: [], findingsLeftOut: 0, figures: Object.fromEntries(figures) },
  });
  expect(of.logs.filter(({ functionName }) => functionName === 'survey')).toHaveLength(1);
});

describe.each([0, 1, 2, 100])('%i users', (count) => {
  test('are looked at once each, and counted', async () => {
    const users = Array.from({ length: Math.max(1, count) }, (_none, index) => ({
      config: { userName: `user-${index}` },
    }));
    const of = inWorld({ users });
    if (count === 0) of.enrol([]);
    const { report, figures, told } = await surveyed(of);
    expect(report.users.map(({ userName }) => userName)).toEqual(
      users.slice(0, count).map(({ config }) => config.userName),
    );
    expect(told).toBe('nothing-to-tell');
    expect(figures.get(METRICS.enrolled)).toBe(count);
    expect(figures.get(METRICS.heartbeat)).toBe(1);
    expect(figures.has(METRICS.oldestKeyAgeRatio)).toBe(count > 0);
  });
});

test('where a rotation stands is told on each of its days, until it is over, and nothing is wrong', async () => {
  const of = inWorld();
  const { result } = of.startExecution({ userName: 'alice' });
  const stages = new Set<string>();
  await of.run(async () => {
    let isOver = false;
    void result.then(() => {
      isOver = true;
    });
    while (!isOver) {
      await of.clock.sleep(DAY);
      const { report, told } = await of.survey();
      const user = only(report);
      expect([notFine(user), told]).toEqual([[], 'nothing-to-tell']);
      stages.add(user.rotation.kind === 'running' ? user.rotation.stage : user.rotation.kind);
    }
  });
  expect([...stages]).toEqual(['adoption', 'recovery', 'none']);
});

test.each<[string, (of: World) => void, string, (keyof typeof METRICS)[], boolean]>([
  [
    'a key that is Inactive',
    (of) => of.aws.iam.setStatus(of.aws.iam.keysOf('alice')[0]?.accessKeyId ?? '', 'Inactive'),
    'current: wrong, key-not-active',
    ['drifted'],
    true,
  ],
  [
    'a key that is gone',
    (of) => of.aws.iam.removeAccessKey(of.aws.iam.keysOf('alice')[0]?.accessKeyId ?? ''),
    'current: wrong, key-gone',
    ['drifted'],
    true,
  ],
  [
    'a key that nothing looks after',
    (of) => void of.aws.iam.addAccessKey('alice', { createDate: of.clock.now() }),
    'other-keys: wrong, unmanaged',
    ['unmanaged'],
    false,
  ],
  [
    'a schedule that is gone',
    (of) => of.aws.scheduler.removeSchedule(MACHINE, scheduleName('alice')),
    'schedule: wrong, schedule-missing',
    [],
    false,
  ],
  [
    'a schedule that is disabled',
    (of) => of.aws.scheduler.setSchedule(MACHINE, scheduleName('alice'), 'DISABLED'),
    'schedule: wrong, schedule-disabled',
    [],
    false,
  ],
  [
    'a health alarm that is gone',
    (of) => of.aws.cloudWatch.removeAlarm('orders'),
    'health-alarms: wrong, alarms-missing',
    [],
    false,
  ],
])('%s is told in one message', async (...[, change, finding, counted, urgent]) => {
  const of = await rotated();
  change(of);
  const { report, figures, told } = await surveyed(of);
  expect(notFine(only(report))).toEqual([finding]);
  expect(told).toBe('told');
  expect(of.aws.sns.messages).toHaveLength(1);
  const [message] = of.aws.sns.messages;
  expect(message?.attributes).toEqual({ event: 'SurveyFindings', urgent: urgent ? 'yes' : 'no' });
  for (const name of counted) expect(figures.get(METRICS[name])).toBe(1);
  expect(figures.get(METRICS.heartbeat)).toBe(1);
});

test('an owner’s edit of AWSCURRENT is not known, not drift, and tells nobody', async () => {
  const of = await rotated();
  of.aws.secretsManager.putValue(SECRET, '{"AccessKeyId":"AKIAOWNERSEDIT000000"}');
  const { report, figures, told } = await surveyed(of);
  expect(notFine(only(report))).toEqual(['current: unknown, not-said', 'other-keys: unknown, not-said']);
  expect(told).toBe('nothing-to-tell');
  expect([figures.get(METRICS.drifted), figures.get(METRICS.unknown)]).toEqual([0, 1]);
});

test('what is the picture of a moment is looked at again, and told to nobody', async () => {
  const of = await rotated();
  const [key] = of.aws.iam.keysOf('alice');
  of.aws.iam.setStatus(key?.accessKeyId ?? '', 'Inactive');
  await of.run(async () => {
    const survey = of.survey();
    await of.clock.sleep(30_000);
    of.aws.iam.setStatus(key?.accessKeyId ?? '', 'Active');
    const { report, told } = await survey;
    expect(notFine(only(report))).toEqual([]);
    expect(told).toBe('nothing-to-tell');
  });
});

test('a pause and a hold are counted, and are nothing that is wrong', async () => {
  const of = await rotated();
  of.aws.secretsManager.setTag(SECRET, 'rotation-paused', 'moving house');
  const { figures, told, report } = await surveyed(of);
  expect(only(report).paused).toEqual({ by: 'tag', reason: 'moving house' });
  expect([figures.get(METRICS.paused), told]).toEqual([1, 'nothing-to-tell']);
});

test('a rotation that nothing takes up is told when the schedule should have started the next execution', async () => {
  const of = inWorld();
  const execution = of.startExecution({ userName: 'alice' });
  const kinds: string[] = [];
  await of.run(async () => {
    await of.clock.sleep(HOUR);
    execution.stop('ByHand');
    await execution.result;
    for (let day = 0; day < 6; day += 1) {
      const { report, figures } = await of.survey();
      const user = only(report);
      expect(figures.get(METRICS.unfinished)).toBe(1);
      kinds.push(...notFine(user).filter((what) => what.startsWith('rotation')), user.rotation.kind);
      await of.clock.sleep(DAY);
    }
  });
  // From Friday to Monday the schedule does not start anything, and there is a day more.
  const unfinished = Array.from({ length: 5 }, () => 'unfinished');
  const abandoned = ['rotation: wrong, abandoned', 'unfinished'];
  expect(kinds).toEqual([...unfinished, ...abandoned]);
});

test('a rotation that fails again and again tells of that itself, and is not abandoned', async () => {
  const of = inWorld();
  await of.run(async () => {
    const first = of.startExecution({ userName: 'alice' });
    await of.clock.sleep(HOUR);
    first.stop('ByHand');
    await first.result;
    for (let day = 0; day < 8; day += 1) {
      await of.clock.sleep(DAY);
      const again = of.startExecution({ userName: 'alice', trigger: 'schedule', comment: `${day}` });
      again.stop('ByHand');
      await again.result;
    }
    const { report } = await of.survey();
    expect(only(report).rotation.kind).toBe('unfinished');
    expect(notFine(only(report)).filter((what) => what.startsWith('rotation'))).toEqual([]);
  });
});

test('a rotation that stays in its stage beyond its plan is stuck, unless the user is paused', async () => {
  const of = await rotated();
  const arn = `arn:aws:states:us-east-1:111122223333:execution:${MACHINE}:frozen`;
  const begun = of.clock.now();
  // An engine that stands still: its history ends with this state.
  of.aws.states.addExecution({ arn, status: 'RUNNING', startDate: begun, input: { userName: 'alice' } });
  const input = { newAccessKeyId: 'AKIANEWNEWNEWNEWNEW0', publishedAt: begun.toISOString() };
  of.aws.states.addEvents(arn, {
    type: 'WaitStateEntered',
    timestamp: begun,
    details: () => ({
      stateEnteredEventDetails: { name: 'Wait for consumers to move', input: JSON.stringify(input) },
    }),
  });
  const after = async (days: number) => {
    await of.run(() => of.clock.sleep(days * DAY));
    const { report, figures } = await surveyed(of);
    return [notFine(only(report)).filter((what) => what.startsWith('rotation')), figures.get(METRICS.stuck)];
  };
  // Two days for consumers to move, and one more.
  expect(await after(2.9)).toEqual([[], 0]);
  expect(await after(0.2)).toEqual([['rotation: wrong, stuck'], 1]);
  of.aws.secretsManager.setTag(SECRET, 'rotation-paused', '');
  expect(await after(0)).toEqual([[], 0]);
});

test('an overdue key is told once a day, with its ID in full in the message and masked in the log', async () => {
  const of = await rotated();
  await of.run(() => of.clock.sleep(70 * DAY));
  expect((await surveyed(of)).told).toBe('nothing-to-tell');
  await of.run(() => of.clock.sleep(30 * DAY));
  const { figures, report } = await surveyed(of);
  expect(notFine(only(report))).toEqual(['key-age: wrong, overdue']);
  expect(figures.get(METRICS.overdue)).toBe(1);
  expect(figures.get(METRICS.oldestKeyAgeRatio)).toBeGreaterThan(1);
  const accessKeyId = of.aws.iam.keysOf('alice')[0]?.accessKeyId ?? '';
  expect(of.aws.sns.messages.map(({ message }) => message.includes(accessKeyId))).toEqual([true]);
  const record = JSON.stringify(of.logs.filter(({ functionName }) => functionName === 'survey'));
  expect(record).not.toContain(accessKeyId);
  expect(record).toContain(`****${accessKeyId.slice(-4)}`);
});

describe('a read that fails is not known, and never fine', () => {
  /** Each read of the survey, and what is not known without it. */
  const READS: readonly [action: string, readonly string[]][] = [
    ['iam:ListAccessKeys', ['key-age', 'current', 'other-keys']],
    ['secretsmanager:DescribeSecret', ['current', 'rotation', 'other-keys', 'replicas']],
    ['states:ListExecutions', ['rotation']],
    ['cloudwatch:DescribeAlarms', ['health-alarms']],
    ['scheduler:GetSchedule', ['schedule']],
    ['sns:ListSubscriptionsByTopic', ['subscriptions']],
  ];
  const FAULTS: readonly [string, FaultInjection][] = [
    ['denied', { kind: 'deny', denial: NOT_ALLOWED }],
    ['throttled', { kind: 'throttle' }],
    ['answered with 500', { kind: 'before', as: 'http-500' }],
    ['cut off', { kind: 'before', as: 'connection' }],
  ];

  test.each(
    READS.flatMap(([action, checks]) =>
      FAULTS.map(([name, fault]) => [action, name, fault, checks] as const),
    ),
  )('%s is %s', async (...[action, , fault, checks]) => {
    const of = await rotated();
    let asked = 0;
    of.aws.faults.inject({
      ...fault,
      times: Number.POSITIVE_INFINITY,
      match: (call) => {
        if (call.action !== action) return false;
        asked += 1;
        return true;
      },
    });
    const { report, figures, told } = await surveyed(of);
    expect(asked).toBeGreaterThan(0);
    const unread = [...report.findings, ...only(report).findings]
      .filter(({ verdict }) => verdict !== 'fine')
      .map((finding) => [finding.check, finding.verdict, finding.verdict === 'fine' ? '' : finding.why.code]);
    expect(unread.toSorted()).toEqual(checks.map((check) => [check, 'unknown', 'unread']).toSorted());
    expect(told).toBe('told');
    expect(of.aws.sns.messages[0]?.message).toMatch(/NOT KNOWN: /);
    expect(figures.get(METRICS.heartbeat)).toBe(1);
    expect(figures.get(METRICS.unknown)).toBe(action.startsWith('sns:') ? 0 : 1);
  });

  test.each(['states:DescribeExecution', 'states:GetExecutionHistory'])(
    '%s of a rotation that runs is denied',
    async (action) => {
      const of = inWorld();
      of.startExecution({ userName: 'alice' });
      await of.run(() => of.clock.sleep(4 * DAY));
      of.aws.faults.inject({
        kind: 'deny',
        denial: NOT_ALLOWED,
        times: Number.POSITIVE_INFINITY,
        match: (call) => call.action === action && call.caller.endsWith(':role/survey'),
      });
      const { report } = await surveyed(of);
      expect(only(report).rotation.kind).toBe('unknown');
      expect(notFine(only(report))).toContain('rotation: unknown, unread');
    },
  );

  test('when the last execution has ended, of a rotation that is unfinished', async () => {
    const of = inWorld();
    const execution = of.startExecution({ userName: 'alice' });
    await of.run(async () => {
      await of.clock.sleep(HOUR);
      execution.stop('ByHand');
      await execution.result;
      await of.clock.sleep(6 * DAY);
    });
    const isAboutEnds = (call: Parameters<NonNullable<FaultInjection['match']>>[0]): boolean =>
      call.action === 'states:ListExecutions' && call.input.statusFilter !== 'RUNNING';
    of.aws.faults.inject({
      kind: 'deny',
      denial: NOT_ALLOWED,
      times: Number.POSITIVE_INFINITY,
      match: isAboutEnds,
    });
    expect(notFine(only((await surveyed(of)).report))).toContain('rotation: unknown, unread');
    of.aws.faults.clear();
    expect(notFine(only((await surveyed(of)).report))).toContain('rotation: wrong, abandoned');
  });

  test('of several users, only the one it was about is not known', async () => {
    const of = inWorld({ users: [{ config: { userName: 'alice' } }, { config: { userName: 'bob' } }] });
    of.aws.faults.inject({
      kind: 'throttle',
      times: Number.POSITIVE_INFINITY,
      match: (call) => call.action === 'iam:ListAccessKeys' && call.resource.endsWith('/alice'),
    });
    const { report } = await surveyed(of);
    expect(report.users.map(({ keys }) => keys === undefined)).toEqual([true, false]);
  });

  test('a service that never answers leaves time to tell of the others', async () => {
    const users = Array.from({ length: 100 }, (_none, index) => ({ config: { userName: `user-${index}` } }));
    const of = inWorld({ users });
    of.aws.faults.inject({
      kind: 'delay',
      ms: 30_000,
      times: Number.POSITIVE_INFINITY,
      match: (call) => call.action === 'iam:ListAccessKeys',
    });
    const before = of.clock.now();
    const { report, figures } = await surveyed(of);
    expect(of.clock.now().getTime() - before.getTime()).toBeLessThan(15 * MINUTE);
    expect(report.users).toHaveLength(100);
    expect(report.users.at(-1)?.findings.filter(({ verdict }) => verdict === 'fine')).toEqual([
      { check: 'health-alarms', verdict: 'fine' },
    ]);
    expect(figures.get(METRICS.heartbeat)).toBe(1);
  });
});

describe('what cannot be told in one way is told in the others', () => {
  const deny = (of: World, action: string): void => {
    of.aws.faults.inject({
      kind: 'deny',
      denial: NOT_ALLOWED,
      times: Number.POSITIVE_INFINITY,
      match: (call) => call.action === action,
    });
  };

  test('without the message there is no heartbeat, so that the alarm tells', async () => {
    const of = await rotated();
    of.aws.cloudWatch.removeAlarm('orders');
    deny(of, 'sns:Publish');
    const { told, failed, figures } = await surveyed(of);
    expect([told, failed]).toEqual(['not-told', ['message']]);
    expect(figures.has(METRICS.heartbeat)).toBe(false);
    expect(of.aws.cloudWatch.values.length).toBe(figures.size);
    expect(of.aws.eventBridge.events.at(-1)?.['detail-type']).toBe('Access Key Survey Completed');
  });

  test('without a right to put metrics, message and event are there', async () => {
    const of = await rotated();
    of.aws.cloudWatch.removeAlarm('orders');
    deny(of, 'cloudwatch:PutMetricData');
    const { told, failed } = await surveyed(of);
    expect([told, failed]).toEqual(['told', ['metrics']]);
    expect(of.aws.eventBridge.events.at(-1)?.['detail-type']).toBe('Access Key Survey Completed');
  });

  test('without a right to put events, message and metrics are there', async () => {
    const of = await rotated();
    of.aws.cloudWatch.removeAlarm('orders');
    deny(of, 'events:PutEvents');
    const { told, failed, figures } = await surveyed(of);
    expect([told, failed]).toEqual(['told', ['event']]);
    expect(of.aws.cloudWatch.values).toHaveLength(figures.size);
  });
});

test('a subscription that nobody has confirmed is told, and so is a topic without any', async () => {
  const of = await rotated();
  of.aws.sns.subscribe(of.notificationTopicArn, 'email', 'new@example.com', false);
  expect(notFine((await surveyed(of)).report)).toEqual(['subscriptions: wrong, unconfirmed']);
  of.aws.sns.unsubscribe(of.notificationTopicArn);
  expect(notFine((await surveyed(of)).report)).toEqual(['subscriptions: wrong, nobody-subscribed']);
});

test('no value of a secret is read, and nothing is changed', async () => {
  const of = await rotated();
  const before = of.aws.calls.length;
  const state = JSON.stringify(of.aws.snapshot().secrets);
  await surveyed(of);
  const operations = new Set(of.aws.calls.slice(before).map(({ operation }) => operation));
  expect([...operations].filter((operation) => !/^(Get|List|Describe)/.test(operation))).toEqual([
    'PutMetricData',
    'PutEvents',
  ]);
  expect(operations).not.toContain('GetSecretValue');
  expect(JSON.stringify(of.aws.snapshot().secrets)).toBe(state);
});
