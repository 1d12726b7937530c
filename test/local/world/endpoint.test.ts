import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { CreateAccessKeyCommand, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { GetFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { serve } from '../../../embedded-aws/serve';
import { connectTo } from '../../../local/world/endpoint';
import { EndpointAws, type PassingCall } from '../../../local/world/endpoint-aws';
import { enrolledUsers } from '../../../local/world/scene';
import { clientsFor, ROLE } from '../../embedded-aws/fixture';
import { HOUR } from '../../support/time';

const FUNCTION = 'arn:aws:lambda:us-east-1:111122223333:function:shop';
const EXECUTION = 'arn:aws:states:us-east-1:111122223333:execution:machine:one';

/** Another embedded AWS plays the emulator: it verifies signatures, and knows only what is sent to it. */
const setUp = async (work: (scene: Awaited<ReturnType<typeof stage>>) => Promise<void>): Promise<void> => {
  const clock = new VirtualClock();
  const uninstall = clock.install();
  const there = new EmbeddedAws({ clock, seed: 2 });
  const server = await serve(there);
  try {
    await clock.run(async () => work(await stage(clock, there, server.url)), { limitMs: 24 * HOUR });
  } finally {
    await server.close();
    uninstall();
  }
};

const stage = async (clock: VirtualClock, there: EmbeddedAws, url: string) => {
  const passed: PassingCall[] = [];
  const here = new EndpointAws({
    clock,
    url,
    sessionOf: (roleArn) => there.roleCredentials(roleArn),
    onTheWay: (call, proceed) => {
      passed.push(call);
      return proceed();
    },
  });
  const session = here.roleCredentials(ROLE);
  const clients = clientsFor(session, { requestHandler: here.requestHandler() });
  return { clock, here, there, passed, session, clients };
};

test('a served call is carried out at the endpoint as it was signed, any other here', () =>
  setUp(async ({ here, there, passed, session, clients }) => {
    there.iam.addUser({ userName: 'alice' });
    here.states.addExecution({ arn: EXECUTION, status: 'RUNNING', startDate: new Date() });
    here.lambda.addFunction(FUNCTION);

    await clients.iam.send(new ListAccessKeysCommand({ UserName: 'alice' }));
    await clients.states.send(new DescribeExecutionCommand({ executionArn: EXECUTION }));
    await clients.lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: FUNCTION }));
    await expect(clients.iam.send(new ListAccessKeysCommand({ UserName: 'bob' }))).rejects.toThrow(/bob/);

    expect(there.calls.map(({ operation, outcome }) => [operation, outcome])).toEqual([
      ['ListAccessKeys', 'ok'],
      ['ListAccessKeys', 'NoSuchEntity'],
    ]);
    expect(here.calls).toMatchObject([
      { service: 'iam', operation: 'ListAccessKeys', caller: ROLE, outcome: 'ok' },
      { service: 'states', operation: 'DescribeExecution', caller: ROLE, outcome: 'ok' },
      { service: 'lambda', operation: 'GetFunctionConcurrency', resource: FUNCTION, outcome: 'ok' },
      { service: 'iam', operation: 'ListAccessKeys', caller: ROLE, outcome: 'NoSuchEntity' },
    ]);
    expect(passed).toMatchObject([
      { signingName: 'iam', operation: 'ListAccessKeys', role: ROLE, accessKeyId: session.accessKeyId },
      { signingName: 'states', operation: 'DescribeExecution' },
      { signingName: 'lambda', operation: 'GetFunctionConcurrency', role: ROLE },
      { signingName: 'iam', operation: 'ListAccessKeys' },
    ]);
  }));

test('CloudTrail, which stays here, records a key that is created there, and its creator', () =>
  setUp(async ({ clock, there, clients }) => {
    there.iam.addUser({ userName: 'alice' });
    const { AccessKey } = await clients.iam.send(new CreateAccessKeyCommand({ UserName: 'alice' }));
    await clock.sleep(HOUR);
    const { Events = [] } = await clients.trail.send(new LookupEventsCommand({}));
    expect(Events).toHaveLength(1);
    expect(JSON.parse(Events[0]?.CloudTrailEvent ?? '')).toMatchObject({
      eventName: 'CreateAccessKey',
      userIdentity: { type: 'AssumedRole', sessionContext: { sessionIssuer: { arn: ROLE } } },
      responseElements: { accessKey: { userName: 'alice', accessKeyId: AccessKey?.AccessKeyId } },
    });
    expect(Events[0]?.CloudTrailEvent).not.toContain(AccessKey?.SecretAccessKey);
  }));

test("an endpoint that breaks a connection breaks the caller's", () =>
  setUp(async ({ there, clients }) => {
    there.faults.inject({ kind: 'before' });
    await expect(clients.iam.send(new ListAccessKeysCommand({ UserName: 'alice' }))).rejects.toThrow(
      'socket hang up',
    );
  }));

describe('connecting', () => {
  /** Answers everything as IAM or STS would, and dates what it creates as given. */
  const stub = async (createDate: string, work: (url: string) => Promise<void>): Promise<void> => {
    const server = createServer((incoming, outgoing) => {
      incoming.resume().once('end', () =>
        outgoing.setHeader('content-type', 'text/xml').end(
          `<Response><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>
           <CreateUserResult><User><CreateDate>${createDate}</CreateDate></User></CreateUserResult></Response>`,
        ),
      );
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    try {
      await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  };

  test("the account is the endpoint's", () =>
    stub('', async (url) => {
      expect(await connectTo(url)).toMatchObject({ url, accountId: '123456789012' });
    }));

  test('no endpoint there: reported in one sentence', async () => {
    await expect(connectTo('http://127.0.0.1:9')).rejects.toThrow(
      /^AWS_ENDPOINT_URL: nothing at http:\/\/127\.0\.0\.1:9 answers as AWS STS does: /,
    );
  });

  // Keys would look months older or younger than they are, and never settle: refusing is better than such a
  // rotation.
  test('an emulator that keeps its own time is refused', () =>
    stub(new Date().toISOString(), async (url) => {
      const { account } = await connectTo(url);
      const [alice] = enrolledUsers([{ userName: 'alice' }]);
      if (alice === undefined) throw new Error('One user was given, so one is enrolled.');
      await expect(account.setScene(alice)).rejects.toThrow(/dates what it creates by a clock of its own/);
    }));
});
