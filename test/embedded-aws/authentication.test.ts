import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { GetUserCommand } from '@aws-sdk/client-iam';
import { GetFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { HttpRequest } from '@smithy/protocol-http';
import { InProcessHandler } from '../../embedded-aws/clients/in-process-handler';
import { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import type { WireRequest } from '../../embedded-aws/wire/messages';
import { DAY, MINUTE, SECOND } from '../support/time';
import { type Credentials, clientsFor, outcome, ROLE, setUp } from './fixture';

const withKey = (options: Parameters<typeof setUp>[0] = {}) => {
  const world = setUp(options);
  world.aws.iam.addUser({ userName: 'alice', path: '/apps/' });
  const key = world.aws.iam.addAccessKey('alice');
  const works = async () => {
    const { name } = await outcome(world.as(key).sts.send(new GetCallerIdentityCommand({})));
    expect(world.aws.iam.authenticates(key.accessKeyId, key.secretAccessKey)).toBe(name === 'ok');
    return name === 'ok';
  };
  return { ...world, key, works };
};

test('GetCallerIdentity names a user with its path, and a role’s session', async () => {
  const { aws, clock, as, key, sts } = withKey();
  await clock.advance(MINUTE);
  const user = await as(key).sts.send(new GetCallerIdentityCommand({}));
  expect(user).toMatchObject({
    Account: '111122223333',
    Arn: 'arn:aws:iam::111122223333:user/apps/alice',
    UserId: aws.iam.user('alice')?.userId,
  });
  const role = await sts.send(new GetCallerIdentityCommand({}));
  expect(role).toMatchObject({
    Arn: 'arn:aws:sts::111122223333:assumed-role/rotation-create/embedded',
    UserId: expect.stringMatching(/^AROA[A-Z2-7]{16}:embedded$/),
  });
});

test('a key can be tested at the STS of any Region', async () => {
  const { aws, clock, key } = withKey();
  await clock.advance(MINUTE);
  const sts = new STSClient({ region: 'eu-west-1', credentials: key, requestHandler: aws.requestHandler() });
  await expect(sts.send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({
    Account: '111122223333',
  });
});

describe('propagation', () => {
  const behaviour = { keyPropagationDelay: 8 * SECOND, statusPropagationDelay: 4 * SECOND };

  test('a new key is refused at first', async () => {
    const { clock, works } = withKey({ behaviour });
    await clock.advance(8 * SECOND - 1);
    expect(await works()).toBe(false);
    await clock.advance(1);
    expect(await works()).toBe(true);
  });

  test('an old key works at once', async () => {
    const { aws, as } = withKey({ behaviour });
    const old = aws.iam.addAccessKey('alice', { createDate: new Date('2025-01-01T00:00:00Z') });
    await expect(outcome(as(old).sts.send(new GetCallerIdentityCommand({})))).resolves.toEqual({
      name: 'ok',
    });
  });

  test.each([
    ['set Inactive', 'setStatus'],
    ['deleted', 'removeAccessKey'],
  ] as const)('a key that was %s works for a while', async (_name, act) => {
    const { aws, clock, key, works } = withKey({ behaviour });
    await clock.advance(MINUTE);
    aws.iam[act](key.accessKeyId, 'Inactive');
    await clock.advance(4 * SECOND - 1);
    expect(await works()).toBe(true);
    await clock.advance(1);
    expect(await works()).toBe(false);
  });

  test('a key that was made Active again is refused for a while', async () => {
    const { aws, clock, key, works } = withKey({ behaviour });
    await clock.advance(MINUTE);
    aws.iam.setStatus(key.accessKeyId, 'Inactive');
    await clock.advance(MINUTE);
    aws.iam.setStatus(key.accessKeyId, 'Active');
    expect(await works()).toBe(false);
    await clock.advance(4 * SECOND);
    expect(await works()).toBe(true);
  });
});

// A path has to be encoded once more for the signature.
const FUNCTION = 'arn:aws:lambda:us-east-1:111122223333:function:shop';

// Each protocol, and CloudWatch, which moved from one to the other.
const SERVICES = ['sts', 'iam', 'secrets', 'cloudWatch', 'lambda'] as const;
const INVALID = {
  sts: { name: 'InvalidClientTokenId', status: 403 },
  iam: { name: 'InvalidClientTokenId', status: 403 },
  secrets: { name: 'UnrecognizedClientException', status: 400 },
  cloudWatch: { name: 'UnrecognizedClientException', status: 400 },
  lambda: { name: 'UnrecognizedClientException', status: 403 },
};
const BAD_SIGNATURE = {
  sts: { name: 'SignatureDoesNotMatch', status: 403 },
  iam: { name: 'SignatureDoesNotMatch', status: 403 },
  secrets: { name: 'InvalidSignatureException', status: 400 },
  cloudWatch: { name: 'InvalidSignatureException', status: 400 },
  lambda: { name: 'InvalidSignatureException', status: 403 },
};

const call = (clients: ReturnType<ReturnType<typeof setUp>['as']>, service: (typeof SERVICES)[number]) => {
  switch (service) {
    case 'sts':
      return outcome(clients.sts.send(new GetCallerIdentityCommand({})));
    case 'iam':
      return outcome(clients.iam.send(new GetUserCommand({ UserName: 'alice' })));
    case 'secrets':
      return outcome(clients.secrets.send(new DescribeSecretCommand({ SecretId: 'alice' })));
    case 'cloudWatch':
      return outcome(clients.cloudWatch.send(new DescribeAlarmsCommand({})));
    case 'lambda':
      return outcome(clients.lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: FUNCTION })));
  }
};

describe.each(SERVICES)('%s refuses', (service) => {
  const world = () => {
    const setup = withKey();
    setup.aws.secretsManager.createSecret('alice');
    setup.aws.lambda.addFunction(FUNCTION);
    const role = setup.aws.roleCredentials(ROLE);
    return { ...setup, role };
  };

  test('nothing that is signed correctly', async () => {
    const { as, clock, key } = world();
    await clock.advance(MINUTE);
    expect(await call(as(key), service)).toEqual({ name: 'ok' });
  });

  test('an unknown key, an Inactive key and a deleted key', async () => {
    const { aws, as, clock, key } = world();
    const deleted = aws.iam.addAccessKey('alice');
    await clock.advance(MINUTE);
    aws.iam.setStatus(key.accessKeyId, 'Inactive');
    aws.iam.removeAccessKey(deleted.accessKeyId);
    await clock.advance(MINUTE);
    const unknown = { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'unknown' };
    for (const credentials of [unknown, key, deleted]) {
      expect(await call(as(credentials), service)).toMatchObject({
        ...INVALID[service],
        message: 'The security token included in the request is invalid.',
      });
    }
  });

  test.each<[string, (role: Credentials & { sessionToken: string }) => Credentials]>([
    ['without its token', ({ accessKeyId, secretAccessKey }) => ({ accessKeyId, secretAccessKey })],
    ['with another token', (role) => ({ ...role, sessionToken: `${role.sessionToken}x` })],
  ])('a role’s session %s', async (_name, change) => {
    const { as, role } = world();
    expect(await call(as(change(role)), service)).toMatchObject(INVALID[service]);
  });

  test('a wrong secret', async () => {
    const { as, role } = world();
    const result = await call(as({ ...role, secretAccessKey: 'wrong' }), service);
    expect(result).toMatchObject(BAD_SIGNATURE[service]);
  });

  test.each([
    [-5 * MINUTE, 'ok', undefined],
    [
      -5 * MINUTE - SECOND,
      'refused',
      'Signature expired: 20260302T075459Z is now earlier than 20260302T075500Z',
    ],
    [5 * MINUTE, 'ok', undefined],
    [5 * MINUTE + SECOND, 'refused', 'Signature not yet current: 20260302T080501Z'],
  ])('a signature that is %i ms off: %s', async (systemClockOffset, expected, message) => {
    const { as, role } = world();
    const result = await call(as(role, { systemClockOffset }), service);
    expect(result).toMatchObject(
      expected === 'ok'
        ? { name: 'ok' }
        : { ...BAD_SIGNATURE[service], message: expect.stringContaining(message ?? '') },
    );
  });

  test.each<[string, (request: HttpRequest) => void]>([
    [
      'body',
      (request) => {
        const { body } = request as { body: string | Uint8Array };
        request.body =
          body === undefined || typeof body === 'string'
            ? `${body ?? ''} `
            : Buffer.concat([body, Buffer.from(' ')]);
      },
    ],
    [
      'signed header',
      (request) => {
        request.headers['amz-sdk-request'] = 'attempt=2';
      },
    ],
    [
      'body hash',
      (request) => {
        request.headers['x-amz-content-sha256'] = '0'.repeat(64);
      },
    ],
    [
      'unsigned x-amz- header',
      (request) => {
        request.headers['x-amz-added'] = '1';
      },
    ],
  ])('a changed %s', async (_name, change) => {
    const { aws, as, role } = world();
    const handler = aws.requestHandler();
    const requestHandler = {
      metadata: handler.metadata,
      handle: (request: HttpRequest) => {
        change(request);
        return handler.handle(request);
      },
      updateHttpClientConfig: () => undefined,
      httpHandlerConfigs: () => ({}),
    };
    const result = await call(as(role, { requestHandler }), service);
    expect(result).toMatchObject(BAD_SIGNATURE[service]);
  });
});

test.each([
  ['iam', {}, 403, 'MissingAuthenticationToken'],
  [
    'secrets',
    { 'x-amz-target': 'secretsmanager.DescribeSecret' },
    400,
    'MissingAuthenticationTokenException',
  ],
])('%s refuses a request without a signature', async (_service, headers, statusCode, code) => {
  const { aws } = setUp();
  const response = await aws.handle({ method: 'POST', path: '/', headers, body: 'Action=GetUser' });
  expect(response.statusCode).toBe(statusCode);
  expect(Buffer.from(response.body).toString()).toContain(code);
});

test('a malformed signature is IncompleteSignature', async () => {
  const { aws } = setUp();
  const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=x' };
  const response = await aws.handle({ method: 'POST', path: '/', headers, body: '' });
  expect(Buffer.from(response.body).toString()).toContain('<Code>IncompleteSignature</Code>');
});

test('the SDK corrects its clock by the answers’ virtual date', async () => {
  const aws = new EmbeddedAws();
  // The clock is not installed: the client lives in real time.
  const { sts } = clientsFor(aws.roleCredentials(ROLE), {
    requestHandler: aws.requestHandler(),
    maxAttempts: 2,
  });
  await expect(sts.send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({
    $metadata: { attempts: 2 },
  });
});

test('a caller with a clock of its own is judged by it, and the answer is dated by it', async () => {
  const { aws, clock } = setUp();
  const callersNow = new Date(clock.now().getTime() + 200 * DAY);
  const dates: unknown[] = [];
  const handle = async (request: WireRequest) => {
    const response = await aws.handle(request, { callersNow });
    dates.push(response.headers.date);
    return response;
  };
  const requestHandler = new InProcessHandler({ clock, handle }, {});
  const credentials = aws.roleCredentials(ROLE);
  const ask = (systemClockOffset: number) =>
    outcome(
      clientsFor(credentials, { requestHandler, systemClockOffset }).sts.send(
        new GetCallerIdentityCommand({}),
      ),
    );
  expect(await ask(200 * DAY)).toEqual({ name: 'ok' });
  expect(await ask(200 * DAY - 6 * MINUTE)).toMatchObject({ name: 'SignatureDoesNotMatch' });
  expect(await ask(0)).toMatchObject({ name: 'SignatureDoesNotMatch' });
  expect(dates).toEqual(Array(3).fill(callersNow.toUTCString()));
});
