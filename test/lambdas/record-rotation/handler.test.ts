import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import type { RotationRecord } from '../../../lambdas/record-rotation/record';
import { executionsOf } from '../../../lambdas/shared/rotation/execution-end';
import type { Execution } from '../../../local/engine/execution';
import {
  type AliceOptions,
  type AliceWorld,
  emergencyOf,
  PLAN,
  RESUME,
  ROLLBACK,
  SCHEDULED,
  SHORT_PERIODS,
  worldOfAlice,
} from '../../support/alice';
import { DAY, HOUR, MINUTE } from '../../support/time';
import { AUDIT_LOG, recorderIn, SCHEDULER_ROLE, unknownIn } from './recorder';

let world: AliceWorld | undefined;
let logged: jest.SpyInstance;
beforeEach(() => {
  logged = jest.spyOn(console, 'error').mockImplementation();
});
afterEach(() => {
  world?.close();
  world = undefined;
  jest.restoreAllMocks();
});

const begin = (config: Readonly<Record<string, unknown>> = {}, options?: AliceOptions) => {
  jest.spyOn(console, 'info').mockImplementation();
  const behaviour = { cloudTrailDelay: 0, ...options?.behaviour };
  const created = worldOfAlice({ ...SHORT_PERIODS, ...config }, { ...options, behaviour });
  world = created;
  return { ...created, ...recorderIn(created) };
};

/** A rotation that goes well, and its record. */
const rotated = async (config?: Readonly<Record<string, unknown>>, options?: AliceOptions) => {
  const scene = begin(config, options);
  scene.consume();
  const [old] = scene.aws.iam.keysOf('alice');
  const { execution } = await scene.execute();
  return { ...scene, old, execution, recorded: await scene.record(execution) };
};

const created = (accessKeyId: string, aws: AliceWorld['aws']): string =>
  aws.iam
    .keysOf('alice')
    .find((key) => key.accessKeyId === accessKeyId)
    ?.createDate.toISOString() ?? '';

test('a rotation that goes well: who, why, both keys with their times, and what adoption was settled by', async () => {
  const { aws, old, execution, recorded, current } = await rotated({ healthAlarms: ['errors'] });
  expect(recorded).toMatchObject({
    schema: 1,
    kind: 'rotation',
    result: 'rotated',
    userName: 'alice',
    enrolled: true,
    action: 'rotate',
    execution: { arn: execution.arn, status: 'SUCCEEDED', redriveCount: 0 },
    startedBy: { claimed: 'person', role: null, evidence: 'seen', bornOut: true },
    rotation: { begunHere: true, leakedAccessKeyIds: [] },
    newKey: {
      accessKeyId: current(),
      source: 'created',
      created: { by: 'history' },
      tested: { by: 'step' },
      published: { by: 'step' },
      lastUsed: { service: 's3' },
    },
    oldKey: {
      accessKeyId: old?.accessKeyId,
      created: { at: old?.createDate.toISOString(), by: 'iam' },
      deactivated: { by: 'step' },
      reactivated: null,
      deleted: { by: 'history' },
    },
    oldestActiveKey: { accessKeyId: current() },
    adoption: { ground: 'moved', overruled: [], validator: { asked: 0, verdict: null } },
    health: { noVerdict: 0, result: 'recovered' },
    acknowledgement: null,
    rollback: null,
    hold: null,
    emergency: null,
    error: null,
    settings: {
      overlapPeriod: 'PT2H',
      deactivationWindow: 'always',
      validator: null,
      healthAlarms: ['errors'],
    },
    rotateAfterDays: 60,
    owners: ['alice@example.com'],
    history: { read: 'whole', failedAttempts: 0, notUnderstood: 0 },
    unknown: [],
  });
  // In the order in which it was done, each after the call that did it.
  const { newKey, oldKey } = recorded;
  const times = [
    created(current(), aws),
    newKey?.created?.at,
    newKey?.tested?.at,
    newKey?.published?.at,
    oldKey?.deactivated?.at,
    oldKey?.deleted?.at,
    recorded.execution.endedAt,
  ].map((at) => Date.parse(at ?? ''));
  expect(times).toEqual(times.toSorted((one, other) => one - other));
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeLessThan(MINUTE);
});

test('the record is in the stream of the user, with the time of the end', async () => {
  const { aws, recorded, records } = await rotated();
  expect(Object.keys(records())).toEqual(['alice']);
  const events = (await world?.run(() => filter(aws))) ?? [];
  expect(events.map(({ timestamp }) => timestamp)).toEqual([Date.parse(recorded.execution.endedAt ?? '')]);
});

/** What an auditor's command asks, when CloudWatch Logs shows what was written. */
const filter = async (aws: AliceWorld['aws'], filterPattern = '{ $.userName = "alice" }') => {
  const client = new CloudWatchLogsClient({
    region: aws.region,
    credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/auditor`),
    requestHandler: aws.requestHandler(),
  });
  await aws.clock.sleep(MINUTE);
  const events: FilteredLogEvent[] = [];
  // Pages may be empty.
  for await (const page of paginateFilterLogEvents({ client }, { logGroupName: AUDIT_LOG, filterPattern })) {
    events.push(...(page.events ?? []));
  }
  return events;
};

test('what is written has the order of its form', async () => {
  const { aws, recorded } = await rotated({ healthAlarms: ['errors'] });
  expect(aws.logs.messages(AUDIT_LOG).alice).toEqual([JSON.stringify(recorded)]);
});

describe('executions of which nothing comes', () => {
  test('a scheduled start that finds a young key has a record, and CloudTrail is not asked', async () => {
    const { execute, record, callsOf } = begin({ rotateAfter: 'P85D' });
    const { execution } = await execute(SCHEDULED);
    expect(await record(execution)).toMatchObject({
      result: 'nothing-to-do',
      startedBy: { claimed: 'schedule', identity: null, evidence: 'not-asked', bornOut: null },
      rotation: null,
      newKey: null,
      oldKey: null,
      keysFound: [{ status: 'Active' }],
      lastStep: { step: 'plan-rotation', status: 'nothing-to-do', why: 'not-due' },
      unknown: [],
    });
    expect(callsOf('LookupEvents')).toEqual([]);
  });

  test('a plan', async () => {
    const { execute, record, current } = begin();
    const { execution } = await execute(PLAN);
    expect(await record(execution)).toMatchObject({
      result: 'planned',
      action: 'plan',
      oldestActiveKey: { accessKeyId: current() },
      startedBy: { evidence: 'seen' },
      unknown: [],
    });
  });

  test('one for somebody who is not enrolled is in no stream of a user', async () => {
    const { execute, record, records } = begin();
    const { execution } = await execute({ userName: 'mallory' });
    expect(await record(execution)).toMatchObject({
      result: 'failed',
      userName: 'mallory',
      enrolled: false,
      error: { name: 'UserNotEnrolled', said: expect.stringContaining('mallory') },
      oldestActiveKey: null,
    });
    expect(Object.keys(records())).toEqual(['/not-admitted']);
  });

  test.each<[string, unknown]>([
    ['a name that no user can have', { userName: 'a b' }],
    ['nobody', {}],
    ['a list', []],
    ['more than it may', { userName: 'alice', secret: 'x' }],
  ])('one that is started with %s names no user', async (_what, input) => {
    const { execute, record, records } = begin();
    const { execution } = await execute(input);
    expect(await record(execution)).toMatchObject({
      result: 'failed',
      userName: null,
      error: { name: 'InvalidRotationInput' },
    });
    expect(Object.keys(records())).toEqual(['/not-admitted']);
  });
});

describe('who started it', () => {
  test('a start by the schedule that CloudTrail bears out', async () => {
    const { consume, record, stateMachine, run } = begin();
    consume();
    const starter = { roleArn: SCHEDULER_ROLE, service: 'scheduler.amazonaws.com' };
    const execution = await run(async () => stateMachine.start(SCHEDULED, { starter }));
    await run(execution.result);
    expect((await record(execution)).startedBy).toMatchObject({
      claimed: 'schedule',
      role: SCHEDULER_ROLE,
      evidence: 'seen',
      bornOut: true,
    });
  });

  test('a person who says to be the schedule', async () => {
    const { consume, execute, record } = begin();
    consume();
    const { execution } = await execute(SCHEDULED);
    expect((await record(execution)).startedBy).toMatchObject({
      claimed: 'schedule',
      role: null,
      evidence: 'seen',
      bornOut: false,
    });
  });

  test('CloudTrail shows it later', async () => {
    const { execute, record } = begin({}, { behaviour: { cloudTrailDelay: 10 * MINUTE } });
    const { execution } = await execute(PLAN);
    const recorded = await record(execution);
    expect(recorded.startedBy).toMatchObject({ identity: null, evidence: 'not-shown-yet', bornOut: null });
    expect(unknownIn(recorded)).toEqual(['startedBy.identity']);
    await world?.run(() => world?.clock.sleep(HOUR) ?? Promise.resolve());
    expect((await record(execution)).startedBy.evidence).toBe('seen');
  });

  test('CloudTrail has forgotten it', async () => {
    const { execute, record, run, clock } = begin();
    const { execution } = await execute(PLAN);
    await run(() => clock.sleep(91 * DAY));
    const recorded = await record(execution);
    expect(recorded.startedBy).toMatchObject({ identity: null, evidence: 'not-shown' });
    expect(recorded.result).toBe('planned');
  });

  /** Starts that CloudTrail shows besides, so many seconds after that of the execution. */
  const MALLORY = 'arn:aws:iam::111122223333:user/mallory';
  const starts = async (
    { aws, run, clock }: ReturnType<typeof begin>,
    execution: Execution,
    count: number,
    secondsLater: number,
    executionArn: string,
  ) => {
    await run(() => clock.sleep(HOUR));
    for (let number = 0; number < count; number += 1) {
      aws.cloudTrail.record({
        principal: { kind: 'user', arn: MALLORY, userId: 'AIDAEXAMPLE000000009', userName: 'mallory' },
        accessKeyId: 'AKIAEXAMPLE000000009',
        region: aws.region,
        eventSource: 'states.amazonaws.com',
        eventName: 'StartExecution',
        at: new Date(execution.startDate.getTime() + secondsLater * 1000),
        requestParameters: null,
        responseElements: { executionArn },
      });
    }
  };

  test('more starts than are read: nobody is named, although a repeated start is among those that were', async () => {
    const scene = begin();
    const { execute, record, callsOf } = scene;
    const { execution } = await execute(PLAN);
    await starts(scene, execution, 600, 30, `${execution.arn}-other`);
    await starts(scene, execution, 1, 31, execution.arn);
    const recorded = await record(execution);
    expect(recorded.startedBy).toMatchObject({ identity: null, role: null, evidence: 'cut', bornOut: null });
    expect(recorded.unknown).toEqual([
      { field: 'startedBy.identity', why: expect.stringContaining('more starts of executions') },
    ]);
    expect(callsOf('LookupEvents')).toHaveLength(10);
  });

  test('as many starts as are read at most: the first one of the execution is found', async () => {
    const scene = begin();
    const { execute, record } = scene;
    const { execution } = await execute(PLAN);
    await starts(scene, execution, 499, 30, execution.arn);
    const { startedBy } = await record(execution);
    expect(startedBy).toMatchObject({ evidence: 'seen', bornOut: true });
    expect(startedBy.identity).not.toContain('mallory');
  });

  test('starts of later minutes are not read', async () => {
    const scene = begin();
    const { execute, record } = scene;
    const { execution } = await execute(PLAN);
    await starts(scene, execution, 600, 90, `${execution.arn}-other`);
    expect((await record(execution)).startedBy.evidence).toBe('seen');
  });

  test('CloudTrail is throttled: the record does not wait for it', async () => {
    const { execute, record, throttle } = begin();
    const { execution } = await execute(PLAN);
    throttle('cloudtrail');
    const recorded = await record(execution);
    expect(recorded).toMatchObject({ result: 'planned', startedBy: { evidence: 'not-answered' } });
    expect(unknownIn(recorded)).toEqual(['startedBy.identity']);
  });
});

describe('rotations that end otherwise', () => {
  test('an alarm brings the old key back', async () => {
    const { aws, consume, execute, record, current } = begin({ healthAlarms: ['errors'] });
    consume();
    const old = current();
    aws.onCall(({ operation }) => {
      if (operation === 'UpdateAccessKey') aws.cloudWatch.setAlarmState('errors', 'ALARM');
    });
    const { execution } = await execute();
    expect(await record(execution)).toMatchObject({
      result: 'rolled-back',
      execution: { status: 'FAILED' },
      error: { name: 'ConsumersUnhealthy' },
      rollback: { asked: 'rotation', error: 'ConsumersUnhealthy', doneAt: expect.any(String) },
      hold: 'set',
      health: { result: 'rolled-back' },
      oldKey: { deactivated: { by: 'step' }, reactivated: { by: 'history' }, deleted: null },
      oldestActiveKey: { accessKeyId: old },
      unknown: [],
    });
  });

  test('a person brings the old key back: the stopped execution and its successor name one rotation', async () => {
    const { consume, execute, record, run, until } = begin();
    consume();
    const rotation = await run(() => until('Wait in the recovery period'));
    const { execution } = await execute({ ...ROLLBACK, reason: 'a job fails' });
    const stopped = await record(rotation);
    const rolledBack = await record(execution);
    expect(stopped).toMatchObject({
      result: 'taken-over',
      takenOverBy: execution.arn,
      error: { name: 'StoppedForAnother' },
      oldKey: { deactivated: { by: 'step' }, reactivated: null },
      rotation: { begunHere: true },
    });
    expect(rolledBack).toMatchObject({
      result: 'rolled-back',
      reason: 'a job fails',
      rollback: { asked: 'person', error: null },
      oldKey: { reactivated: { by: 'history' } },
      rotation: { id: stopped.rotation?.id, startedAt: stopped.rotation?.startedAt, begunHere: false },
      hold: 'set',
    });
    const resumed = await execute(SCHEDULED);
    expect(await record(resumed.execution)).toMatchObject({ result: 'on-hold', hold: 'found' });
  });

  test('a person stops it: what it has done is known, and the next execution goes on', async () => {
    const { consume, execute, record, run, until, clock } = begin();
    consume();
    const first = await run(() => until('Wait for the overlap period'));
    first.stop('ByHand', 'for a test');
    await run(first.result);
    await run(() => clock.sleep(HOUR));
    const second = await execute();
    const stopped = await record(first);
    expect(stopped).toMatchObject({
      result: 'stopped',
      takenOverBy: null,
      error: { name: 'ByHand', said: 'for a test' },
      newKey: { published: { by: 'step' } },
      oldKey: { deactivated: null, deleted: null },
    });
    const recorded = await record(second.execution);
    expect(recorded).toMatchObject({
      result: 'rotated',
      rotation: { id: stopped.rotation?.id, begunHere: false },
      newKey: {
        accessKeyId: stopped.newKey?.accessKeyId,
        source: null,
        published: null,
        created: { by: 'iam' },
      },
    });
    // What the first has done, the second does not say as if it knew.
    expect(unknownIn(recorded)).toEqual(['newKey.stored', 'newKey.tested', 'newKey.published']);
  });

  describe('whoever stops it may say anything of a successor', () => {
    /** The record of an execution that is stopped with such a claim. */
    const claimed = async (by: (scene: ReturnType<typeof begin>) => Promise<string>, fault?: string) => {
      const scene = begin();
      scene.consume();
      const first = await scene.run(() => scene.until('Wait for the overlap period'));
      const arn = await by(scene);
      first.stop('StoppedForAnother', `Taken over by ${arn}, for the action "rotate".`);
      await scene.run(first.result);
      if (fault !== undefined) {
        scene.aws.faults.inject({
          kind: 'error',
          code: fault,
          status: 400,
          times: Number.POSITIVE_INFINITY,
          match: ({ operation, input }) => operation === 'DescribeExecution' && input.executionArn === arn,
        });
      }
      return { arn, recorded: await scene.record(first) };
    };
    const OTHER = 'arn:aws:states:us-east-1:111122223333:execution:Another:alice';
    /** An execution that runs, whatever it was started with. */
    const running =
      (input: unknown) =>
      async ({ stateMachine, run }: ReturnType<typeof begin>): Promise<string> =>
        (await run(async () => stateMachine.start(input))).arn;

    test.each<[string, (scene: ReturnType<typeof begin>) => Promise<string>]>([
      ['one that is not there', async ({ stateMachine }) => `${executionsOf(stateMachine.arn)}nosuch`],
      ['what is no ARN', async ({ stateMachine }) => `${executionsOf(stateMachine.arn)}a:b`],
      ['one of another state machine', async () => OTHER],
      ['one of another user', running({ userName: 'bob' })],
      [
        'one that was over by then',
        async ({ execute, run, clock }) => {
          const { execution } = await execute(PLAN);
          await run(() => clock.sleep(MINUTE));
          return execution.arn;
        },
      ],
    ])('%s', async (_what, by) => {
      const { arn, recorded } = await claimed(by);
      expect(recorded).toMatchObject({
        result: 'stopped',
        takenOverBy: null,
        error: { name: 'StoppedForAnother', said: expect.stringContaining(arn) },
      });
    });

    test('one that nobody may ask about', async () => {
      const { recorded } = await claimed(running(ROLLBACK), 'AccessDeniedException');
      expect(recorded).toMatchObject({ result: 'stopped', takenOverBy: null });
      expect(unknownIn(recorded)).toContain('takenOverBy');
    });

    test('it is believed of one of the same user that is running', async () => {
      const { arn, recorded } = await claimed(running(ROLLBACK));
      expect(recorded).toMatchObject({ result: 'taken-over', takenOverBy: arn });
    });
  });

  test('consumers do not move', async () => {
    const { aws, consume, execute, record, current } = begin();
    const old = current();
    consume({ key: () => old });
    const { execution } = await execute();
    const recorded = await record(execution);
    expect(recorded).toMatchObject({
      result: 'failed',
      error: { name: 'AdoptionTimedOut' },
      adoption: { ground: null, usesOfOldKey: [{ service: 's3' }], usesOfNewKey: [] },
      oldKey: { accessKeyId: old, deactivated: null },
      oldestActiveKey: { accessKeyId: old },
      lastStep: { step: 'confirm-adoption', status: null },
    });
    expect(aws.iam.keysOf('alice')).toHaveLength(2);
  });

  test('the settings go on without consumers, and the record says what was overruled', async () => {
    const { consume, execute, record, current } = begin({ onAdoptionDeadline: 'go-on' });
    const old = current();
    consume({ key: () => old });
    const { execution } = await execute();
    expect((await record(execution)).adoption).toMatchObject({
      ground: 'go-on',
      overruled: ['new-key-unused'],
    });
  });

  test('a first key, and then a resumption with nothing to do', async () => {
    const { consume, execute, record, current } = begin({}, { key: 'none' });
    consume();
    const { execution } = await execute();
    expect(await record(execution)).toMatchObject({
      result: 'rotated',
      oldKey: null,
      newKey: { source: 'created' },
      keysFound: [],
      oldestActiveKey: { accessKeyId: current() },
      adoption: { ground: 'first-key' },
      unknown: [],
    });
    const resumed = await execute(RESUME);
    expect((await record(resumed.execution)).action).toBe('resume');
  });

  test('an idle key', async () => {
    const { execute, record } = begin({ idleAfter: 'P30D' });
    const { execution } = await execute();
    expect((await record(execution)).adoption).toMatchObject({ ground: 'idle', usesOfNewKey: [] });
  });
});

describe('the owner', () => {
  const answer = async (scene: ReturnType<typeof begin>, how: (token: string) => void) => {
    scene.consume();
    const execution = await scene.run(async () => scene.start({ userName: 'alice' }));
    await scene.run(async () => {
      for (;;) {
        const asked = scene.aws.eventBridge.events.find(
          (event) => event['detail-type'] === 'Access Key Acknowledgement Requested',
        );
        if (asked !== undefined) return how(String(asked.detail.taskToken));
        await scene.clock.sleep(MINUTE);
      }
    });
    await scene.run(execution.result);
    return scene.record(execution);
  };

  test('who acknowledges is not made up', async () => {
    const scene = begin({ acknowledgement: { deadline: 'P1D' } });
    const recorded = await answer(scene, (token) =>
      scene.aws.states.answerTask(token, { kind: 'success', output: {} }),
    );
    expect(recorded).toMatchObject({
      result: 'rotated',
      acknowledgement: { result: 'given', said: null, by: null, answeredAt: expect.any(String) },
    });
    expect(unknownIn(recorded)).toEqual(['acknowledgement.by']);
  });

  test('refuses, in words that may be long', async () => {
    const scene = begin({ acknowledgement: { deadline: 'P1D' } });
    const recorded = await answer(scene, (token) =>
      scene.aws.states.answerTask(token, {
        kind: 'failure',
        error: 'No',
        cause: `not now ${'x '.repeat(9000)}`,
      }),
    );
    expect(recorded).toMatchObject({
      result: 'rolled-back',
      acknowledgement: { result: 'refused', said: expect.stringMatching(/^No: not now/) },
      rollback: { error: 'NotAcknowledged' },
    });
    expect(recorded.acknowledgement?.said?.length).toBeLessThanOrEqual(1001);
  });

  test('does not answer', async () => {
    const { consume, execute, record } = begin({ acknowledgement: { deadline: 'PT3H' } });
    consume();
    const { execution } = await execute();
    const recorded = await record(execution);
    expect(recorded.acknowledgement).toMatchObject({ result: 'unanswered', by: null });
    expect(unknownIn(recorded)).toEqual(expect.not.arrayContaining(['acknowledgement.by']));
  });
});

describe('an emergency', () => {
  const leak = async () => {
    const scene = begin();
    scene.consume();
    const leaked = scene.current();
    const { execution } = await scene.execute(emergencyOf(leaked));
    const declaration = {
      arn: execution.arn.replace(':IamAccessKeyRotation:', ':IamAccessKeyRotation-emergency:'),
    };
    return { ...scene, leaked, execution, declaration };
  };

  test('has a record with its declaration, and how long the leaked key was Active', async () => {
    const { execution, declaration, leaked, record } = await leak();
    const recorded = await record(execution);
    expect(recorded).toMatchObject({
      result: 'rotated',
      action: 'emergency',
      reason: 'in a log',
      startedBy: { claimed: 'declaration', declaration: declaration.arn, evidence: 'seen' },
      emergency: { accessKeyId: leaked, secondsToInactive: expect.any(Number) },
      trace: { looks: 2, accessKeyIds: [leaked], regions: { listed: true, unanswered: [] } },
      adoption: { ground: 'leaked' },
      rotation: { leakedAccessKeyIds: [leaked] },
    });
    expect(recorded.emergency?.secondsToInactive).toBeGreaterThan(0);
    expect(recorded.emergency?.secondsToInactive).toBeLessThan(600);
  });

  test('and so has the declaration itself', async () => {
    const { declaration, leaked, record, run, aws, clock } = await leak();
    await run(async () => {
      while (aws.states.execution(declaration.arn)?.status === 'RUNNING') await clock.sleep(MINUTE);
    });
    expect(await record(declaration)).toMatchObject({
      kind: 'declaration',
      result: 'declared',
      userName: 'alice',
      reason: 'in a log',
      startedBy: { claimed: 'person', evidence: 'seen', bornOut: true },
      emergency: { accessKeyId: leaked, secondsToInactive: null },
      rotation: null,
      unknown: [],
    });
  });

  test('that was not declared completely is not missing', async () => {
    const { emergencies, record, records, run } = begin();
    const execution = await run(async () => emergencies.start({ userName: 'alice' }));
    await run(execution.result);
    expect(await record(execution)).toMatchObject({
      kind: 'declaration',
      result: 'failed',
      error: { name: 'InvalidRotationInput' },
      userName: null,
    });
    expect(Object.keys(records())).toEqual(['/not-admitted']);
  });

  test('that a rotation only calls so is not borne out', async () => {
    const { stateMachine, record, run, current } = begin();
    const execution = await run(async () => stateMachine.start(emergencyOf(current())));
    await run(execution.result);
    expect(await record(execution)).toMatchObject({
      result: 'failed',
      action: 'emergency',
      startedBy: { claimed: 'person', declaration: null },
    });
  });
});

describe('what cannot be read', () => {
  const denied = ({ aws }: Pick<AliceWorld, 'aws'>, operation: string) =>
    aws.faults.inject({
      kind: 'error',
      code: 'AccessDeniedException',
      status: 400,
      times: Number.POSITIVE_INFINITY,
      match: (call) => call.operation === operation,
    });

  test('a history that may not be read leaves a record that says so, with what is known', async () => {
    const { consume, execute, record, aws } = begin();
    consume();
    const { execution } = await execute();
    denied({ aws }, 'GetExecutionHistory');
    const recorded = await record(execution);
    expect(recorded).toMatchObject({
      result: 'rotated',
      userName: 'alice',
      execution: { status: 'SUCCEEDED' },
      history: { read: 'none', events: 0 },
      newKey: null,
      oldKey: null,
      rotation: null,
    });
    expect(unknownIn(recorded)).toEqual(['history', 'oldestActiveKey']);
    expect(recorded.unknown[0]?.why).toMatch(/unknown: write the record again/);
  });

  test('an execution that nobody may describe is known by its event', async () => {
    const { consume, execute, record, aws } = begin();
    consume();
    const { execution } = await execute();
    denied({ aws }, 'DescribeExecution');
    expect(await record(execution)).toMatchObject({
      result: 'rotated',
      userName: 'alice',
      execution: { status: 'SUCCEEDED', startedAt: execution.startDate.toISOString() },
    });
  });

  test('an execution that Step Functions does not know is not recorded: anybody could have made it up', async () => {
    const { execute, handle, eventOf, records, aws } = begin();
    const { execution } = await execute(PLAN);
    const event = eventOf(execution);
    aws.states.removeExecution(execution.arn);
    await expect(handle(event)).rejects.toThrow(/does not know .*bears out/);
    expect(records()).toEqual({});
  });

  test.each(['DescribeExecution', 'GetExecutionHistory'])(
    '%s that does not answer is an error, for Lambda to try again',
    async (operation) => {
      const { execute, record, silence, records } = begin();
      const { execution } = await execute(PLAN);
      const end = silence(operation);
      await expect(record(execution)).rejects.toThrow(/execution/);
      expect(records()).toEqual({});
      end();
      await record(execution);
      expect(records().alice).toHaveLength(1);
    },
  );

  test('an end that does not show yet is waited for, and then tried again', async () => {
    const { execute, record, aws } = begin();
    const { execution } = await execute(PLAN);
    const event = aws.states.execution(execution.arn);
    aws.states.setStatus(execution.arn, 'RUNNING', { stopDate: undefined as never });
    await expect(record(execution, { status: 'SUCCEEDED' })).rejects.toThrow(/does not show yet/);
    aws.states.setStatus(execution.arn, 'SUCCEEDED', { stopDate: event?.stopDate as Date });
    expect(await record(execution)).toMatchObject({ result: 'planned' });
  });
});

describe('the write', () => {
  const planned = async () => {
    const scene = begin();
    const { execution } = await scene.execute(PLAN);
    return { ...scene, execution };
  };

  test('is made twice when the event comes twice, and says the same', async () => {
    const { execution, record, records } = await planned();
    await record(execution);
    await record(execution);
    const [one, other] = records().alice ?? [];
    const { recordedAt: _one, ...first } = one ?? ({} as RotationRecord);
    const { recordedAt: _other, ...second } = other ?? ({} as RotationRecord);
    expect(second).toEqual(first);
    expect(records().alice).toHaveLength(2);
  });

  test('of an end that is weeks ago has the time of now, and the record its own', async () => {
    const { execution, record, run, clock, aws } = await planned();
    await run(() => clock.sleep(20 * DAY));
    const { execution: recorded } = await record(execution);
    const events = await run(() => filter(aws));
    expect(events).toHaveLength(1);
    expect(events[0]?.timestamp ?? 0).toBeGreaterThan(Date.parse(recorded.endedAt ?? '') + 19 * DAY);
  });

  test('that fails is an error, for Lambda to try again', async () => {
    const { execution, record, silence, records } = await planned();
    const end = silence('PutLogEvents');
    await expect(record(execution)).rejects.toThrow(/writing the record/);
    end();
    await record(execution);
    expect(records().alice).toHaveLength(1);
  });

  test('into a group that is gone is an error, too', async () => {
    const { eventOf, execution, handle, aws } = await planned();
    aws.faults.inject({
      kind: 'error',
      code: 'ResourceNotFoundException',
      status: 400,
      times: Number.POSITIVE_INFINITY,
      match: ({ service }) => service === 'logs',
    });
    await expect(handle(eventOf(execution))).rejects.toThrow(/writing the record/);
  });

  test('finds a stream that another invocation has made meanwhile', async () => {
    const { eventOf, execution, handle, records, callsOf } = await planned();
    const event = eventOf(execution);
    await Promise.all([handle(event), handle(event)]);
    expect(callsOf('CreateLogStream').map((call) => call.outcome)).toEqual([
      'ok',
      'ResourceAlreadyExistsException',
    ]);
    expect(records().alice).toHaveLength(2);
  });
});

describe('what is no end of an execution of this stack is an error, and nothing is asked', () => {
  test.each<[string, (arn: string, machine: string) => unknown]>([
    ['nothing', () => undefined],
    [
      'a start',
      (executionArn, stateMachineArn) => ({ detail: { executionArn, stateMachineArn, status: 'RUNNING' } }),
    ],
    [
      'another state machine',
      (executionArn, machine) => ({
        detail: { executionArn, stateMachineArn: `${machine}-2`, status: 'SUCCEEDED' },
      }),
    ],
    [
      'an execution of another state machine',
      (arn, stateMachineArn) => ({
        detail: { executionArn: arn.replace('Rotation:', 'Other:'), stateMachineArn, status: 'SUCCEEDED' },
      }),
    ],
  ])('%s', async (_what, eventOf) => {
    const { handle, stateMachine, aws, execute } = begin();
    const { execution } = await execute(PLAN);
    const before = aws.calls.length;
    await expect(handle(eventOf(execution.arn, stateMachine.arn))).rejects.toThrow(
      'no event of an execution',
    );
    expect(aws.calls.length).toBe(before);
  });
});

test('a redriven execution has a record of each end', async () => {
  const { execute, record, records, run, stateMachine, aws } = begin();
  aws.iam.addAccessKey('alice', { createDate: aws.clock.now() });
  const { execution } = await execute();
  expect(await record(execution)).toMatchObject({ error: { name: 'AccessKeyConflict' } });
  const again: Execution = await run(async () => stateMachine.redrive(execution));
  await run(again.result);
  expect(await record(execution)).toMatchObject({
    execution: { redriveCount: 1 },
    error: { name: 'AccessKeyConflict' },
  });
  expect(records().alice).toHaveLength(2);
});

describe('no secret is in a record', () => {
  test('not a key’s, and not one that a person writes into a reason', async () => {
    const { aws, consume, execute, record, current } = begin();
    consume();
    const secrets = (): readonly string[] =>
      aws.iam.keysOf('alice').map(({ secretAccessKey }) => secretAccessKey);
    const known = new Set(secrets());
    aws.onCall(() => {
      for (const secret of secrets()) known.add(secret);
    });
    const [secret = ''] = secrets();
    expect(secret).toHaveLength(40);
    const { execution } = await execute({ ...emergencyOf(current()), reason: `found ${secret} in a log` });
    const recorded = await record(execution);
    expect(recorded.reason).toBe('found (left out) in a log');
    const text = JSON.stringify(recorded);
    expect(known.size).toBeGreaterThan(1);
    for (const one of known) expect(text).not.toContain(one);
    expect(logged).not.toHaveBeenCalled();
  });
});

test('a history whose end does not show yet is waited for, and then tried again', async () => {
  const { execute, record, records, aws } = begin();
  const { execution } = await execute(PLAN);
  aws.states.addEvents(execution.arn, { type: 'PassStateEntered', timestamp: aws.clock.now() });
  await expect(record(execution)).rejects.toThrow(/does not show yet/);
  expect(records()).toEqual({});
});
