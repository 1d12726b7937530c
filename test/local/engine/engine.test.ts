import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { StateMachineEngine } from '../../../local/engine/engine';
import type { Execution } from '../../../local/engine/execution';
import { emptyWorld, type World, type WorldOptions } from '../../../local/world/base-world';

type Json = Record<string, unknown>;

const FUNCTION = 'arn:aws:lambda:us-east-1:111122223333:function:step';
const ROLE = 'arn:aws:iam::111122223333:role/machine';

let world: World | undefined;

afterEach(() => {
  world?.close();
  world = undefined;
});

const setUp = (
  states: Json,
  handler: (event: unknown, world: World) => unknown = () => 'ok',
  options: WorldOptions & { readonly top?: Json } = {},
) => {
  const { top = {}, ...worldOptions } = options;
  const created = emptyWorld(worldOptions);
  world = created;
  const { aws, lambda, clock } = created;
  lambda.add({
    name: 'step',
    arn: FUNCTION,
    timeoutSeconds: 120,
    start: () => ({ invoke: async (event) => handler(event, created) }),
  });
  const topicArn = aws.sns.addTopic('told');
  const config = {
    region: aws.region,
    credentials: aws.roleCredentials(ROLE),
    requestHandler: aws.requestHandler(),
  };
  const engine = new StateMachineEngine({
    name: 'machine',
    roleArn: ROLE,
    definition: JSON.stringify({ StartAt: Object.keys(states)[0], States: states, ...top }),
    aws,
    lambda,
    clients: { sns: new SNSClient(config), events: new EventBridgeClient(config) },
  });
  const run = async (input: unknown = {}) => {
    const execution = engine.start(input, { name: 'e' });
    return { execution, result: await created.run(execution.result) };
  };
  return { aws, clock, engine, topicArn, run, drive: created.run };
};

const invoke = (changes: Json = {}): Json => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: FUNCTION, Payload: { 'state.$': '$' } },
  OutputPath: '$.Payload',
  TimeoutSeconds: 150,
  Next: 'Done',
  ...changes,
});

const publish = (topicArn: string, changes: Json = {}): Json => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::sns:publish',
  Parameters: { TopicArn: topicArn, Subject: 'Hello', 'Message.$': '$.text' },
  ResultPath: null,
  TimeoutSeconds: 60,
  Next: 'Done',
  ...changes,
});

const DONE = { Done: { Type: 'Succeed' } };
const TOPIC = 'arn:aws:sns:us-east-1:111122223333:told';

const named = (name: string, message = name): Error => Object.assign(new Error(message), { name });

const outcomes = ({ timeline }: Execution): readonly string[] =>
  timeline.map(({ state, outcome }) => `${state}: ${outcome}`);

test('a task gets its payload from the context object, and its answer is the output', async () => {
  const states = {
    Ask: invoke({
      Parameters: {
        FunctionName: FUNCTION,
        Payload: {
          'id.$': '$$.Execution.Id',
          'name.$': '$$.Execution.Name',
          'redrives.$': '$$.Execution.RedriveCount',
          'role.$': '$$.Execution.RoleArn',
          'started.$': '$$.Execution.StartTime',
          'user.$': '$$.Execution.Input.userName',
          'machine.$': '$$.StateMachine.Name',
          'machineId.$': '$$.StateMachine.Id',
        },
      },
    }),
    ...DONE,
  };
  const { run } = setUp(states, (event) => event);
  const { result, execution } = await run({ userName: 'alice' });
  expect(result).toMatchObject({ status: 'SUCCEEDED' });
  expect(result.output).toEqual({
    id: execution.arn,
    name: 'e',
    redrives: 0,
    role: ROLE,
    started: '2026-03-02T08:00:00.000Z',
    user: 'alice',
    machine: 'machine',
    machineId: 'arn:aws:states:us-east-1:111122223333:stateMachine:machine',
  });
  expect(execution.arn).toBe('arn:aws:states:us-east-1:111122223333:execution:machine:e');
});

test('DescribeExecution sees it run, and end', async () => {
  const seen: unknown[] = [];
  const { run, aws } = setUp({ Ask: invoke(), ...DONE }, (_event, { aws: inside }) => {
    seen.push(inside.states.execution('arn:aws:states:us-east-1:111122223333:execution:machine:e')?.status);
  });
  const { execution, result } = await run();
  expect(seen).toEqual(['RUNNING']);
  expect(aws.states.execution(execution.arn)).toMatchObject({
    status: 'SUCCEEDED',
    stopDate: result.stopDate,
  });
});

test('retries wait in virtual time, with back-off, and each counts as a state transition', async () => {
  const times: number[] = [];
  const Retry = [
    { ErrorEquals: ['Flaky'], IntervalSeconds: 60, BackoffRate: 2, MaxAttempts: 5, MaxDelaySeconds: 200 },
  ];
  const { run } = setUp({ Ask: invoke({ Retry }), ...DONE }, (_event, { clock }) => {
    times.push(clock.now().getTime() / 1000);
    if (times.length < 5) throw named('Flaky');
    return { outcome: 'at last' };
  });
  const { execution } = await run();
  const [first = 0] = times;
  expect(times.map((time) => time - first)).toEqual([0, 60, 180, 380, 580]);
  // Two states, and four retries.
  expect(execution.stateTransitions).toBe(6);
  expect(outcomes(execution)).toEqual([
    'Ask: Flaky: Flaky',
    'Ask: Tries again (retry 1).',
    'Ask: Flaky: Flaky',
    'Ask: Tries again (retry 2).',
    'Ask: Flaky: Flaky',
    'Ask: Tries again (retry 3).',
    'Ask: Flaky: Flaky',
    'Ask: Tries again (retry 4).',
    'Ask: at last',
    'Done: The execution succeeds.',
  ]);
});

test('jitter comes from the seed', async () => {
  const Retry = [{ ErrorEquals: ['Flaky'], IntervalSeconds: 100, MaxAttempts: 3, JitterStrategy: 'FULL' }];
  const spans: number[] = [];
  for (const seed of [1, 1, 2]) {
    const { run, clock } = setUp(
      { Ask: invoke({ Retry, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Done' }] }), ...DONE },
      () => {
        throw named('Flaky');
      },
      { seed },
    );
    await run();
    spans.push(clock.now().getTime());
    world?.close();
  }
  expect(spans[0]).toBe(spans[1]);
  expect(spans[0]).not.toBe(spans[2]);
});

test('a failure is caught by name, with the cause that Lambda reports', async () => {
  const Catch = [{ ErrorEquals: ['Conflict'], ResultPath: '$.failure', Next: 'Explain' }];
  const states = {
    Ask: invoke({ Catch }),
    Explain: {
      Type: 'Pass',
      Parameters: { 'Error.$': '$.failure.Error', 'details.$': 'States.StringToJson($.failure.Cause)' },
      Next: 'Fail',
    },
    Fail: { Type: 'Fail', ErrorPath: '$.Error', CausePath: '$.details.errorMessage' },
    ...DONE,
  };
  const { run } = setUp(states, () => {
    throw named('Conflict', 'Two keys are too many.');
  });
  const { result, execution } = await run();
  expect(result).toMatchObject({ status: 'FAILED', error: 'Conflict', cause: 'Two keys are too many.' });
  expect(outcomes(execution)).toEqual([
    'Ask: Conflict: Two keys are too many.',
    'Fail: Conflict: Two keys are too many.',
  ]);
});

test('a task that outlives its state ends in States.Timeout, while its function goes on', async () => {
  let ended = false;
  const { run, clock } = setUp(
    { Ask: invoke({ TimeoutSeconds: 30 }), ...DONE },
    async (_event, { clock: time }) => {
      await time.sleep(60_000);
      ended = true;
    },
  );
  const { result } = await run();
  expect(result).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  expect(ended).toBe(false);
  await clock.advance(60_000);
  expect(ended).toBe(true);
});

test('a wait of months passes, although real timers overflow after 24.8 days', async () => {
  const { run, clock } = setUp(
    { Wait: { Type: 'Wait', TimestampPath: '$.until', Next: 'Done' }, ...DONE },
    undefined,
    { top: { TimeoutSeconds: 7_776_000 } },
  );
  const { execution } = await run({ until: '2026-05-02T08:00:00Z' });
  expect(clock.now().toISOString()).toBe('2026-05-02T08:00:00.000Z');
  expect(outcomes(execution)[0]).toBe('Wait: 61 days, until Sat 2026-05-02 08:00:00');
});

test('an execution runs into its own time limit', async () => {
  const { run } = setUp({ Wait: { Type: 'Wait', Seconds: 7_000_000, Next: 'Done' }, ...DONE }, undefined, {
    top: { TimeoutSeconds: 6_000_000 },
  });
  const { result, execution } = await run();
  expect(result).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
  expect(outcomes(execution).at(-1)).toMatch(/ran into its time limit/);
});

test('publishes through the SNS client, and goes on with its input', async () => {
  const { run, aws } = setUp({ Tell: publish(TOPIC), ...DONE });
  const { result } = await run({ text: 'It works.' });
  expect(aws.sns.messages).toMatchObject([{ topicArn: TOPIC, subject: 'Hello', message: 'It works.' }]);
  expect(result.output).toEqual({ text: 'It works.' });
  expect(aws.calls).toMatchObject([{ service: 'sns', operation: 'Publish', caller: ROLE }]);
});

test('an error of SNS has the name that Step Functions gives it', async () => {
  const { run } = setUp({ Tell: publish(`${TOPIC}-not`), ...DONE });
  const { result } = await run({ text: 'x' });
  expect(result).toMatchObject({ status: 'FAILED', error: 'SNS.NotFoundException' });
});

const announce = (entry: Json, changes: Json = {}): Json => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::events:putEvents',
  Parameters: { Entries: [{ Source: 'shop', DetailType: 'Order', ...entry }] },
  TimeoutSeconds: 30,
  Next: 'Done',
  ...changes,
});

test('puts events through the EventBridge client, with the ARNs that Step Functions appends', async () => {
  const { run, aws, engine } = setUp({
    Announce: announce({ Detail: { 'text.$': '$.text' }, Resources: ['arn:own'] }),
    ...DONE,
  });
  const { result, execution } = await run({ text: 'It works.' });
  const [event] = aws.eventBridge.events;
  expect(event).toMatchObject({
    source: 'shop',
    'detail-type': 'Order',
    detail: { text: 'It works.' },
    resources: ['arn:own', execution.arn, engine.arn],
  });
  expect(result.output).toMatchObject({ Entries: [{ EventId: event?.id }], FailedEntryCount: 0 });
  expect(aws.calls).toMatchObject([{ service: 'events', operation: 'PutEvents', caller: ROLE }]);
  expect(outcomes(execution)[0]).toBe('Announce: The event is sent.');
});

test('a refused entry fails the task under the name that Step Functions gives it, and is retried', async () => {
  const Retry = [{ ErrorEquals: ['EventBridge.FailedEntry'], IntervalSeconds: 1, MaxAttempts: 2 }];
  const { run, aws } = setUp({
    Announce: announce({ Source: 'aws.shop', Detail: {} }, { Retry }),
    ...DONE,
  });
  const { result } = await run();
  expect(result).toMatchObject({
    status: 'FAILED',
    error: 'EventBridge.FailedEntry',
    cause: expect.stringContaining('NotAuthorizedForSource'),
  });
  expect(aws.calls.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
});

test('an error of EventBridge has the name that Step Functions gives it', async () => {
  const { run } = setUp({ Announce: announce({ Detail: {} }), ...DONE }, undefined, {
    authorize: ({ service }) => service !== 'events',
  });
  expect((await run()).result).toMatchObject({ error: 'EventBridge.AccessDeniedException' });
});

describe('a task that waits for its token', () => {
  const ask = (changes: Json = {}): Json =>
    announce(
      { Detail: { 'token.$': '$$.Task.Token' } },
      {
        Resource: 'arn:aws:states:::events:putEvents.waitForTaskToken',
        TimeoutSeconds: undefined,
        TimeoutSecondsPath: '$.seconds',
        ...changes,
      },
    );
  /** Runs it, with a receiver of the event that answers after some minutes. */
  const answered = async (
    answer: (token: string, sfn: SFNClient) => Promise<unknown>,
    { minutes = 5, seconds = 3600, states = { Ask: ask(), ...DONE } } = {},
  ) => {
    const { aws, clock, run } = setUp(states);
    const sfn = new SFNClient({
      region: aws.region,
      credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/owner'),
      requestHandler: aws.requestHandler(),
      maxAttempts: 1,
    });
    let answering: unknown;
    clock.setTimeout(() => {
      const token = String(aws.eventBridge.events.at(-1)?.detail.token);
      answering = answer(token, sfn).then(
        () => 'ok',
        ({ name }: Error) => name,
      );
    }, minutes * 60_000);
    const { result, execution } = await run({ seconds });
    if (answering === undefined) await clock.advance(minutes * 60_000);
    const took = result.stopDate.getTime() - execution.startDate.getTime();
    return { result, execution, aws, clock, sfn, minutes: took / 60_000, answer: await answering };
  };
  const succeed = (taskToken: string, sfn: SFNClient, output = '{"by":"ops"}') =>
    sfn.send(new SendTaskSuccessCommand({ taskToken, output }));
  const refuse = (taskToken: string, sfn: SFNClient, error?: string, cause?: string) =>
    sfn.send(new SendTaskFailureCommand({ taskToken, error, cause }));

  test('goes on after a success answer, whose output is its result', async () => {
    const { result, minutes, answer } = await answered(succeed);
    expect(answer).toBe('ok');
    expect(result).toMatchObject({ status: 'SUCCEEDED', output: { by: 'ops' } });
    expect(minutes).toBe(5);
  });

  test('fails under the name in the answer', async () => {
    const { result } = await answered((token, sfn) => refuse(token, sfn, 'NotNow', 'a freeze'));
    expect(result).toMatchObject({ status: 'FAILED', error: 'NotNow', cause: 'a freeze' });
  });

  test('ends in States.Timeout, by the time in its state, and then accepts no answer', async () => {
    const { result, minutes, answer } = await answered(succeed, { minutes: 90 });
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect({ minutes, answer }).toEqual({ minutes: 60, answer: 'TaskTimedOut' });
  });

  test('may have its time limit in the definition', async () => {
    const states = { Ask: ask({ TimeoutSeconds: 600, TimeoutSecondsPath: undefined }), ...DONE };
    expect(await answered(succeed, { minutes: 90, states })).toMatchObject({
      minutes: 10,
      result: { error: 'States.Timeout' },
    });
  });

  test('is answered once', async () => {
    const { aws, sfn } = await answered(succeed);
    const token = String(aws.eventBridge.events[0]?.detail.token);
    await expect(succeed(token, sfn)).rejects.toMatchObject({ name: 'TaskTimedOut' });
    await expect(refuse(token, sfn)).rejects.toMatchObject({ name: 'TaskTimedOut' });
  });

  test('is not answered by an invalid answer', async () => {
    const { result } = await answered(async (token, sfn) => {
      await expect(succeed(token, sfn, 'yes')).rejects.toMatchObject({ name: 'InvalidOutput' });
      await expect(succeed('no token!', sfn)).rejects.toMatchObject({ name: 'InvalidToken' });
      await expect(succeed('AAAA', sfn)).rejects.toMatchObject({ name: 'TaskDoesNotExist' });
      await succeed(token, sfn);
    });
    expect(result).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('has a different token at each attempt', async () => {
    const Retry = [{ ErrorEquals: ['NotNow'], IntervalSeconds: 60, MaxAttempts: 1 }];
    const { result, aws } = await answered((token, sfn) => refuse(token, sfn, 'NotNow'), {
      states: { Ask: ask({ Retry }), ...DONE },
    });
    expect(result).toMatchObject({ error: 'States.Timeout' });
    const tokens = aws.eventBridge.events.map(({ detail }) => detail.token);
    expect(new Set(tokens).size).toBe(2);
  });

  test('whose event is refused fails at once, and its token is invalid', async () => {
    const states = {
      Ask: ask({ Parameters: { Entries: [{ Detail: { 'token.$': '$$.Task.Token' } }] } }),
      ...DONE,
    };
    const { result, minutes } = await answered(succeed, { states });
    expect(result).toMatchObject({ error: 'EventBridge.FailedEntry' });
    expect(minutes).toBe(0);
  });
});

test('a stopped execution is over at once; its function lives on, and nothing is retried', async () => {
  let calls = 0;
  let ended = 0;
  const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 3 }];
  const { engine, clock, aws, drive } = setUp(
    { Ask: invoke({ Retry }), ...DONE },
    async (_event, { clock: time }) => {
      calls += 1;
      await time.sleep(60_000);
      ended += 1;
      throw named('Late');
    },
  );
  const execution = engine.start({});
  await clock.advance(10_000);
  execution.stop();
  expect(execution.status).toBe('ABORTED');
  await expect(drive(execution.result)).resolves.toMatchObject({
    status: 'ABORTED',
    error: 'States.Aborted',
  });
  await clock.advance(600_000);
  expect({ calls, ended }).toEqual({ calls: 1, ended: 1 });
  expect(aws.states.execution(execution.arn)).toMatchObject({
    status: 'ABORTED',
    stopDate: new Date('2026-03-02T08:00:10.000Z'),
  });
});

describe('a redriven execution', () => {
  const WAIT = { Type: 'Wait', Seconds: 60, Next: 'Step' };
  const PAYLOAD = { 'redrives.$': '$$.Execution.RedriveCount' };
  const STEP = invoke({ Parameters: { FunctionName: FUNCTION, Payload: PAYLOAD } });

  test('goes on with the state in which it ended, under its ARN, and counts', async () => {
    const seen: unknown[] = [];
    const { aws, engine, drive } = setUp({ Wait: WAIT, Step: STEP, Done: { Type: 'Succeed' } }, (event) => {
      seen.push(event);
      if (seen.length === 1) throw new Error('not yet');
      return 'ok';
    });
    const first = engine.start({}, { name: 'e' });
    expect((await drive(first.result)).status).toBe('FAILED');
    const second = engine.redrive(first);
    expect(aws.states.execution(first.arn)).toMatchObject({ status: 'RUNNING', redriveCount: 1 });
    expect(await drive(second.result)).toMatchObject({ status: 'SUCCEEDED', output: 'ok' });
    expect(second.arn).toBe(first.arn);
    expect(seen).toEqual([{ redrives: 0 }, { redrives: 1 }]);
    expect(second.history.filter(({ type }) => type === 'StateEntered')).toHaveLength(2);
  });

  test('must have ended, and not with success', async () => {
    const { engine, drive } = setUp({ Wait: WAIT, Step: STEP, Done: { Type: 'Succeed' } });
    const execution = engine.start({}, { name: 'e' });
    expect(() => engine.redrive(execution)).toThrow('ExecutionNotRedrivable');
    await drive(execution.result);
    expect(() => engine.redrive(execution)).toThrow('ExecutionNotRedrivable');
  });
});

test('several executions run side by side', async () => {
  const { engine, drive } = setUp({ Ask: invoke(), ...DONE }, async (event, { clock }) => {
    await clock.sleep(1000);
    return event;
  });
  const executions = ['a', 'b', 'c'].map((userName) => engine.start({ userName }));
  const results = await drive(Promise.all(executions.map(({ result }) => result)));
  expect(results.map(({ output }) => output)).toEqual(
    ['a', 'b', 'c'].map((userName) => ({ state: { userName } })),
  );
});

test('executions of the same user at the same time get different names; a given name can be used once', () => {
  const { engine } = setUp({ ...DONE });
  const names = [1, 2, 3].map(() => engine.start({ userName: 'alice' }).name);
  expect(new Set(names).size).toBe(3);
  engine.start({}, { name: 'mine' });
  expect(() => engine.start({}, { name: 'mine' })).toThrow(/ExecutionAlreadyExists/);
});

test('a payload above 256 KiB ends the execution, and nothing can catch that', async () => {
  const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Done' }];
  const { run } = setUp({ Ask: invoke({ Catch }), ...DONE }, () => 'x'.repeat(300_000));
  const { result } = await run();
  expect(result).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
});

test('a loop ends at 25,000 history events, as in Step Functions', async () => {
  const states = {
    Ask: { Type: 'Wait', Seconds: 1, Next: 'Again' },
    Again: {
      Type: 'Choice',
      Choices: [{ Variable: '$.end', IsPresent: true, Next: 'Done' }],
      Default: 'Ask',
    },
    ...DONE,
  };
  const { run } = setUp(states);
  const { result, execution } = await run();
  expect(result).toMatchObject({
    status: 'FAILED',
    error: 'States.Runtime',
    cause: expect.stringContaining('25000'),
  });
  expect(execution.stateTransitions).toBeGreaterThan(12_000);
});

test('the history has every event in order, with its virtual time', async () => {
  const { run } = setUp({ Wait: { Type: 'Wait', Seconds: 60, Next: 'Done' }, ...DONE });
  const { execution } = await run();
  expect(execution.history.map(({ id, at, type }) => `${id} ${at.slice(11, 19)} ${type}`)).toEqual([
    '1 08:00:00 ExecutionStarted',
    '2 08:00:00 StateEntered',
    '3 08:01:00 StateExited',
    '4 08:01:00 StateEntered',
    '5 08:01:00 StateExited',
    '6 08:01:00 ExecutionSucceeded',
  ]);
});

describe('an execution that has begun elsewhere', () => {
  const PAYLOAD = {
    'started.$': '$$.Execution.StartTime',
    'user.$': '$$.Execution.Input.userName',
    'all.$': 'States.JsonToString($$.Execution.Input)',
    'id.$': '$$.Execution.Id',
    'data.$': '$.found',
  };
  const STATES = {
    First: { Type: 'Pass', Next: 'Step' },
    Step: invoke({ Parameters: { FunctionName: FUNCTION, Payload: PAYLOAD }, Next: 'Wait' }),
    Wait: { Type: 'Wait', Seconds: 60, Next: 'Done' },
    ...DONE,
  };
  /** An hour ago. */
  const startDate = new Date('2026-03-02T07:00:00Z');
  const begun = (name: string) => ({
    name: 'e',
    startDate,
    redriveCount: 1,
    input: { userName: 'alice' },
    state: { name, input: { found: 7 } },
  });
  const other = (top: Json = {}): string => JSON.stringify({ StartAt: 'First', States: STATES, ...top });

  test('goes on under its own definition, and knows of its beginning', async () => {
    const { aws, engine, drive } = setUp({ Unlike: { Type: 'Succeed' } }, (event) => event);
    const execution = engine.resume(begun('Step'), other());
    expect(aws.states.execution(engine.arnOf('e'))).toMatchObject({
      status: 'RUNNING',
      startDate,
      redriveCount: 1,
    });
    expect(await drive(execution.result)).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        started: '2026-03-02T07:00:00.000Z',
        user: 'alice',
        all: '{"userName":"alice"}',
        id: execution.arn,
        data: 7,
      },
    });
    expect(execution.input).toEqual({ userName: 'alice' });
  });

  test('has the rest of its time limit', async () => {
    const { engine, drive } = setUp({ Unlike: { Type: 'Succeed' } });
    const execution = engine.resume(begun('Wait'), other({ TimeoutSeconds: 3600 + 59 }));
    expect(await drive(execution.result)).toMatchObject({
      status: 'TIMED_OUT',
      stopDate: new Date('2026-03-02T08:00:59Z'),
    });
  });

  test('must be in a state of its definition, and its name must be free', () => {
    const { engine } = setUp({ Unlike: { Type: 'Succeed' } });
    expect(() => engine.resume(begun('Gone'), other())).toThrow(
      'e is in the state "Gone", which its definition does not have',
    );
    engine.start({}, { name: 'taken' });
    expect(() => engine.resume({ ...begun('Step'), name: 'taken' }, other())).toThrow(
      'ExecutionAlreadyExists: taken',
    );
  });
});

test('a listener is called for every entered state, before anything in it takes time', async () => {
  const seen: unknown[] = [];
  const calls: unknown[] = [];
  const { engine, run } = setUp({ Ask: invoke(), ...DONE }, async (event, { clock }) => {
    await clock.sleep(1);
    return calls.push(event);
  });
  engine.onStateEntered = ({ name }, state) => seen.push([name, state, calls.length]);
  await run({ a: 1 });
  expect(seen).toEqual([
    ['e', { name: 'Ask', input: { a: 1 } }, 0],
    ['e', { name: 'Done', input: 1 }, 1],
  ]);
});

describe('a name', () => {
  const wait = { only: { Type: 'Wait', Seconds: 60, End: true } };

  test('is not given twice', async () => {
    const { engine, drive } = setUp(wait);
    await drive(engine.start({}, { name: 'e' }).result);
    expect(() => engine.start({}, { name: 'e' })).toThrow('ExecutionAlreadyExists: e');
  });

  test('is given again when its execution is over, where AWS does so', async () => {
    const { aws, engine, drive } = setUp(wait, undefined, { behaviour: { executionNamesUsedAgain: true } });
    const first = engine.start({}, { name: 'e' });
    expect(() => engine.start({}, { name: 'e' })).toThrow('ExecutionAlreadyExists: e');
    await drive(first.result);
    const second = engine.start({}, { name: 'e' });
    expect([second.arn, second.run]).toEqual([first.arn, `${first.arn}@${second.startDate.toISOString()}`]);
    expect(first.run).toBe(first.arn);
    expect(aws.states.execution(first.arn)).toMatchObject({ status: 'RUNNING', startDate: second.startDate });
    expect([engine.isLatest(first), engine.isLatest(second)]).toEqual([false, true]);
    await drive(second.result);
  });

  test('that is made for an execution is also used again, and numbered beside a running one', async () => {
    const { engine, drive } = setUp(wait, undefined, { behaviour: { executionNamesUsedAgain: true } });
    const input = { userName: 'alice' };
    const [first, beside] = [engine.start(input), engine.start(input)];
    expect(beside.name).toBe(`${first.name}-2`);
    await drive(Promise.all([first.result, beside.result]));
    const next = engine.start(input);
    expect(next.name).toBe(first.name);
    await drive(next.result);
  });

  test('of an execution that another one has taken is not redriven', async () => {
    const { engine, drive } = setUp({ only: { Type: 'Fail', Error: 'No' } }, undefined, {
      behaviour: { executionNamesUsedAgain: true },
    });
    const first = engine.start({}, { name: 'e' });
    await drive(first.result);
    const second = engine.start({}, { name: 'e' });
    await drive(second.result);
    expect(() => engine.redrive(first)).toThrow('another execution has its name');
    const redriven = engine.redrive(second);
    expect([redriven.run, redriven.startDate]).toEqual([second.run, second.startDate]);
    await drive(redriven.result);
  });
});

test('a redriven execution keeps its first start time and its input', async () => {
  let fails = true;
  const { engine, run, drive, clock } = setUp(
    {
      only: invoke({
        Parameters: {
          FunctionName: FUNCTION,
          Payload: { 'start.$': '$$.Execution.StartTime', 'input.$': '$$.Execution.Input' },
        },
      }),
      Done: { Type: 'Succeed' },
    },
    (event) => {
      if (fails) throw named('No');
      return event;
    },
  );
  const { execution } = await run({ userName: 'alice' });
  await clock.advance(60_000);
  fails = false;
  const { output } = await drive(engine.redrive(execution).result);
  expect(output).toEqual({ start: execution.startDate.toISOString(), input: { userName: 'alice' } });
});

describe('StartExecution', () => {
  const client = ({ aws }: World) =>
    new SFNClient({
      region: aws.region,
      credentials: aws.roleCredentials(ROLE),
      requestHandler: aws.requestHandler(),
    });
  const WAIT = { Wait: { Type: 'Wait', Seconds: 60, Next: 'Done' }, Done: { Type: 'Succeed' } };

  test('runs an execution, once for each name and input, which CloudTrail shows once', async () => {
    setUp(WAIT);
    const { aws, clock } = world as World;
    const states = client(world as World);
    const stateMachineArn = `arn:aws:states:${aws.region}:${aws.accountId}:stateMachine:machine`;
    const start = (name: string, input: string) =>
      states.send(new StartExecutionCommand({ stateMachineArn, name, input }));
    await clock.run(async () => {
      const { executionArn } = await start('a', '{"n":1}');
      expect((await start('a', '{"n":1}')).executionArn).toBe(executionArn);
      await expect(start('a', '{"n":2}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
      await expect(start('b', 'no json')).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
      await clock.sleep(61_000);
      expect(await states.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
        status: 'SUCCEEDED',
        output: '{"n":1}',
      });
      await expect(start('a', '{"n":1}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
      const shown = await states.send(new DescribeStateMachineCommand({ stateMachineArn }));
      expect([shown.name, JSON.parse(shown.definition ?? '').StartAt]).toEqual(['machine', 'Wait']);
      await expect(
        states.send(new DescribeStateMachineCommand({ stateMachineArn: `${stateMachineArn}2` })),
      ).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
    });
    // A start that is repeated is a call, too.
    const done = aws.cloudTrail.snapshot().filter(({ responseElements }) => responseElements !== null);
    expect(done.map(({ eventName }) => eventName)).toEqual(['StartExecution', 'StartExecution']);
  });
});
