import { rotatedCredentials } from '../../consumer/index';
import type { AccessKey } from '../../consumer/library/key-document';
import { HOUR, MINUTE } from '../support/time';
import { isRead, rejection, SECRET_ID, setUp, whoAmI } from './support/scene';

const setUpSelfReading = () => {
  const scene = setUp();
  const { aws, a, connection } = scene;
  let given: AccessKey = { accessKeyId: a.accessKeyId, secretAccessKey: a.secretAccessKey };
  const credentials = rotatedCredentials({
    secretId: SECRET_ID,
    clientConfig: connection,
    bootstrap: async () => given,
    onProblem: (problem) => scene.problems.push(problem),
  });
  return {
    ...scene,
    credentials,
    client: credentials.applyTo(scene.sts(credentials)),
    give: ({ accessKeyId, secretAccessKey }: AccessKey) => {
      given = { accessKeyId, secretAccessKey };
    },
    /** The keys that the secret was read with, and the result of each read. */
    readers: () => aws.calls.filter(isRead).map(({ accessKeyId, outcome }) => [accessKeyId, outcome]),
  };
};

describe('a user that reads its own secret', () => {
  it('begins with the key that it was given, and goes on with the successor', async () => {
    const { aws, a, clock, client, publish, readers } = setUpSelfReading();
    await whoAmI(client);
    const b = publish();
    await clock.advance(10 * MINUTE + 1);
    await whoAmI(client);
    aws.iam.removeAccessKey(a.accessKeyId);
    const c = publish();
    await clock.advance(10 * MINUTE + 1);
    await whoAmI(client);
    aws.iam.removeAccessKey(b.accessKeyId);
    await clock.advance(10 * MINUTE + 1);
    await whoAmI(client);
    expect(readers()).toEqual([
      [a.accessKeyId, 'ok'],
      [a.accessKeyId, 'ok'],
      [b.accessKeyId, 'ok'],
      [c.accessKeyId, 'ok'],
    ]);
  });

  it('uses the key only for reads of the secret, which a rotation does not take as proof that programs have moved', async () => {
    const { aws, clock, credentials, publish } = setUpSelfReading();
    await credentials();
    publish();
    await clock.advance(10 * MINUTE + 1);
    await credentials();
    await credentials({ forceRefresh: true });
    const calls = aws.calls.map(({ service, operation }) => `${service}:${operation}`);
    expect(calls.length).toBeGreaterThan(1);
    expect([...new Set(calls)]).toEqual(['secretsmanager:GetSecretValue']);
  });

  it('also accepts a key that does not change', async () => {
    const { a, connection } = setUp();
    const credentials = rotatedCredentials({ secretId: SECRET_ID, clientConfig: connection, bootstrap: a });
    await expect(credentials()).resolves.toMatchObject({ accessKeyId: a.accessKeyId });
  });

  it('is told what to do if it was away for too long', async () => {
    const { aws, a, client, publish } = setUpSelfReading();
    publish();
    aws.iam.setStatus(a.accessKeyId, 'Inactive');
    const error = await rejection(whoAmI(client));
    expect(error).toMatchObject({ name: 'RotatedCredentialsError', code: 'reader-key-refused' });
    expect(error.message).toBe(
      `AWS refuses the key that ends in ${a.accessKeyId.slice(-4)}, with which its user reads the secret ` +
        `${SECRET_ID}: it is Inactive or deleted. Give the user the current key of the secret by hand, once.`,
    );
    expect(error.message).not.toContain(a.accessKeyId);
  });

  it('goes on by itself when it is given the key by hand', async () => {
    const { aws, a, clock, client, give, publish, readers, stsCalls } = setUpSelfReading();
    await whoAmI(client);
    const b = publish();
    aws.iam.setStatus(a.accessKeyId, 'Inactive');
    await rejection(whoAmI(client));
    give(b);
    await clock.advance(MINUTE);
    await whoAmI(client);
    expect(stsCalls().at(-1)).toEqual([b.accessKeyId, 'ok']);
    expect(readers().slice(-2)).toEqual([
      [a.accessKeyId, 'UnrecognizedClientException'],
      [b.accessKeyId, 'ok'],
    ]);
  });

  it('is told that a key in a program becomes too old', async () => {
    const { aws, a, connection, publish } = setUp();
    publish();
    aws.iam.setStatus(a.accessKeyId, 'Inactive');
    const credentials = rotatedCredentials({ secretId: SECRET_ID, clientConfig: connection, bootstrap: a });
    await expect(credentials()).rejects.toThrow(
      'A bootstrap with a fixed value becomes too old with each rotation: make it a function that reads a file which is ' +
        'kept current.',
    );
  });

  it('does not wait for ever for the function that finds its key', async () => {
    const { a, clock, connection } = setUp();
    let answer: (key: AccessKey) => void = () => {};
    const credentials = rotatedCredentials({
      secretId: SECRET_ID,
      clientConfig: connection,
      bootstrap: () =>
        new Promise<AccessKey>((resolve) => {
          answer = resolve;
        }),
    });
    const began = clock.now().getTime();
    const first = rejection(credentials());
    await clock.advance(HOUR);
    await expect(first).resolves.toMatchObject({
      code: 'not-readable',
      message: 'The function bootstrap did not answer within 30 seconds.',
    });
    // It may be asked again, and a late answer to the first question does no harm.
    answer(a);
    const second = credentials();
    answer(a);
    await expect(clock.run(second)).resolves.toMatchObject({ accessKeyId: a.accessKeyId });
    expect(clock.now().getTime() - began).toBe(HOUR);
  });

  it('does not blame its key for anything else', async () => {
    const { aws, client } = setUpSelfReading();
    aws.faults.inject({ kind: 'error', code: 'AccessDeniedException', status: 400, match: isRead });
    await expect(whoAmI(client)).rejects.toMatchObject({ code: 'not-readable' });
  });
});
