import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { RotatedCredentialsError, rotatedCredentials } from '../../../consumer/index';
import { accessKeyDocument } from '../../../lambdas/shared/secret/key-document';
import { PLACEHOLDER_SECRET_STRING } from '../../../lambdas/shared/secret/placeholder';
import { MINUTE, SECOND } from '../../support/time';
import { temporaryFolder } from '../support/folder';
import {
  documentOf,
  isRead,
  profileOf,
  rejection,
  SECRET_ID,
  setUp,
  useProfiles,
  whoAmI,
} from '../support/scene';

describe('the key of the secret', () => {
  it('signs the calls of a client, and is read once', async () => {
    const { a, rotated, sts, reads, stsCalls } = setUp();
    const client = sts(rotated());
    await whoAmI(client);
    await whoAmI(client);
    expect(stsCalls()).toEqual([
      [a.accessKeyId, 'ok'],
      [a.accessKeyId, 'ok'],
    ]);
    expect(reads()).toBe(1);
  });

  it('is found in the document that the rotation writes', async () => {
    const { aws, rotated } = setUp();
    const key = { ...aws.iam.addAccessKey('alice'), userName: 'alice', createDate: new Date() };
    aws.secretsManager.putValue(
      SECRET_ID,
      JSON.stringify({ host: 'db.example.com', ...JSON.parse(accessKeyDocument(key)) }),
    );
    await expect(rotated()()).resolves.toMatchObject({
      accessKeyId: key.accessKeyId,
      secretAccessKey: key.secretAccessKey,
    });
  });

  it('is found under names of the owner, and then nowhere else', async () => {
    const { aws, a, rotated } = setUp();
    const fieldNames = { accessKeyId: 'user', secretAccessKey: 'password' };
    await expect(rotated({ fieldNames })()).rejects.toMatchObject({
      code: 'no-key',
      message: expect.stringContaining('in the fields user and password'),
    });
    const document = { user: a.accessKeyId, password: a.secretAccessKey };
    aws.secretsManager.putValue(SECRET_ID, JSON.stringify(document));
    await expect(rotated({ fieldNames })()).resolves.toMatchObject({
      accessKeyId: a.accessKeyId,
      secretAccessKey: a.secretAccessKey,
    });
    await expect(rotated()()).rejects.toMatchObject({ code: 'no-key' });
    for (const wrong of [{}, { accessKeyId: 'user' }, { ...fieldNames, secretAccessKey: '' }, null]) {
      expect(() => rotated({ fieldNames: wrong as typeof fieldNames })).toThrow(
        'fieldNames: the names of two fields, accessKeyId and secretAccessKey, are needed.',
      );
    }
  });

  it('is that of AWSCURRENT, whatever other versions exist', async () => {
    const { aws, a, rotated } = setUp();
    const next = aws.iam.addAccessKey('alice');
    aws.secretsManager.putValue(SECRET_ID, documentOf(next), { labels: ['AWSPENDING'] });
    await expect(rotated()()).resolves.toMatchObject({ accessKeyId: a.accessKeyId });
  });

  it('is read once for many clients and calls at a time', async () => {
    const { rotated, sts, reads, stsCalls } = setUp({ behaviour: { latency: 5 } });
    const credentials = rotated();
    const clients = Array.from({ length: 20 }, () => sts(credentials));
    await Promise.all(clients.flatMap((client) => [whoAmI(client), whoAmI(client)]));
    expect(stsCalls()).toHaveLength(40);
    expect(reads()).toBe(1);
  });

  it('is read with a client that is given', async () => {
    const { a, readerConfig } = setUp();
    const client = new SecretsManagerClient(readerConfig);
    const credentials = rotatedCredentials({ secretId: SECRET_ID, client });
    await expect(credentials()).resolves.toMatchObject({ accessKeyId: a.accessKeyId });
  });

  it('is read in the Region that an ARN names', async () => {
    const { aws, a, readerConfig } = setUp();
    const { region: _region, ...clientConfig } = readerConfig;
    const secretId = aws.secretsManager.secret(SECRET_ID)?.arn ?? '';
    await expect(rotatedCredentials({ secretId, clientConfig })()).resolves.toMatchObject({
      accessKeyId: a.accessKeyId,
    });
  });
});

describe('a profile that reads the secret', () => {
  it('is looked up again for each read, because its key may have changed', async () => {
    const { aws, clock, connection, publish, problems } = setUp();
    const file = join(temporaryFolder(), 'credentials');
    useProfiles({ credentials: file });
    aws.iam.addUser({ userName: 'reader' });
    const readers = [aws.iam.addAccessKey('reader'), aws.iam.addAccessKey('reader')] as const;
    writeFileSync(file, profileOf('reader', readers[0]));
    const credentials = rotatedCredentials({
      secretId: SECRET_ID,
      clientConfig: { ...connection, profile: 'reader' },
      onProblem: (problem) => problems.push(problem),
    });
    await credentials();
    writeFileSync(file, profileOf('reader', readers[1]));
    aws.iam.removeAccessKey(readers[0].accessKeyId);
    const b = publish();
    await clock.advance(10 * MINUTE);
    await expect(credentials()).resolves.toMatchObject({ accessKeyId: b.accessKeyId });
    aws.iam.removeAccessKey(readers[1].accessKeyId);
    await clock.advance(10 * MINUTE);
    await credentials();
    expect(problems).toMatchObject([
      {
        code: 'reader-key-refused',
        message: expect.stringContaining(
          `The secret ${SECRET_ID} could not be read with the profile reader: `,
        ),
      },
    ]);
  });
});

describe('when the clock is set back', () => {
  it('the secret is read, and then at the usual times', async () => {
    const { clock, publish, rotated, reads, setClockBack } = setUp();
    const credentials = rotated();
    await credentials();
    await clock.advance(MINUTE);
    const b = publish();
    // As much as AWS allows.
    const earlier = setClockBack(4 * MINUTE);
    await expect(credentials()).resolves.toMatchObject({
      accessKeyId: b.accessKeyId,
      expiration: new Date(earlier.now().getTime() + 15 * MINUTE),
    });
    await credentials();
    expect(reads()).toBe(2);
    await earlier.advance(10 * MINUTE);
    await credentials();
    expect(reads()).toBe(3);
  });

  it('a refused key is still renewed', async () => {
    const { aws, a, clock, publish, rotated, reads, setClockBack } = setUp();
    const credentials = rotated();
    await credentials();
    await credentials({ forceRefresh: true });
    const b = publish();
    aws.iam.removeAccessKey(a.accessKeyId);
    await clock.advance(SECOND);
    // So little that the usual time is still possible.
    setClockBack(2 * SECOND);
    const renewed = credentials({ forceRefresh: true, refusedAccessKeyId: a.accessKeyId });
    await expect(renewed).resolves.toMatchObject({ accessKeyId: b.accessKeyId });
    expect(reads()).toBe(3);
  });
});

describe('a client asks again', () => {
  it.each([
    ['after ten minutes', {}, 10 * MINUTE],
    ['after the time that is set', { refreshAfter: 'PT45M' }, 45 * MINUTE],
  ])('%s, and not before', async (_when, options, refreshAfterMs) => {
    const { a, clock, publish, rotated, sts, reads, stsCalls } = setUp();
    const client = sts(rotated(options));
    await whoAmI(client);
    const b = publish();
    await clock.advance(refreshAfterMs);
    await whoAmI(client);
    expect(reads()).toBe(1);
    await clock.advance(1);
    await whoAmI(client);
    await whoAmI(client);
    expect(reads()).toBe(2);
    expect(stsCalls().map(([key]) => key)).toEqual([
      a.accessKeyId,
      a.accessKeyId,
      b.accessKeyId,
      b.accessKeyId,
    ]);
  });

  it('when the key is due, though the client was created later than the key was read', async () => {
    const { clock, publish, rotated, sts, stsCalls } = setUp();
    const credentials = rotated();
    await credentials();
    await clock.advance(9 * MINUTE);
    const late = sts(credentials);
    await whoAmI(late);
    const b = publish();
    await clock.advance(MINUTE + 1);
    await whoAmI(late);
    expect(stsCalls().at(-1)).toEqual([b.accessKeyId, 'ok']);
  });

  it.each(['P1D', 'PT46M', 'PT9S', 'PT0.5M', '600', 'P', 'PT', ''])('never after %j', (refreshAfter) => {
    expect(() => rotatedCredentials({ secretId: SECRET_ID, refreshAfter })).toThrow(
      /^refreshAfter: .* Allowed: an ISO 8601 duration from PT10S to PT45M/,
    );
  });

  it('needs the name of a secret', () => {
    expect(() => rotatedCredentials({ secretId: '' })).toThrow(
      'secretId: the name or ARN of a secret is missing.',
    );
  });
});

/** Values that hold no usable key, with a text that must not be repeated. */
const CANARY = 'CanaryThatNobodyMayEverSee/+0123456789ab';
const UNUSABLE: readonly (readonly [string, string, string])[] = [
  ['the placeholder', PLACEHOLDER_SECRET_STRING, 'no-key'],
  ['a document without a key', JSON.stringify({ note: CANARY }), 'no-key'],
  ['text', CANARY, 'malformed'],
  ['text that begins like JSON', `{"SecretAccessKey":"${CANARY}`, 'malformed'],
  ['a list', JSON.stringify([CANARY]), 'malformed'],
  ['an invalid ID', JSON.stringify({ AccessKeyId: CANARY, SecretAccessKey: CANARY }), 'malformed'],
  ['a key without its secret', JSON.stringify({ AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' }), 'malformed'],
  [
    'a secret with a line break',
    JSON.stringify({ AccessKeyId: 'AKIAIOSFODNN7EXAMPLE', SecretAccessKey: `${CANARY}\n[other]` }),
    'malformed',
  ],
];

describe('a secret that holds no usable key', () => {
  it.each(UNUSABLE)('%s is an error, and is not repeated', async (_what, value, code) => {
    const { aws, rotated, problems, sts } = setUp();
    aws.secretsManager.putValue(SECRET_ID, value);
    const error = await rejection(whoAmI(sts(rotated())));
    expect(error).toBeInstanceOf(RotatedCredentialsError);
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(SECRET_ID);
    for (const { message, stack, cause } of [error, ...problems]) {
      expect(`${message}${stack}${JSON.stringify(cause)}`).not.toContain(CANARY.slice(0, 8));
    }
  });

  it.each(UNUSABLE)('%s does not remove the last good key', async (_what, value, code) => {
    const { aws, a, clock, rotated, problems, sts, stsCalls } = setUp();
    const client = sts(rotated());
    await whoAmI(client);
    aws.secretsManager.putValue(SECRET_ID, value);
    await clock.advance(11 * MINUTE);
    await whoAmI(client);
    expect(stsCalls().at(-1)).toEqual([a.accessKeyId, 'ok']);
    expect(problems).toMatchObject([{ code }]);
  });
});

describe('while Secrets Manager is unavailable', () => {
  it('the first read is an error, and so is the call', async () => {
    const { aws, rotated, problems, sts, stsCalls } = setUp();
    aws.faults.inject({ kind: 'error', code: 'AccessDeniedException', status: 400, match: isRead });
    const error = await rejection(whoAmI(sts(rotated())));
    expect(error).toMatchObject({ name: 'RotatedCredentialsError', code: 'not-readable' });
    expect(error.message).toBe(
      `The secret ${SECRET_ID} could not be read: AccessDeniedException: AccessDeniedException.`,
    );
    expect(problems).toHaveLength(1);
    expect(stsCalls()).toEqual([]);
  });

  it('asks again after one second, then two, up to a minute, and works again when it is back', async () => {
    const { aws, clock, rotated, sts, reads, stsCalls, problems } = setUp();
    const client = sts(rotated());
    await whoAmI(client);
    const recover = aws.faults.inject({ kind: 'before', as: 'http-500', match: isRead, between: {} });
    await clock.advance(10 * MINUTE + 1);
    const times: number[] = [];
    const began = clock.now().getTime();
    const stop = aws.onCall((call) => isRead(call) && times.push((call.at.getTime() - began) / SECOND));
    for (let second = 0; second < 240; second += 1) {
      await whoAmI(client);
      await clock.advance(SECOND);
    }
    // A client compares with "less than", so it asks in the first second after the time.
    expect(times).toEqual([0, 2, 5, 10, 19, 36, 69, 130, 191]);
    expect(stsCalls().every(([, outcome]) => outcome === 'ok')).toBe(true);
    expect(problems).toHaveLength(times.length);
    stop();
    recover();
    await clock.advance(MINUTE);
    const before = reads();
    await whoAmI(client);
    await clock.advance(9 * MINUTE);
    await whoAmI(client);
    expect(reads()).toBe(before + 1);
    // The next series begins with a second again.
    aws.faults.inject({ kind: 'before', as: 'http-500', match: isRead });
    await clock.advance(2 * MINUTE);
    await whoAmI(client);
    await clock.advance(SECOND + 1);
    await whoAmI(client);
    expect(reads()).toBe(before + 3);
  });

  it('does not ask again for each of many calls before there is a key', async () => {
    const { aws, clock, rotated, reads } = setUp();
    aws.faults.inject({ kind: 'before', as: 'http-500', match: isRead, between: {} });
    const credentials = rotated();
    for (let call = 0; call < 5; call += 1) await rejection(credentials());
    expect(reads()).toBe(1);
    await clock.advance(SECOND);
    await rejection(credentials());
    expect(reads()).toBe(2);
  });

  it('a read without an answer delays a call for five seconds at most', async () => {
    const { aws, a, clock, rotated, sts, stsCalls, problems } = setUp();
    const client = sts(rotated());
    await whoAmI(client);
    aws.faults.inject({ kind: 'delay', ms: 60 * MINUTE, match: isRead });
    await clock.advance(11 * MINUTE);
    const began = clock.now().getTime();
    await clock.run(() => whoAmI(client));
    expect(clock.now().getTime() - began).toBe(5 * SECOND);
    expect(stsCalls().at(-1)).toEqual([a.accessKeyId, 'ok']);
    expect(problems.map(({ message }) => message)).toEqual([
      'Secrets Manager did not answer within 5 seconds.',
    ]);
  });

  it('a listener that throws does no harm', async () => {
    const { aws, clock, readerConfig, sts } = setUp();
    const credentials = rotatedCredentials({
      secretId: SECRET_ID,
      clientConfig: readerConfig,
      onProblem: () => {
        throw new Error('The listener failed');
      },
    });
    const client = sts(credentials);
    await whoAmI(client);
    aws.faults.inject({ kind: 'before', match: isRead });
    await clock.advance(11 * MINUTE);
    await expect(whoAmI(client)).resolves.toMatchObject({ Account: aws.accountId });
  });

  it('a listener that rejects does no harm', async () => {
    const { aws, clock, readerConfig } = setUp();
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const credentials = rotatedCredentials({
        secretId: SECRET_ID,
        clientConfig: readerConfig,
        onProblem: async () => {
          throw new Error('The listener failed');
        },
      });
      aws.faults.inject({ kind: 'before', match: isRead });
      await rejection(credentials());
      // The process reports a rejection after the current turn.
      await clock.advance(MINUTE);
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it('an answer that cannot be parsed is not repeated', async () => {
    const { a, problems } = setUp();
    const credentials = rotatedCredentials({
      secretId: SECRET_ID,
      client: {
        send: async () => {
          // As the SDK does: the parser's message shows the beginning of the text that it could not parse.
          throw Object.assign(new SyntaxError(`Unexpected token in "${a.secretAccessKey}"`), {
            $response: { body: documentOf(a) },
          });
        },
      },
      onProblem: (problem) => problems.push(problem),
    });
    const error = await rejection(credentials());
    expect(error.message).toBe(`The secret ${SECRET_ID} could not be read: SyntaxError.`);
    expect(JSON.stringify([error, error.cause, problems])).not.toContain(a.secretAccessKey);
  });
});
