import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  paginateListExecutions,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { MINUTE } from '../../support/time';
import { outcome, setUp } from '../fixture';

const arn = 'arn:aws:states:us-east-1:111122223333:execution:rotation:one';

test('DescribeExecution shows an execution as it is', async () => {
  const { aws, clock, states } = setUp();
  const startDate = clock.now();
  aws.states.addExecution({ arn, status: 'RUNNING', startDate });
  const describe = () =>
    states.send(new DescribeExecutionCommand({ executionArn: arn, includedData: 'METADATA_ONLY' }));
  const running = await describe();
  expect(running).toMatchObject({
    executionArn: arn,
    stateMachineArn: 'arn:aws:states:us-east-1:111122223333:stateMachine:rotation',
    name: 'one',
    status: 'RUNNING',
    startDate,
    redriveCount: 0,
  });
  expect(running.stopDate).toBeUndefined();
  await clock.advance(MINUTE);
  aws.states.setStatus(arn, 'FAILED', { stopDate: clock.now() });
  expect(await describe()).toMatchObject({ status: 'FAILED', startDate, stopDate: clock.now() });
  aws.states.setStatus(arn, 'RUNNING', { stopDate: undefined, redriveCount: 1 });
  const redriven = await describe();
  expect(redriven).toMatchObject({ status: 'RUNNING', redriveCount: 1 });
  expect(redriven.stopDate).toBeUndefined();
  expect(aws.states.execution(arn)).toMatchObject({ status: 'RUNNING' });
});

test('why an execution failed is described with its data', async () => {
  const { aws, clock, states } = setUp();
  aws.states.addExecution({ arn, status: 'RUNNING', startDate: clock.now(), input: { a: 1 } });
  aws.states.setStatus(arn, 'FAILED', {
    stopDate: clock.now(),
    error: 'KeyNotUsable',
    cause: 'It was refused.',
  });
  const describe = async (includedData?: 'METADATA_ONLY') => {
    const { status, input, error, cause } = await states.send(
      new DescribeExecutionCommand({ executionArn: arn, includedData }),
    );
    return { status, input, error, cause };
  };
  expect(await describe()).toEqual({
    status: 'FAILED',
    input: '{"a":1}',
    error: 'KeyNotUsable',
    cause: 'It was refused.',
  });
  expect(await describe('METADATA_ONLY')).toEqual({ status: 'FAILED' });
});

test('an execution that is gone does not exist', async () => {
  const { aws, clock, states } = setUp();
  aws.states.addExecution({ arn, status: 'SUCCEEDED', startDate: clock.now() });
  aws.states.removeExecution(arn);
  const result = await outcome(states.send(new DescribeExecutionCommand({ executionArn: arn })));
  expect(result).toMatchObject({ name: 'ExecutionDoesNotExist', status: 400 });
  expect(() => aws.states.setStatus(arn, 'FAILED')).toThrow('no execution');
});

test.each(['nonsense', 'arn:aws:states:us-east-1:111122223333:stateMachine:rotation'])(
  'an ARN of something else is InvalidArn',
  async (executionArn) => {
    const { states } = setUp();
    const result = await outcome(states.send(new DescribeExecutionCommand({ executionArn })));
    expect(result).toMatchObject({ name: 'InvalidArn', status: 400 });
  },
);

test('reads lag if so configured, each on its own: a new execution is missing, an ended one still runs', async () => {
  const { aws, clock, states } = setUp({ behaviour: { executionReadLag: MINUTE } });
  const describe = async () => {
    const { name, answer } = await states
      .send(new DescribeExecutionCommand({ executionArn: arn }))
      .then((answer) => ({ name: 'ok', answer }))
      .catch(({ name }: Error) => ({ name, answer: undefined }));
    return answer?.status ?? name;
  };
  const looks = async () => {
    const seen = new Set<string>();
    for (let look = 0; look < 20; look += 1) {
      await clock.advance(1000);
      seen.add(await describe());
    }
    return seen;
  };
  aws.states.addExecution({ arn, status: 'RUNNING', startDate: clock.now() });
  expect(await looks()).toEqual(new Set(['ExecutionDoesNotExist', 'RUNNING']));
  await clock.advance(MINUTE);
  expect(await looks()).toEqual(new Set(['RUNNING']));
  aws.states.setStatus(arn, 'FAILED', { stopDate: clock.now() });
  expect(await looks()).toEqual(new Set(['RUNNING', 'FAILED']));
  await clock.advance(MINUTE);
  expect(await looks()).toEqual(new Set(['FAILED']));
});

test('an ARN whose name is used again is that of the latest execution', async () => {
  const { aws, clock, states } = setUp();
  aws.states.addExecution({ arn, status: 'FAILED', startDate: clock.now(), stopDate: clock.now() });
  await clock.advance(MINUTE);
  aws.states.addExecution({ arn, status: 'RUNNING', startDate: clock.now() });
  const latest = await states.send(new DescribeExecutionCommand({ executionArn: arn }));
  expect(latest).toMatchObject({ status: 'RUNNING', startDate: clock.now() });
  expect(latest.stopDate).toBeUndefined();
});

describe('ListExecutions', () => {
  const machine = 'arn:aws:states:us-east-1:111122223333:stateMachine:rotation';
  const others = 'arn:aws:states:us-east-1:111122223333:execution:other:one';
  const named = (name: string) => arn.replace(/one$/, name);

  test('shows the executions of one state machine, the youngest first, by status', async () => {
    const { aws, clock, states } = setUp();
    for (const name of ['one', 'two', 'three']) {
      aws.states.addExecution({ arn: named(name), status: 'RUNNING', startDate: clock.now() });
      await clock.advance(MINUTE);
    }
    aws.states.addExecution({ arn: others, status: 'RUNNING', startDate: clock.now() });
    aws.states.setStatus(named('two'), 'FAILED', { stopDate: clock.now() });
    const list = async (statusFilter?: 'RUNNING' | 'FAILED' | 'ABORTED') => {
      const { executions } = await states.send(
        new ListExecutionsCommand({ stateMachineArn: machine, statusFilter }),
      );
      return executions?.map(({ name }) => name);
    };
    expect(await list()).toEqual(['three', 'two', 'one']);
    expect(await list('RUNNING')).toEqual(['three', 'one']);
    expect(await list('FAILED')).toEqual(['two']);
    expect(await list('ABORTED')).toEqual([]);
    const { executions } = await states.send(
      new ListExecutionsCommand({ stateMachineArn: machine, statusFilter: 'FAILED' }),
    );
    expect(executions).toEqual([
      {
        executionArn: named('two'),
        stateMachineArn: machine,
        name: 'two',
        status: 'FAILED',
        startDate: new Date(clock.now().getTime() - 2 * MINUTE),
        stopDate: clock.now(),
        redriveCount: 0,
      },
    ]);
  });

  test.each([
    [0, 0],
    [1, 1],
    [100, 1],
    [101, 2],
    [205, 3],
  ])('%i executions are %i pages', async (count, expected) => {
    const { aws, clock, states } = setUp();
    for (let number = 0; number < count; number += 1) {
      aws.states.addExecution({ arn: named(`${number}`), status: 'RUNNING', startDate: clock.now() });
    }
    const found: string[] = [];
    let pages = 0;
    for await (const { executions = [] } of paginateListExecutions(
      { client: states },
      { stateMachineArn: machine },
    )) {
      pages += 1;
      found.push(...executions.map(({ name = '' }) => name));
    }
    expect([new Set(found).size, found.length, pages]).toEqual([count, count, Math.max(expected, 1)]);
  });

  test('an execution that has just begun may not show, and one that has just ended may', async () => {
    const { aws, clock, states } = setUp({ behaviour: { executionReadLag: MINUTE } });
    const looks = async () => {
      const seen = new Set<string>();
      for (let look = 0; look < 20; look += 1) {
        await clock.advance(1000);
        const { executions = [] } = await states.send(
          new ListExecutionsCommand({ stateMachineArn: machine, statusFilter: 'RUNNING' }),
        );
        seen.add(executions.map(({ name }) => name).join());
      }
      return seen;
    };
    aws.states.addExecution({ arn, status: 'RUNNING', startDate: clock.now() });
    expect(await looks()).toEqual(new Set(['', 'one']));
    await clock.advance(MINUTE);
    expect(await looks()).toEqual(new Set(['one']));
  });

  test.each([
    ['an ARN of something else', arn, undefined, 'InvalidArn'],
    ['a token of nobody', machine, 'bm9ib2R5', 'InvalidToken'],
  ])('%s is refused', async (_case, stateMachineArn, nextToken, name) => {
    const { states } = setUp();
    const result = await outcome(states.send(new ListExecutionsCommand({ stateMachineArn, nextToken })));
    expect(result).toMatchObject({ name, status: 400 });
  });
});

test('a start reaches whatever runs the executions, once', async () => {
  const { aws, clock, states } = setUp();
  const started: [name: string, input: unknown][] = [];
  const stateMachineArn = aws.states.addStateMachine({
    name: 'rotation',
    roleArn: 'arn:aws:iam::111122223333:role/rotation',
    definition: '{}',
    start: (name, input) => {
      started.push([name, input]);
      aws.states.addExecution({ arn, status: 'RUNNING', startDate: clock.now(), input });
    },
  });
  const start = (more: object = {}) =>
    states.send(new StartExecutionCommand({ stateMachineArn, name: 'one', input: '{"a": 1}', ...more }));
  const first = await start();
  expect(first).toMatchObject({ executionArn: arn, startDate: clock.now() });
  expect(await start({ input: '{"a":1}' })).toMatchObject({ executionArn: arn, startDate: first.startDate });
  expect(await outcome(start({ input: '{}' }))).toMatchObject({ name: 'ExecutionAlreadyExists' });
  expect(await outcome(start({ input: '{"secret' }))).toMatchObject({
    name: 'InvalidExecutionInput',
    message: expect.not.stringContaining('secret'),
  });
  expect(started).toEqual([['one', { a: 1 }]]);
  aws.states.setStatus(arn, 'SUCCEEDED', { stopDate: clock.now() });
  expect(await outcome(start())).toMatchObject({ name: 'ExecutionAlreadyExists' });
  await start({ name: undefined });
  await start({ name: undefined });
  const names = started.slice(1).map(([name]) => name);
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
});

test('state machines are listed, and described', async () => {
  const { aws, clock, states } = setUp();
  const list = async () => (await states.send(new ListStateMachinesCommand({}))).stateMachines;
  const describe = (stateMachineArn: string) =>
    states.send(new DescribeStateMachineCommand({ stateMachineArn }));
  expect(await list()).toEqual([]);
  const roleArn = 'arn:aws:iam::111122223333:role/rotation';
  const one = aws.states.addStateMachine({ name: 'one', roleArn, definition: '{"StartAt":"A"}' });
  const two = aws.states.addStateMachine({ name: 'two', roleArn, definition: '{}' });
  const creationDate = clock.now();
  expect(await list()).toEqual([
    { stateMachineArn: one, name: 'one', type: 'STANDARD', creationDate },
    { stateMachineArn: two, name: 'two', type: 'STANDARD', creationDate },
  ]);
  expect(await describe(one)).toMatchObject({
    ...{ name: 'one', status: 'ACTIVE', type: 'STANDARD', creationDate },
    ...{ roleArn, definition: '{"StartAt":"A"}' },
  });
  expect(await outcome(describe(`${one}s`))).toMatchObject({ name: 'StateMachineDoesNotExist' });
});
