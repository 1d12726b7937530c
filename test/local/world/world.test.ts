import { play } from '../../../local/story/rotation-run';
import type { RotationWorld } from '../../../local/world/base-world';
import { Consumer } from '../../../local/world/consumer';
import { createWorld, type InProcessWorldOptions } from '../../../local/world/world';
import { SHORT_PERIODS } from '../../support/alice';
import { findSecrets } from '../support/canary';

let world: RotationWorld | undefined;

afterEach(() => {
  world?.close();
  world = undefined;
});

/** Short waits: what is tested here does not depend on them. */
const ALICE = { ...SHORT_PERIODS, userName: 'alice' };

const setUp = (options: InProcessWorldOptions = {}): RotationWorld => {
  world = createWorld({ users: [{ config: ALICE }], ...options });
  return world;
};

const rotateAlice = async (created: RotationWorld) => {
  const [user] = created.users;
  if (user === undefined) throw new Error('No user is enrolled');
  const connection = { requestHandler: created.aws.requestHandler() };
  return created.run(play(created, { user, connection }));
};

const statusOf = async (created: RotationWorld, input: unknown): Promise<string> => {
  const { status, error } = await created.run(created.startExecution(input).result);
  return error === undefined ? status : `${status} ${error}`;
};

test('a rotation from first step to last, with a consumer that never fails', async () => {
  const created = setUp();
  const {
    document,
    consumers: [consumer],
    executions: [execution],
  } = await rotateAlice(created);
  expect(document).toMatchObject({ status: 'SUCCEEDED', consumer: { failures: 0 } });
  expect(document.consumer.calls).toBeGreaterThan(100);
  expect(document.keysBefore).toMatchObject([
    { accessKeyId: document.previousAccessKeyId, status: 'Active' },
  ]);
  expect(document.keysAfter).toMatchObject([{ accessKeyId: document.newAccessKeyId, status: 'Active' }]);
  expect(document.secret.stages).toEqual({
    AWSCURRENT: document.newAccessKeyId,
    AWSPREVIOUS: document.previousAccessKeyId,
  });
  expect(document.apiCalls).toMatchObject({
    'iam:CreateAccessKey': 1,
    'iam:UpdateAccessKey': 1,
    'iam:DeleteAccessKey': 1,
  });
  // Five successes in a row, and those that came too early; the consumer's thousands are not among them.
  expect(document.apiCalls['sts:GetCallerIdentity']).toBeLessThan(20);
  expect(consumer?.waits).toBe(0);
  expect(document.stateTransitions).toBe(execution?.stateTransitions);
});

test('the same seed tells the same story, and another seed has other keys', async () => {
  const documents: string[] = [];
  for (const seed of [3, 3, 4]) {
    const { document } = await rotateAlice(setUp({ seed }));
    documents.push(JSON.stringify(document));
    world?.close();
  }
  expect(documents[0]).toBe(documents[1]);
  expect(documents[0]).not.toBe(documents[2]);
});

test('the bytes of a key are in the secret and nowhere else', async () => {
  const created = setUp();
  const { document, executions } = await rotateAlice(created);
  const { known, leaks } = findSecrets(created, {
    document,
    executions: executions.map(({ history, input }) => [history, input]),
  });
  expect(known).toBeGreaterThanOrEqual(2);
  expect(leaks).toEqual([]);
  expect(created.logs.length).toBeGreaterThan(5);
});

test.each([
  ['published', 'SUCCEEDED', 1],
  ['not-in-secret', 'SUCCEEDED', 1],
  ['none', 'SUCCEEDED', 1],
] as const)('a user who starts with a key that is %s', async (key, status, keysAfter) => {
  const created = setUp({ users: [{ config: ALICE, key }] });
  const { aws, users } = created;
  const consumer = new Consumer({
    aws,
    secretId: users[0]?.secretId ?? '',
    connection: { requestHandler: aws.requestHandler() },
  });
  await created.run(async () => {
    const working = consumer.work();
    const execution = created.startExecution({ userName: 'alice' });
    expect(await execution.result).toMatchObject({ status });
    await aws.clock.sleep(2 * 60 * 60 * 1000);
    consumer.stop();
    await working;
  });
  expect(aws.iam.keysOf('alice')).toHaveLength(keysAfter);
  // It waits for the first key, and then it works.
  expect(consumer.failures).toEqual([]);
  expect(consumer.waits > 0).toBe(key !== 'published');
  expect(consumer.calls).toBeGreaterThan(0);
});

test('several users are rotated at once', async () => {
  const names = ['alice', 'bob', 'svc+a=b,c.d@e-f'];
  const created = setUp({ users: names.map((userName) => ({ config: { ...ALICE, userName } })) });
  const executions = names.map((userName) => created.startExecution({ userName }));
  const results = await created.run(Promise.all(executions.map(({ result }) => result)));
  expect(results.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
});

test('a second start of the same user is refused while the first runs', async () => {
  const created = setUp();
  const first = created.startExecution({ userName: 'alice' });
  await created.clock.advance(60_000);
  expect(await statusOf(created, { userName: 'alice' })).toBe('FAILED RotationInProgress');
  expect(first.status).toBe('RUNNING');
  await expect(created.run(first.result)).resolves.toMatchObject({ status: 'SUCCEEDED' });
});

test('a user that IAM does not have fails by name, and a person is told', async () => {
  const created = setUp();
  created.aws.iam.removeUser('alice');
  expect(await statusOf(created, { userName: 'alice' })).toBe('FAILED UserNotFound');
  expect(created.aws.sns.messages).toMatchObject([
    { topicArn: created.notificationTopicArn, attributes: { event: 'UserNotFound' } },
  ]);
});

test('a rotation that was stopped is continued by the next execution', async () => {
  const created = setUp();
  const stopped = created.startExecution({ userName: 'alice' });
  await created.clock.advance(60_000);
  stopped.stop();
  await created.run(stopped.result);
  await created.clock.advance(10 * 60_000);
  expect(await statusOf(created, { userName: 'alice' })).toBe('SUCCEEDED');
  expect(created.aws.iam.keysOf('alice')).toHaveLength(1);
});

test('crashes, time-outs, throttles and lost answers at every function are overcome', async () => {
  const faults = [
    { kind: 'kill', afterRequests: 2 },
    { kind: 'time-out' },
    { kind: 'refuse' },
    { kind: 'kill' },
    { kind: 'lose-answer' },
  ] as const;
  let invocations = 0;
  const created = setUp({
    interceptInvocation: ({ occurrence }) => {
      if (occurrence > 1) return undefined;
      invocations += 1;
      return faults[invocations % faults.length];
    },
  });
  const { document } = await rotateAlice(created);
  expect(document).toMatchObject({ status: 'SUCCEEDED', consumer: { failures: 0 } });
  expect(document.keysAfter).toHaveLength(1);
  expect(invocations).toBeGreaterThanOrEqual(7);
});

test('a consumer counts what is refused', async () => {
  const created = setUp();
  const { aws, users } = created;
  const consumer = new Consumer({
    aws,
    secretId: users[0]?.secretId ?? '',
    connection: { requestHandler: aws.requestHandler() },
  });
  const [key] = aws.iam.keysOf('alice');
  await created.run(async () => {
    const working = consumer.work();
    await aws.clock.sleep(30 * 60_000);
    aws.iam.setStatus(key?.accessKeyId ?? '', 'Inactive');
    await aws.clock.sleep(30 * 60_000);
    consumer.stop();
    await working;
  });
  expect(consumer.calls).toBe(12);
  expect(consumer.failures).toHaveLength(5);
  expect(consumer.failures[0]).toMatchObject({
    accessKeyId: key?.accessKeyId,
    error: 'InvalidClientTokenId',
  });
});
