import { createHandler } from '../../lambdas/answer-exposed-key/handler';
import { enrolmentFileOf } from '../../lambdas/shared/contract/enrolment';
import { enrolmentIn } from '../../lambdas/shared/contract/enrolment-file';
import { RUNBOOK } from '../../lambdas/shared/text/anchor';
import type { RunningInvocation } from '../../local/engine/lambda-service';
import { createLatency } from '../../simulation/play/latency';
import { type AliceOptions, type AliceWorld, SHORT_PERIODS, worldOfAlice } from '../support/alice';
import { HOUR, MINUTE } from '../support/time';

/*
 * From AWS's event that a key is exposed to the end of the key, in virtual time: each request takes as long as in the fault simulation. What
 * EventBridge and Lambda take to hand an event on is not modelled.
 */

const SECOND = 1_000;
const TOLD_WITHIN = 10 * SECOND;
const CONTAINED_WITHIN = MINUTE;

let world: AliceWorld;
afterEach(() => world.close());

/** A world with alice, and the function that answers AWS's events in it. */
const open = (settings: Readonly<Record<string, unknown>>, options: AliceOptions = {}) => {
  world = worldOfAlice(
    { ...SHORT_PERIODS, force: true, ...settings },
    { ...options, requestLatency: (invocation) => latency(invocation, 0) },
  );
  const { aws, clock } = world;
  const latency = createLatency(() => clock.now());
  const inner = aws.requestHandler();
  const answering: Promise<void>[] = [];
  const answer = (event: { readonly id: string }): Promise<void> => {
    const invocation = { executionArn: event.id } as RunningInvocation;
    return createHandler({
      enrolment: enrolmentIn(() => enrolmentFileOf(world.users)),
      environment: {
        STATE_MACHINE_ARN: world.stateMachine.arn,
        NOTIFICATION_TOPIC_ARN: world.notificationTopicArn,
        RUNBOOK_URL: RUNBOOK,
      },
      clientConfig: {
        region: aws.region,
        credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/answer-exposed-key`),
        requestHandler: {
          handle: async (...request: Parameters<typeof inner.handle>) => {
            await clock.sleep(latency(invocation, 0));
            return inner.handle(...request);
          },
          metadata: { handlerProtocol: 'http/1.1' },
          updateHttpClientConfig: () => {},
          httpHandlerConfigs: () => ({}),
          destroy: () => {},
        },
      },
    })(event);
  };
  for (const region of ['us-east-1', 'us-west-2']) {
    aws.eventBridge.addRule({
      region,
      pattern: { source: ['aws.health'] },
      target: (event) => answering.push(answer(event)),
    });
  }
  return {
    aws,
    /** AWS says that keys are exposed. When it has, and all of it is answered. */
    expose: async (...accessKeyIds: readonly string[]): Promise<{ readonly at: number }> => {
      const at = clock.now().getTime();
      await world.run(async () => {
        aws.health.expose(accessKeyIds);
        await Promise.all(answering);
      });
      return { at };
    },
  };
};

/** How long after a moment people were told of something, in milliseconds. */
const toldAfter = (at: number, event: string): readonly number[] =>
  world.aws.sns.messages
    .filter(({ attributes }) => attributes.event === event)
    .map((message) => message.at.getTime() - at);

/** How long after a moment the first key was set Inactive. */
const inactiveAfter = (at: number): number => {
  const [call] = world.callsOf('UpdateAccessKey');
  return (call?.at.getTime() ?? Number.POSITIVE_INFINITY) - at;
};

test('"tell": people are told within 10 seconds, and nothing is changed', async () => {
  const { expose } = open({ onExposedKey: 'tell' });
  const key = world.current();
  const { at } = await expose(key);
  const [first = Number.POSITIVE_INFINITY, ...others] = toldAfter(at, 'KeyExposed');
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThanOrEqual(TOLD_WITHIN);
  // The backup Region's event tells once more: nobody keeps what was told.
  expect(others).toHaveLength(1);
  expect(world.keys()).toEqual({ [key]: 'Active' });
  expect(world.callsOf('StartExecution')).toEqual([]);
});

test('"emergency": the key is Inactive within a minute, people are told, and nobody has done anything', async () => {
  const { aws, expose } = open({ onExposedKey: 'emergency' });
  const key = world.current();
  const rotation = world.nextDeclared();
  const { at } = await expose(key);
  const { status } = await world.run(async () => (await rotation).result);
  expect(status).toBe('SUCCEEDED');
  expect(inactiveAfter(at)).toBeLessThanOrEqual(CONTAINED_WITHIN);
  const [told = Number.POSITIVE_INFINITY, ...others] = toldAfter(at, 'LeakedKeyInactive');
  expect(told).toBeLessThanOrEqual(CONTAINED_WITHIN);
  expect(others).toEqual([]);
  expect(toldAfter(at, 'KeyExposed')).toEqual([]);
  // One rotation, though the event has come from both Regions.
  expect(world.callsOf('StartExecution').map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
  expect(world.callsOf('CreateAccessKey')).toHaveLength(1);
  expect(world.keys()).toEqual({ [world.current()]: 'Active' });
  expect(world.current()).not.toBe(key);
  // The plan has taken over since when others may have the key.
  const { input } = (await rotation) as { readonly input: unknown };
  expect(input).toMatchObject({
    userName: 'alice',
    accessKeyId: key,
    reason: expect.stringMatching(/^AWS says that it is exposed: arn:aws:health:global::event\//),
    leakedSince: new Date(at).toISOString().replace(/\.\d+/, '.000'),
  });
  // What it did is told twice, and that is not urgent: it did nothing.
  expect(aws.sns.messages.map(({ attributes }) => attributes.urgent)).toEqual(['yes', 'no', 'no']);
});

test('a second event of the same key is another emergency, and finds the key retired', async () => {
  const { expose } = open({ onExposedKey: 'emergency' });
  const key = world.current();
  const first = world.nextDeclared();
  await expose(key);
  const second = world.nextDeclared();
  await expose(key);
  const results = await world.run(async () => Promise.all([(await first).result, (await second).result]));
  expect(results.map(({ status, error }) => error ?? status)).toContain('SUCCEEDED');
  expect(Object.keys(world.keys())).not.toContain(key);
  expect(world.statuses()).toEqual(['Active']);
});

describe('a key that the secret does not name', () => {
  const withForeign = (settings: object) => {
    const opened = open({ onExposedKey: 'emergency', ...settings });
    const { accessKeyId } = opened.aws.iam.addAccessKey('alice');
    return { ...opened, foreign: accessKeyId };
  };

  test('is refused, and the message has the command', async () => {
    const { expose, foreign } = withForeign({});
    const rotation = world.nextDeclared();
    const { at } = await expose(foreign);
    const { error } = await world.run(async () => (await rotation).result);
    expect(error).toBe('AccessKeyConflict');
    expect(world.statuses()).toEqual(['Active', 'Active']);
    const [told = Number.POSITIVE_INFINITY] = toldAfter(at, 'AccessKeyConflict');
    expect(told).toBeLessThanOrEqual(CONTAINED_WITHIN);
    expect(world.aws.sns.messages.at(-1)?.message).toContain(
      `aws iam update-access-key --user-name alice --access-key-id ${foreign} --status Inactive`,
    );
  });

  test('with containForeignKeys it is Inactive within a minute, kept for the recovery period, and deleted', async () => {
    const { expose, foreign } = withForeign({ containForeignKeys: true });
    const current = world.current();
    const rotation = world.nextDeclared();
    const { at } = await expose(foreign);
    await world.run(async () => {
      await rotation;
      await world.clock.sleep(HOUR);
    });
    expect(inactiveAfter(at)).toBeLessThanOrEqual(CONTAINED_WITHIN);
    expect(world.keys()).toEqual({ [current]: 'Active', [foreign]: 'Inactive' });
    const { status } = await world.run(async () => (await rotation).result);
    expect(status).toBe('SUCCEEDED');
    // The key in the secret is what it was, and so is the secret.
    expect(world.keys()).toEqual({ [current]: 'Active' });
    expect(world.current()).toBe(current);
    expect(world.callsOf('CreateAccessKey')).toEqual([]);
    expect(world.labels()).not.toContain('AWSPENDING');
  });

  test('with containForeignKeys in the middle of a rotation: that goes on afterwards', async () => {
    const { expose, aws } = open({ onExposedKey: 'emergency', containForeignKeys: true });
    world.consume();
    const current = world.current();
    const first = await world.run(() => world.start({ userName: 'alice' }));
    first.stop('ByHand');
    await world.run(world.clock.sleep(10 * MINUTE));
    const { accessKeyId: foreign } = aws.iam.addAccessKey('alice');
    const rotation = world.nextDeclared();
    await expose(foreign);
    await world.run(async () => (await rotation).result);
    expect(world.keys()).toEqual({ [current]: 'Active' });
    const { status } = await world.execute();
    expect(status).toBe('SUCCEEDED');
    expect(world.statuses()).toEqual(['Active']);
    expect(world.current()).not.toBe(current);
  });
});
