import { CreateAccessKeyCommand, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { FaultInjection } from '../../../embedded-aws/calls/faults';
import { HOUR, MINUTE, SECOND } from '../../support/time';
import { type Credentials, outcome, ROLE, setUp } from '../fixture';

afterEach(() => {
  jest.restoreAllMocks();
});

const withAlice = () => {
  const world = setUp();
  world.aws.iam.addUser({ userName: 'alice' });
  world.aws.secretsManager.createSecret('db', { secretString: 'one' });
  const create = (clients: Pick<typeof world, 'iam'> = world) =>
    outcome(clients.iam.send(new CreateAccessKeyCommand({ UserName: 'alice' })));
  const put = () =>
    outcome(world.secrets.send(new PutSecretValueCommand({ SecretId: 'db', SecretString: 'two' })));
  const keys = () => world.aws.iam.keysOf('alice').length;
  const ends = () => world.aws.calls.map(({ outcome, answered, fault }) => [outcome, answered, fault]);
  return { ...world, create, put, keys, ends };
};

const RESET = { name: 'TimeoutError', code: 'ECONNRESET', status: undefined };

describe.each<[string, FaultInjection, object, number, unknown[]]>([
  ['before', { kind: 'before' }, RESET, 0, ['ConnectionLost', false, 'before']],
  [
    'before, as a 500',
    { kind: 'before', as: 'http-500' },
    { name: 'InternalFailure', status: 500 },
    0,
    ['InternalFailure', true, 'before'],
  ],
  ['after', { kind: 'after' }, RESET, 1, ['ok', false, 'after']],
  [
    'after, as a 500',
    { kind: 'after', as: 'http-500' },
    { name: 'InternalFailure', status: 500 },
    1,
    ['ok', false, 'after'],
  ],
  [
    'throttle',
    { kind: 'throttle' },
    { name: 'Throttling', status: 400, message: 'Rate exceeded' },
    0,
    ['Throttling', true, 'throttle'],
  ],
  [
    'error',
    { kind: 'error', code: 'ServiceFailure', status: 500, message: 'm' },
    { name: 'ServiceFailureException', status: 500, message: 'm' },
    0,
    ['ServiceFailure', true, 'error'],
  ],
])('%s', (_name, injection, expected, keysAfter, record) => {
  test('hits one call', async () => {
    const { aws, create, keys, ends } = withAlice();
    aws.faults.inject(injection);
    expect(aws.faults.pending).toBe(1);
    expect(await create()).toMatchObject(expected);
    expect(keys()).toBe(keysAfter);
    expect(ends()).toEqual([record]);
    expect(aws.faults.pending).toBe(0);
    expect(await create()).toEqual({ name: 'ok' });
  });
});

test('a throttled JSON service answers ThrottlingException', async () => {
  const { aws, put } = withAlice();
  aws.faults.inject({ kind: 'throttle' });
  expect(await put()).toMatchObject({ name: 'ThrottlingException', status: 400 });
});

test('late: the caller loses the connection now, and the effect comes later', async () => {
  const { aws, clock, create, keys, ends } = withAlice();
  aws.faults.inject({ kind: 'late', delayMs: 10 * MINUTE });
  expect(await create()).toMatchObject(RESET);
  await clock.advance(10 * MINUTE - 1);
  expect([keys(), ends()]).toEqual([0, []]);
  await clock.advance(1);
  expect([keys(), ends()]).toEqual([1, [['ok', false, 'late']]]);
  expect(aws.calls[0]?.at).toEqual(clock.now());
});

test('late: the rules of the later moment apply', async () => {
  const { aws, clock, create, ends } = withAlice();
  aws.faults.inject({ kind: 'late', delayMs: MINUTE });
  await create();
  await create();
  await create();
  await clock.advance(MINUTE);
  expect(ends().map(([end]) => end)).toEqual(['ok', 'ok', 'LimitExceeded']);
});

test.each([
  ['at-once', 1],
  ['with-answer', 0],
] as const)('delay: the answer comes later, the effect %s', async (effect, keysMeanwhile) => {
  const { aws, clock, create, keys } = withAlice();
  aws.faults.inject({ kind: 'delay', ms: HOUR, effect });
  let answered = false;
  const call = create().finally(() => {
    answered = true;
  });
  await clock.advance(HOUR - 1);
  expect([answered, keys()]).toEqual([false, keysMeanwhile]);
  expect(await clock.run(call)).toEqual({ name: 'ok' });
  expect([answered, keys()]).toEqual([true, 1]);
});

test('delay beyond the client’s timeout: the caller gives up, the effect is there', async () => {
  const { aws, clock, as, create, keys } = withAlice();
  aws.faults.inject({ kind: 'delay', ms: HOUR });
  const clients = as(aws.roleCredentials(ROLE), {
    requestHandler: aws.requestHandler({ requestTimeout: 5 * SECOND }),
  });
  const started = clock.now().getTime();
  expect(await clock.run(create(clients))).toMatchObject({ name: 'TimeoutError', code: 'ETIMEDOUT' });
  expect(clock.now().getTime() - started).toBe(5 * SECOND);
  expect(keys()).toBe(1);
});

test('a caller can abort', async () => {
  const { aws, clock, iam } = withAlice();
  aws.faults.inject({ kind: 'delay', ms: HOUR });
  const abort = new AbortController();
  clock.setTimeout(() => abort.abort(), MINUTE);
  const call = iam.send(new ListAccessKeysCommand({ UserName: 'alice' }), { abortSignal: abort.signal });
  await expect(outcome(clock.run(call))).resolves.toMatchObject({ name: 'AbortError' });
});

test.each(['before', 'after'] as const)('act: another actor acts just %s the call', async (when) => {
  const { aws, create } = withAlice();
  const seen: number[] = [];
  aws.faults.inject({ kind: 'act', when, act: () => seen.push(aws.iam.keysOf('alice').length) });
  expect(await create()).toEqual({ name: 'ok' });
  expect(seen).toEqual([when === 'before' ? 0 : 1]);
});

describe('which calls', () => {
  test('match sees the call', async () => {
    const { aws, create, put } = withAlice();
    const seen: unknown[] = [];
    aws.faults.inject({
      kind: 'before',
      match: ({ input, at: _at, accessKeyId: _key, origin: _origin, region: _region, ...call }) => {
        seen.push({ ...call, user: input.UserName });
        return false;
      },
    });
    await create();
    await put();
    await create();
    const common = {
      service: 'iam',
      operation: 'CreateAccessKey',
      action: 'iam:CreateAccessKey',
      caller: ROLE,
      resource: 'arn:aws:iam::111122223333:user/alice',
      user: 'alice',
    };
    expect(seen).toEqual([
      { ...common, sequence: 1, occurrence: 1 },
      {
        sequence: 2,
        occurrence: 1,
        service: 'secretsmanager',
        operation: 'PutSecretValue',
        action: 'secretsmanager:PutSecretValue',
        caller: ROLE,
        resource: aws.secretsManager.secret('db')?.arn,
        user: undefined,
      },
      { ...common, sequence: 3, occurrence: 2 },
    ]);
  });

  const strikes = async (injection: Pick<FaultInjection, 'match' | 'times' | 'between'>, calls: number) => {
    const { aws, clock, put } = withAlice();
    aws.faults.inject({ kind: 'throttle', ...injection });
    const names: string[] = [];
    for (let call = 0; call < calls; call += 1) {
      names.push((await put()).name === 'ok' ? '-' : 'x');
      await clock.advance(MINUTE);
    }
    return names.join('');
  };
  const at = (minute: number) => new Date(Date.UTC(2026, 2, 2, 8, minute));

  test.each<[string, Pick<FaultInjection, 'match' | 'times' | 'between'>, string]>([
    ['the first', {}, 'x----'],
    ['the nth', { match: ({ occurrence }) => occurrence === 3 }, '--x--'],
    ['several', { times: 3 }, 'xxx--'],
    ['all in a range of time', { between: { from: at(1), to: at(3) } }, '-xx--'],
    ['all from a time on', { between: { from: at(3) } }, '---xx'],
    ['the first in a range of time', { between: { from: at(1) }, times: 1 }, '-x---'],
    ['another service’s', { match: ({ service }) => service === 'iam' }, '-----'],
  ])('%s', async (_name, injection, expected) => {
    expect(await strikes(injection, 5)).toBe(expected);
  });

  test('none after it was withdrawn', async () => {
    const { aws, put } = withAlice();
    aws.faults.inject({ kind: 'throttle' })();
    aws.faults.inject({ kind: 'throttle', between: {} });
    aws.faults.clear();
    expect(await put()).toEqual({ name: 'ok' });
  });

  test('even calls that would be refused anyway', async () => {
    const { aws, as, create } = withAlice();
    const unknown: Credentials = { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'unknown' };
    aws.faults.inject({ kind: 'before', match: ({ caller }) => caller === 'unknown' });
    expect(await create(as(unknown))).toMatchObject(RESET);
    expect(await create(as(unknown))).toMatchObject({ name: 'InvalidClientTokenId' });
  });
});

test('the SDK’s own retries wait in virtual time', async () => {
  // The SDK draws its delays at random, and for any clock a drawn 0 ms becomes 1 ms.
  jest.spyOn(Math, 'random').mockReturnValue(0.5);
  const { aws, clock, as } = withAlice();
  const { iam } = as(aws.roleCredentials(ROLE), { maxAttempts: 4 });
  aws.faults.inject({ kind: 'throttle', times: 2 });
  aws.faults.inject({ kind: 'before' });
  const started = clock.now().getTime();
  const { $metadata } = await clock.run(iam.send(new ListAccessKeysCommand({ UserName: 'alice' })));
  expect($metadata.attempts).toBe(4);
  expect(clock.now().getTime() - started).toBe($metadata.totalRetryDelay);
  expect(aws.calls.map(({ outcome }) => outcome)).toEqual([
    'Throttling',
    'Throttling',
    'ConnectionLost',
    'ok',
  ]);
});

test('a retry after a lost answer orphans a key: the SDK does what the rotation must not', async () => {
  const { aws, clock, as, keys } = withAlice();
  const { iam } = as(aws.roleCredentials(ROLE), { maxAttempts: 3 });
  aws.faults.inject({ kind: 'after' });
  await clock.run(iam.send(new CreateAccessKeyCommand({ UserName: 'alice' })));
  expect(keys()).toBe(2);
});
