import { DescribeExecutionCommand, ListExecutionsCommand } from '@aws-sdk/client-sfn';
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

test('ListExecutions shows those of one state machine, by status, the latest first, in pages', async () => {
  const { aws, clock, states } = setUp();
  const stateMachineArn = 'arn:aws:states:us-east-1:111122223333:stateMachine:rotation';
  for (const name of ['one', 'two', 'three']) {
    const executionArn = `arn:aws:states:us-east-1:111122223333:execution:rotation:${name}`;
    aws.states.addExecution({ arn: executionArn, status: 'RUNNING', startDate: clock.now() });
    await clock.advance(MINUTE);
  }
  const other = 'arn:aws:states:us-east-1:111122223333:execution:rotation-emergency:one';
  aws.states.addExecution({ arn: other, status: 'RUNNING', startDate: clock.now() });
  aws.states.setStatus('arn:aws:states:us-east-1:111122223333:execution:rotation:two', 'FAILED', {
    stopDate: clock.now(),
  });
  const list = async (input: object) => {
    const { executions = [], nextToken } = await states.send(
      new ListExecutionsCommand({ stateMachineArn, ...input }),
    );
    return { names: executions.map(({ name }) => name), nextToken };
  };
  expect((await list({})).names).toEqual(['three', 'two', 'one']);
  expect((await list({ statusFilter: 'FAILED' })).names).toEqual(['two']);
  const first = await list({ statusFilter: 'RUNNING', maxResults: 1 });
  expect(first.names).toEqual(['three']);
  const second = await list({ statusFilter: 'RUNNING', maxResults: 1, nextToken: first.nextToken });
  expect(second).toEqual({ names: ['one'], nextToken: undefined });
});
