import { Readable } from 'node:stream';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { HttpResponse } from '@smithy/protocol-http';
import type { RotatedCredentials } from '../../consumer/index';
import { MINUTE, SECOND } from '../support/time';
import { isRead, readSecret, rejection, setUp, whoAmI } from './support/scene';

type Scene = ReturnType<typeof setUp>;

/** A call with key A has been made; B is published, and A no longer works. */
const afterAQuickRotation = async (
  call: (scene: Scene, credentials: RotatedCredentials) => Promise<unknown>,
) => {
  const scene = setUp();
  const credentials = scene.rotated();
  await call(scene, credentials);
  const b = scene.publish();
  scene.aws.iam.setStatus(scene.a.accessKeyId, 'Inactive');
  return { ...scene, b, credentials };
};

type Handler = Scene['connection']['requestHandler'];

/** Removes the bodies of refusals, as answers to HEAD have none. */
const withoutBodies = (handler: Handler): Handler => {
  const handle: Handler['handle'] = async (request, options) => {
    const { response } = await handler.handle(request, options);
    return {
      response: response.statusCode < 400 ? response : new HttpResponse({ statusCode: 403, headers: {} }),
    };
  };
  return new Proxy(handler, {
    get: (target, name) => (name === 'handle' ? handle : Reflect.get(target, name)),
  });
};

describe('a call that is refused because its key no longer works', () => {
  it.each([
    [
      'STS, with InvalidClientTokenId',
      'sts',
      ({ sts }: Scene, credentials: RotatedCredentials) => {
        const client = credentials.applyTo(sts(credentials));
        return () => whoAmI(client);
      },
    ],
    [
      'Secrets Manager, with UnrecognizedClientException',
      'secretsmanager',
      ({ secrets }: Scene, credentials: RotatedCredentials) => {
        const client = credentials.applyTo(secrets(credentials));
        return () => readSecret(client);
      },
    ],
    [
      'CloudWatch, with InvalidClientTokenId',
      'cloudwatch',
      ({ connection }: Scene, credentials: RotatedCredentials) => {
        const client = credentials.applyTo(new CloudWatchClient({ ...connection, credentials }));
        return () => client.send(new DescribeAlarmsCommand({ AlarmNames: ['a'] }));
      },
    ],
  ])('is repeated by %s', async (_service, service, clientOf) => {
    const scene = setUp();
    const { aws, a } = scene;
    const call = clientOf(scene, scene.rotated());
    await call();
    const b = scene.publish();
    aws.iam.setStatus(a.accessKeyId, 'Inactive');
    const before = aws.calls.length;
    await call();
    await call();
    const reader = scene.readerConfig.credentials.accessKeyId;
    const made = aws.calls.slice(before).filter(({ accessKeyId }) => accessKeyId !== reader);
    expect(made.map((made) => [made.service, made.accessKeyId, made.outcome === 'ok'])).toEqual([
      [service, a.accessKeyId, false],
      [service, b.accessKeyId, true],
      [service, b.accessKeyId, true],
    ]);
  });

  it.each(['InvalidAccessKeyId', 'AuthFailure', 'ForbiddenException'])(
    'is repeated for the code %s',
    async (code) => {
      const scene = setUp();
      const { aws, a, sts, rotated, publish, stsCalls } = scene;
      const credentials = rotated();
      const client = credentials.applyTo(sts(credentials));
      await whoAmI(client);
      const b = publish();
      aws.faults.inject({
        kind: 'error',
        code,
        status: 403,
        times: Number.POSITIVE_INFINITY,
        match: ({ accessKeyId }) => accessKeyId === a.accessKeyId,
      });
      await whoAmI(client);
      expect(stsCalls().slice(1)).toEqual([
        [a.accessKeyId, code],
        [b.accessKeyId, 'ok'],
      ]);
    },
  );

  it('fails as usual without applyTo', async () => {
    const { credentials, sts, stsCalls } = await afterAQuickRotation((_scene, credentials) => credentials());
    await expect(whoAmI(sts(credentials))).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    expect(stsCalls()).toHaveLength(1);
  });

  it('is not repeated if the secret holds the same key', async () => {
    const { aws, a, rotated, sts, reads, stsCalls } = setUp();
    const credentials = rotated();
    const client = credentials.applyTo(sts(credentials));
    aws.iam.setStatus(a.accessKeyId, 'Inactive');
    await expect(whoAmI(client)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    expect(stsCalls()).toHaveLength(1);
    expect(reads()).toBe(2);
  });

  it('is made twice at most, even if the next key is refused too', async () => {
    const { aws, a, rotated, sts, publish, stsCalls } = setUp();
    const credentials = rotated();
    const client = credentials.applyTo(sts(credentials));
    await whoAmI(client);
    const b = publish();
    for (const { accessKeyId } of [a, b]) aws.iam.setStatus(accessKeyId, 'Inactive');
    const refused = whoAmI(client);
    await expect(refused).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    expect(stsCalls().slice(1)).toEqual([
      [a.accessKeyId, 'InvalidClientTokenId'],
      [b.accessKeyId, 'InvalidClientTokenId'],
    ]);
  });

  it('is made twice at most, even if each key is replaced as soon as it is refused', async () => {
    const { aws, a, rotated, sts, publish, stsCalls } = setUp();
    const credentials = rotated();
    const client = credentials.applyTo(sts(credentials));
    await whoAmI(client);
    // So slow that the secret may be read again at once.
    aws.behaviour.latency = 11 * SECOND;
    aws.iam.removeAccessKey(a.accessKeyId);
    const b = publish();
    aws.onCall(({ accessKeyId, outcome }) => {
      if (accessKeyId === b.accessKeyId && outcome !== 'ok') publish();
    });
    aws.iam.setStatus(b.accessKeyId, 'Inactive');
    await expect(whoAmI(client)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    expect(stsCalls()).toHaveLength(3);
    await expect(whoAmI(client)).resolves.toMatchObject({ Account: aws.accountId });
  });

  it('fails with the refusal if the secret cannot be read', async () => {
    const { aws, credentials, problems, sts } = await afterAQuickRotation((_scene, credentials) =>
      credentials(),
    );
    aws.faults.inject({ kind: 'before', match: ({ operation }) => operation === 'GetSecretValue' });
    await expect(whoAmI(credentials.applyTo(sts(credentials)))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
    expect(problems).toMatchObject([{ code: 'not-readable' }]);
  });

  it.each(['AccessDenied', 'SignatureDoesNotMatch', 'Throttling', 'ExpiredToken', 'RequestTimeTooSkewed'])(
    'is not to be confused with one that ends in %s',
    async (code) => {
      const { aws, rotated, sts, reads, publish, stsCalls } = setUp();
      const credentials = rotated();
      const client = credentials.applyTo(sts(credentials));
      await whoAmI(client);
      publish();
      aws.faults.inject({ kind: 'error', code, status: 403 });
      await expect(whoAmI(client)).rejects.toMatchObject({ name: code });
      expect(stsCalls()).toHaveLength(2);
      expect(reads()).toBe(1);
    },
  );
});

describe('reading the secret because of refused calls', () => {
  it('happens once for many calls at a time, and all of them succeed', async () => {
    const { aws, a, rotated, sts, reads, publish } = setUp({ behaviour: { latency: 5 } });
    const credentials = rotated();
    const clients = Array.from({ length: 25 }, () => credentials.applyTo(sts(credentials)));
    await Promise.all(clients.map(whoAmI));
    publish();
    aws.iam.removeAccessKey(a.accessKeyId);
    await Promise.all([...clients, ...clients].map(whoAmI));
    expect(reads()).toBe(2);
  });

  it('does not happen for a late client, if another one has found the key', async () => {
    const { aws, a, clock, rotated, sts, reads, publish } = setUp();
    const credentials = rotated();
    const [early, late] = [sts(credentials), sts(credentials)].map((client) => credentials.applyTo(client));
    if (early === undefined || late === undefined) throw new Error('There are two clients');
    await whoAmI(early);
    await whoAmI(late);
    publish();
    aws.iam.removeAccessKey(a.accessKeyId);
    await whoAmI(early);
    await clock.advance(MINUTE);
    await whoAmI(late);
    expect(reads()).toBe(2);
  });

  it('happens at most every ten seconds when the key is dead', async () => {
    const { aws, a, clock, rotated, sts, reads } = setUp();
    const credentials = rotated();
    const client = credentials.applyTo(sts(credentials));
    await whoAmI(client);
    aws.iam.removeAccessKey(a.accessKeyId);
    for (let second = 0; second < 60; second += 1) {
      await rejection(whoAmI(client));
      await clock.advance(SECOND);
    }
    expect(reads()).toBe(1 + 6);
  });

  it('is tried again a second after it failed, because a failure says nothing about the key', async () => {
    const { aws, a, clock, rotated, sts, reads, publish, stsCalls } = setUp();
    const credentials = rotated();
    const client = credentials.applyTo(sts(credentials));
    await whoAmI(client);
    const b = publish();
    aws.iam.removeAccessKey(a.accessKeyId);
    aws.faults.inject({ kind: 'before', as: 'http-500', match: isRead });
    await rejection(whoAmI(client));
    await clock.advance(SECOND - 1);
    await rejection(whoAmI(client));
    expect(reads()).toBe(2);
    await clock.advance(1);
    await whoAmI(client);
    expect(reads()).toBe(3);
    expect(stsCalls().at(-1)).toEqual([b.accessKeyId, 'ok']);
  });

  it('does not count a read that began before the publication', async () => {
    const { aws, a, clock, rotated, sts, publish, stsCalls } = setUp();
    const credentials = rotated();
    const client = credentials.applyTo(sts(credentials));
    await whoAmI(client);
    await clock.advance(10 * MINUTE);
    // An ordinary read is answered slowly, with what the secret held when it began.
    aws.faults.inject({
      kind: 'delay',
      ms: SECOND,
      match: ({ operation }) => operation === 'GetSecretValue',
    });
    const arrived = new Promise<void>((resolve) => {
      aws.onCall(() => resolve());
    });
    const slow = credentials();
    await arrived;
    const b = publish();
    aws.iam.removeAccessKey(a.accessKeyId);
    await clock.run(Promise.all([slow, whoAmI(client)]));
    expect(stsCalls().slice(-2)).toEqual([
      [a.accessKeyId, 'InvalidClientTokenId'],
      [b.accessKeyId, 'ok'],
    ]);
  });
});

describe('a call with a stream', () => {
  it.each([
    ['of Node.js', () => Readable.from(['once']), 1],
    ['of the web', () => new ReadableStream(), 1],
    ['made of pieces', () => (async function* () {})(), 1],
    ['that is really bytes', () => new Uint8Array([1]), 2],
    ['that is really a file in memory', () => new Blob(['again']), 2],
    ['that is really text', () => 'again', 2],
  ])('%s is made as often as possible', async (_kind, body, times) => {
    const { credentials, sts, stsCalls } = await afterAQuickRotation((_scene, credentials) => credentials());
    const client = credentials.applyTo(sts(credentials));
    // No service here takes streams. STS ignores members that it does not know; the retry looks at all of
    // them.
    await client.send(new GetCallerIdentityCommand({ Body: body() } as object)).catch(() => {});
    expect(stsCalls()).toHaveLength(times);
  });
});

describe('a call whose refusal does not say why', () => {
  it.each(['query', 'JSON'])(
    'as S3 refuses HeadObject, without a body (%s), is repeated',
    async (protocol) => {
      const { b, connection, credentials, aws } = await afterAQuickRotation((_scene, credentials) =>
        credentials(),
      );
      const config = { ...connection, credentials, requestHandler: withoutBodies(connection.requestHandler) };
      const clients = {
        query: () => whoAmI(credentials.applyTo(new STSClient(config))),
        JSON: () => readSecret(credentials.applyTo(new SecretsManagerClient(config))),
      };
      await expect(clients[protocol as keyof typeof clients]()).resolves.toMatchObject({
        $metadata: { httpStatusCode: 200 },
      });
      expect(aws.calls.at(-1)?.accessKeyId).toBe(b.accessKeyId);
    },
  );

  it('is refused once more if it lacks a permission, and not a third time', async () => {
    const { a, b, aws, credentials, sts, stsCalls } = await afterAQuickRotation((_scene, credentials) =>
      credentials(),
    );
    const client = credentials.applyTo(sts(credentials));
    aws.faults.inject({
      kind: 'error',
      code: 'ForbiddenException',
      status: 403,
      times: Number.POSITIVE_INFINITY,
      match: ({ service }) => service === 'sts',
    });
    await expect(whoAmI(client)).rejects.toMatchObject({ name: 'ForbiddenException' });
    expect(stsCalls()).toEqual([
      [a.accessKeyId, 'ForbiddenException'],
      [b.accessKeyId, 'ForbiddenException'],
    ]);
  });
});

describe('a call that cannot be repeated', () => {
  it('with a stream fails, and the next one has the other key', async () => {
    const { a, b, credentials, sts, stsCalls } = await afterAQuickRotation((_scene, credentials) =>
      credentials(),
    );
    const client = credentials.applyTo(sts(credentials));
    const once = new GetCallerIdentityCommand({ Body: Readable.from(['once']) } as object);
    await expect(client.send(once)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    await whoAmI(client);
    expect(stsCalls()).toEqual([
      [a.accessKeyId, 'InvalidClientTokenId'],
      [b.accessKeyId, 'ok'],
    ]);
  });

  it('because there is no other key causes a read of the secret every ten seconds, no more', async () => {
    const { aws, clock, connection, rotated, reads } = setUp();
    const credentials = rotated();
    const requestHandler = withoutBodies(connection.requestHandler);
    const client = credentials.applyTo(new STSClient({ ...connection, credentials, requestHandler }));
    await whoAmI(client);
    aws.faults.inject({
      kind: 'error',
      code: 'AccessDenied',
      status: 403,
      times: Number.POSITIVE_INFINITY,
      match: ({ service }) => service === 'sts',
    });
    for (let second = 0; second < 60; second += 1) {
      await rejection(whoAmI(client));
      await clock.advance(SECOND);
    }
    expect(reads()).toBe(1 + 6);
  });
});

it('does not change a client whose own credentials are not the rotated ones', async () => {
  const { aws, a, connection, rotated, publish, stsCalls } = setUp();
  const client = rotated().applyTo(new STSClient({ ...connection, credentials: a }));
  publish();
  aws.iam.setStatus(a.accessKeyId, 'Inactive');
  await expect(whoAmI(client)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  expect(stsCalls()).toHaveLength(1);
});
