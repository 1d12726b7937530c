import { earlierThan, isScheduledStart, stateMachineOf } from '../../../lambdas/plan-rotation/notice';
import { SCHEDULED } from '../../support/alice';
import { DAY, HOUR } from '../../support/time';
import { failureOf, Stage } from '../support/stage';

/*
 * Who has given notice already: which executions are asked, and what their answers are worth.
 */

const ARN = 'arn:aws:states:us-east-1:111122223333:execution:rotation:';
const SELF = `${ARN}self`;

let stage: Stage | undefined;
afterEach(() => {
  stage?.close();
  stage = undefined;
});

/** A world in which alice's key is due, and these executions are running, each begun an hour before the next. */
const begin = async (others: Readonly<Record<string, unknown>> = {}, enrolled = {}): Promise<Stage> => {
  const begun = new Stage({ enrolled: { noticeBefore: 'P2D', ...enrolled } });
  stage = begun;
  for (const [name, input] of Object.entries(others)) {
    begun.aws.states.addExecution({
      arn: ARN + name,
      status: 'RUNNING',
      startDate: begun.clock.now(),
      input,
    });
    await begun.wait(HOUR);
  }
  return begun;
};
const plan = async (world: Stage, input: Readonly<Record<string, unknown>> = SCHEDULED) =>
  world.execution('self').plan(input);

describe('the other executions', () => {
  const NOTICE = { status: 'notice' };
  const silentFor = (name: string) => ({
    status: 'nothing-to-do',
    outcome: expect.stringContaining(ARN + name),
  });

  test.each<[string, Readonly<Record<string, unknown>>, object]>([
    ['none', {}, NOTICE],
    ['one that the schedule has started', { one: SCHEDULED }, silentFor('one')],
    [
      'one that has given notice, as it was started',
      { one: { ...SCHEDULED, comment: 'daily' } },
      silentFor('one'),
    ],
    ['two of them', { one: SCHEDULED, two: SCHEDULED }, silentFor('two')],
    ['one of another user', { one: { ...SCHEDULED, userName: 'bob' } }, NOTICE],
    ['one that a person has started', { one: { userName: 'alice' } }, NOTICE],
    [
      'many, and hers is the first',
      { one: SCHEDULED, two: { userName: 'bob' }, three: { userName: 'bob' } },
      silentFor('one'),
    ],
    ['one that was started with something else', { one: 'alice' }, NOTICE],
    ['one that was started with nothing', { one: null }, NOTICE],
  ])('%s', async (_case, others, expected) => {
    expect(await plan(await begin(others))).toMatchObject(expected);
  });

  test('one that is over has said all that it had to say', async () => {
    const world = await begin({ one: SCHEDULED });
    world.aws.states.setStatus(`${ARN}one`, 'SUCCEEDED', { stopDate: world.clock.now() });
    expect(await plan(world)).toMatchObject(NOTICE);
  });

  test('one beyond the first page of the list', async () => {
    const bobs = Array.from(
      { length: 250 },
      (_none, index) => [`bob-${index}`, { userName: 'bob' }] as const,
    );
    const world = await begin({ one: SCHEDULED });
    for (const [name, input] of bobs) {
      world.aws.states.addExecution({
        arn: ARN + name,
        status: 'RUNNING',
        startDate: world.clock.now(),
        input,
      });
    }
    await world.wait(HOUR);
    expect(await plan(world)).toMatchObject(silentFor('one'));
  });

  test('are asked only where notice would be given', async () => {
    for (const [input, enrolled] of [
      [SCHEDULED, { rotateAfter: 'P90D' }],
      [SCHEDULED, { noticeBefore: 'PT0S' }],
      [{ userName: 'alice' }, {}],
      [{ userName: 'alice', action: 'plan' }, {}],
      [{ ...SCHEDULED, noticeUntil: '2026-03-02T08:00:00.000Z' }, {}],
    ] as const) {
      const world = await begin({}, enrolled);
      await plan(world, input);
      expect(world.aws.calls.map(({ operation }) => operation)).not.toContain('ListExecutions');
      world.close();
      stage = undefined;
    }
  });
});

describe('what is not shown is not absent', () => {
  test.each(['ListExecutions', 'DescribeExecution'])('%s is throttled', async (operation) => {
    const world = await begin({ one: { userName: 'bob' } });
    const execution = world.execution('self');
    let calls = 0;
    world.aws.faults.inject({
      kind: 'error',
      code: 'ThrottlingException',
      status: 400,
      times: Number.POSITIVE_INFINITY,
      // The execution itself is described first.
      match: (call) => call.operation === operation && (operation === 'ListExecutions' || ++calls > 1),
    });
    const failure = await failureOf(execution.plan(SCHEDULED));
    expect(failure).toMatchObject({ name: 'TransientServiceError' });
    expect(failure?.message).toContain('asking Step Functions which rotations are running');
  });

  test('one that is listed, and does not exist', async () => {
    const world = await begin({ one: SCHEDULED });
    world.aws.faults.inject({
      kind: 'act',
      when: 'after',
      match: ({ operation }) => operation === 'ListExecutions',
      act: () => world.aws.states.removeExecution(`${ARN}one`),
    });
    const failure = await failureOf(world.execution('self').plan(SCHEDULED));
    expect(failure).toMatchObject({ name: 'TransientServiceError' });
    expect(failure?.message).toContain(`does not show the execution ${ARN}one`);
  });
});

test('two that have not seen each other wait both: one rotates, and the other stays silent', async () => {
  const world = await begin();
  const first = world.execution('first');
  const second = world.execution('second');
  for (const [one, other] of [
    [first, second],
    [second, first],
  ] as const) {
    world.aws.states.setStatus(other.arn, 'SUCCEEDED', { stopDate: world.clock.now() });
    expect(await one.plan(SCHEDULED)).toMatchObject({ status: 'notice' });
    world.aws.states.setStatus(other.arn, 'RUNNING', { stopDate: undefined });
  }
  await world.waitDays(2);
  const inputs = [first, second].map(({ state }) => state.input as Readonly<Record<string, unknown>>);
  expect(await first.plan(inputs[0])).toMatchObject({ status: 'due' });
  expect(await second.plan(inputs[1])).toMatchObject({ status: 'due' });
  expect(await first.step('create-access-key')).toMatchObject({ status: 'created' });
  expect(await second.step('create-access-key')).toMatchObject({ status: 'nothing-to-do' });
});

test('what was started as it was goes on as it was, and with the time that it has waited for', async () => {
  const world = await begin();
  const input = { ...SCHEDULED, comment: 'daily' };
  const { waitUntil, input: next } = await world.execution('self').plan(input);
  expect(waitUntil).toBe(new Date(world.clock.now().getTime() + 2 * DAY).toISOString());
  expect(next).toEqual({ ...input, action: 'rotate', noticeUntil: waitUntil });
});

test('a definition of an earlier release knows no notice: its rotation begins when it is due', async () => {
  for (const [rotateAfter, status] of [
    ['P80D', 'due'],
    ['P81D', 'nothing-to-do'],
  ]) {
    const world = await begin({}, { rotateAfter });
    world.understands = ['denials', 'declared-emergency'];
    expect(await plan(world)).toMatchObject({ status });
    world.close();
    stage = undefined;
  }
});

describe('who began earlier', () => {
  const self = { id: SELF, redriveCount: 0, startTime: '2026-03-02T08:00:00.500Z' };
  test.each<[string, string, string, boolean]>([
    ['a second before', 'zzz', '2026-03-02T07:59:59.999Z', true],
    ['a second later', 'aaa', '2026-03-02T08:00:01.000Z', false],
    ['in the same second, with a smaller ARN', 'aaa', '2026-03-02T08:00:00.900Z', true],
    ['in the same second, with a larger ARN', 'zzz', '2026-03-02T08:00:00.000Z', false],
    ['the execution itself', 'self', '2026-03-02T08:00:00.000Z', false],
  ])('%s', (_case, name, startDate, isEarlier) => {
    const listed = [{ executionArn: ARN + name, startDate: new Date(startDate) }];
    expect(earlierThan(self, listed)).toEqual(isEarlier ? listed : []);
  });

  test('of two, each sees it the same way, whatever milliseconds an answer has lost', () => {
    const times = ['2026-03-02T08:00:00.000Z', '2026-03-02T08:00:00.999Z', '2026-03-02T08:00:01.000Z'];
    const rounded = (time: string) => new Date(Math.floor(Date.parse(time) / 1000) * 1000);
    for (const one of times) {
      for (const other of times) {
        const sees = (id: string, startTime: string, executionArn: string, startDate: Date) =>
          earlierThan({ id, startTime, redriveCount: 0 }, [{ executionArn, startDate }]).length;
        expect(sees('a', one, 'b', rounded(other)) + sees('b', other, 'a', rounded(one))).toBe(1);
      }
    }
  });
});

test('the state machine of an execution', () => {
  expect(stateMachineOf(SELF)).toBe('arn:aws:states:us-east-1:111122223333:stateMachine:rotation');
});

test.each<[unknown, boolean]>([
  [SCHEDULED, true],
  [{ ...SCHEDULED, noticeUntil: 'any' }, true],
  [{ userName: 'alice', trigger: 'manual' }, false],
  [{ userName: 'alice' }, false],
  [{ trigger: 'schedule' }, false],
  [{ userName: 'Alice', trigger: 'schedule' }, false],
  [[], false],
  [undefined, false],
])('%j is a start by schedule: %s', (input, expected) => {
  const startDate = new Date(0);
  expect(isScheduledStart({ running: true, startDate, input }, 'alice')).toBe(expected);
  expect(isScheduledStart({ running: false, startDate, input }, 'alice')).toBe(false);
});
