import { type AliceWorld, addValidator, worldOfAlice } from '../support/alice';
import { DAY } from '../support/time';

/*
 * Rotations of a user whose owner has a validator, with validators of all kinds.
 */

const VALIDATOR = 'arn:aws:lambda:us-east-1:111122223333:function:validator';

interface Question {
  readonly userName: string;
  readonly accessKeyId: string;
  readonly oldAccessKeyId: string;
  readonly phase: 'adoption' | 'health';
}

let world: AliceWorld;
let asked: { readonly at: Date; readonly question: Question }[];
afterEach(() => world.close());

const YES = { healthy: true, reason: 'all 3 pods' };
const NO = { healthy: false, reason: '403 from S3' };

const begin = (
  answer: (question: Question, count: number) => unknown,
  config: Readonly<Record<string, unknown>> = {},
): void => {
  world = worldOfAlice({ validator: VALIDATOR, ...config });
  asked = [];
  addValidator(world, VALIDATOR, (question) => {
    asked.push({ at: world.clock.now(), question: question as Question });
    return answer(question as Question, asked.length);
  });
  world.consume();
};

const phases = () => asked.map(({ question }) => question.phase);
const inPhase =
  (phase: Question['phase'], answer: () => unknown) =>
  (question: Question): unknown =>
    question.phase === phase ? answer() : YES;
const fails = (): never => {
  throw new Error('no route to host');
};
const hangs = () => new Promise(() => {});

test('a validator that does not exist is noticed before a key is created', async () => {
  begin(() => YES, { validator: `${VALIDATOR}-gone` });
  expect(await world.execute()).toMatchObject({
    error: 'EnrolmentConflict',
    cause: expect.stringContaining(`does not exist in this account and Region: ${VALIDATOR}-gone.`),
  });
  expect(world.statuses()).toEqual(['Active']);
  expect(world.callsOf('CreateAccessKey')).toEqual([]);
  expect(asked).toEqual([]);
});

test('a validator that says yes is asked before the deactivation and at each health check', async () => {
  begin(() => YES);
  const old = world.current();
  const { status, execution } = await world.execute();
  expect(status).toBe('SUCCEEDED');
  for (const { question } of asked) {
    expect(question).toEqual({
      userName: 'alice',
      accessKeyId: world.current(),
      oldAccessKeyId: old,
      phase: expect.any(String),
    });
  }
  expect(phases()[0]).toBe('adoption');
  expect(phases().filter((phase) => phase === 'health').length).toBe(
    execution.timeline.filter(
      ({ state, outcome }) =>
        state === 'Check that consumers are well' && !/validator is asked/.test(outcome),
    ).length,
  );
  // Each answer is judged once and kept nowhere.
  expect(execution.history.at(-1)).not.toHaveProperty('output.verdict');
});

test('nobody else is asked, and nobody pays for it', async () => {
  begin(() => YES, { validator: undefined });
  const { states } = await world.execute();
  expect(asked).toEqual([]);
  expect(states.filter((state) => state.startsWith('Ask'))).toEqual([]);
});

describe('in the phase of adoption', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['no', () => NO, /validator says that programs are not well: 403 from S3/i],
    ['an error', fails, /no verdict: it could not be asked \(Error: no route to host\)/],
    ['no answer in time', hangs, /no verdict: it could not be asked \(States\.Timeout/],
    ['something else', () => ({ status: 'ok' }), /no verdict: its answer is not/],
    ['nothing', () => null, /no verdict: its answer is not .* but null/],
  ])('%s is in the way, until the deadline', async (_what, answer, reason) => {
    begin(inPhase('adoption', answer));
    expect(await world.execute()).toMatchObject({
      error: 'AdoptionTimedOut',
      cause: expect.stringMatching(reason),
    });
    expect(world.statuses()).toEqual(['Active', 'Active']);
  });

  test('an owner who wants to go on does not overrule the own validator', async () => {
    begin(
      inPhase('adoption', () => NO),
      { onAdoptionDeadline: 'go-on' },
    );
    expect(await world.execute()).toMatchObject({ error: 'AdoptionTimedOut' });
    expect(world.statuses()).toEqual(['Active', 'Active']);
  });

  test('a validator that changes its mind is believed', async () => {
    begin((_question, count) => (count < 3 ? NO : YES));
    expect(await world.execute()).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('a validator that is deleted meanwhile is no yes', async () => {
    begin(() => YES);
    world.clock.setTimeout(() => world.lambda.remove(VALIDATOR), DAY);
    expect(await world.execute()).toMatchObject({
      error: 'AdoptionTimedOut',
      cause: expect.stringContaining('Lambda.ResourceNotFoundException'),
    });
  });
});

describe('in the phase of health', () => {
  test('no rolls back, with the reason', async () => {
    begin(inPhase('health', () => NO));
    expect(await world.execute()).toMatchObject({
      error: 'ConsumersUnhealthy',
      cause: expect.stringMatching(
        /rolled back, because the validator says that programs are not well: 403 from S3/,
      ),
    });
    expect(world.statuses()).toEqual(['Active', 'Active']);
    const at = (type: string) =>
      Date.parse(world.aws.eventBridge.events.find((event) => event['detail-type'] === type)?.time ?? '');
    expect(at('Access Key Rolled Back') - at('Access Key Deactivated')).toBeLessThanOrEqual(16 * 60_000);
  });

  test.each<[string, () => unknown]>([
    ['an error', fails],
    ['no answer in time', hangs],
    ['something else', () => 'yes'],
  ])('%s deletes nothing: it is asked for two more days, then a person is told', async (_what, answer) => {
    begin(inPhase('health', answer));
    const { execution, error, cause, stopDate } = await world.execute();
    expect(error).toBe('ConsumersUnhealthy');
    expect(cause).toMatch(/not known whether programs.*validator gave no verdict.*was not deleted/s);
    expect(world.statuses()).toEqual(['Inactive', 'Active']);
    const deactivated = execution.timeline.find(({ state }) => state === 'Deactivate the old key')?.at;
    const days = (stopDate.getTime() - (deactivated?.getTime() ?? 0)) / DAY;
    expect(days).toBeGreaterThanOrEqual(16);
    expect(days).toBeLessThan(16.1);
  });

  test('an answer that gets lost at the very end costs a check, not the rotation', async () => {
    let lost = false;
    begin((question) => {
      const deactivated = world.aws.eventBridge.events.find(
        (event) => event['detail-type'] === 'Access Key Deactivated',
      );
      const since = world.clock.now().getTime() - Date.parse(deactivated?.time ?? '');
      if (question.phase === 'health' && since > 13.99 * DAY && !lost) {
        lost = true;
        return fails();
      }
      return YES;
    });
    expect(await world.execute()).toMatchObject({ status: 'SUCCEEDED' });
    expect(lost).toBe(true);
    expect(world.statuses()).toEqual(['Active']);
  });
});

test('a long reason is cut before it gets into messages', async () => {
  begin(inPhase('health', () => ({ healthy: false, reason: 'x'.repeat(5000) })));
  const { cause } = await world.execute();
  expect(cause?.match(/x+…/)?.[0]).toHaveLength(300);
});
