import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { CreateGroupCommand, IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { createDeployedWorld } from '../../../local/deployment/deployed-world';
import { synthesize } from '../../../local/deployment/synthesized-app';
import { main } from '../../../local/story/cli';
import { parseCommand } from '../../../local/story/options';
import { styleFor } from '../../../local/story/report';
import { keepServing, type ServedDocument, withOperator } from '../../../local/story/serving';
import { HOUR, MINUTE } from '../../support/time';
import { type Served, startServing } from './tutorial/served';

/** Short waits: what is tested here happens between them. */
const OPTIONS = [
  ...['--start', '2026-03-02T10:00:00Z'],
  ...['--overlap', 'PT2H', '--notice', 'PT0S', '--quiet', 'PT1H', '--recovery', 'PT6H'],
];

let served: Served | undefined;

afterEach(async () => {
  await served?.end();
  served = undefined;
});

const clientConfig = ({ environment }: ServedDocument) => ({
  region: environment.AWS_REGION ?? '',
  endpoint: environment.AWS_ENDPOINT_URL ?? '',
  maxAttempts: 1,
  credentials: {
    accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
    sessionToken: environment.AWS_SESSION_TOKEN ?? '',
  },
});

test('a rotation that a client starts runs to its end as fast as it can, and SIGTERM ends it all', async () => {
  served = await startServing(['--speed', 'max', ...OPTIONS]);
  const { document } = served;
  expect(document).toMatchObject({
    now: '2026-03-02T10:00:00.000Z',
    users: [{ userName: 'alice', secretId: 'iam-access-key-rotation/alice' }],
    outputs: { StateMachineArn: document.environment.STATE_MACHINE_ARN },
  });
  const sfn = new SFNClient(clientConfig(document));
  const iam = new IAMClient(clientConfig(document));
  const keys = async () => {
    const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName: 'alice' }));
    return AccessKeyMetadata.map(({ AccessKeyId }) => AccessKeyId);
  };
  const [old] = await keys();
  const { executionArn } = await sfn.send(
    new StartExecutionCommand({
      stateMachineArn: document.environment.STATE_MACHINE_ARN,
      input: '{"userName":"alice"}',
    }),
  );
  const describe = () => sfn.send(new DescribeExecutionCommand({ executionArn }));
  let described = await describe();
  while (described.status === 'RUNNING') described = await describe();
  expect(described).toMatchObject({ status: 'SUCCEEDED', output: expect.stringContaining('is complete') });
  expect(described.stopDate?.getTime()).toBeGreaterThan(Date.parse('2026-03-02T18:00:00Z'));
  const left = await keys();
  expect(left).toHaveLength(1);
  expect(left).not.toContain(old);
  const { Events = [] } = await new CloudTrailClient(clientConfig(document)).send(
    new LookupEventsCommand({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'StartExecution' }],
    }),
  );
  expect(Events.map(({ Username }) => Username)).toEqual(['operator']);
  expect(await served.end('SIGTERM')).toBe(0);
  expect(served.printed()).toBe('');
});

test('a client is judged by its own clock, and what is not modelled is refused as AWS refuses', async () => {
  served = await startServing(['--speed', '0', ...OPTIONS]);
  const { document } = served;
  const list = (systemClockOffset: number) =>
    new IAMClient({ ...clientConfig(document), systemClockOffset }).send(
      new ListAccessKeysCommand({ UserName: 'alice' }),
    );
  await expect(list(0)).resolves.toMatchObject({ AccessKeyMetadata: [{ Status: 'Active' }] });
  // One who lives in the time of what is served is right, too.
  await expect(list(Date.parse(document.now) - Date.now())).resolves.toMatchObject({});
  await expect(list(-6 * MINUTE)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  await expect(
    new IAMClient(clientConfig(document)).send(new CreateGroupCommand({ GroupName: 'people' })),
  ).rejects.toMatchObject({ name: 'NotModelled', message: expect.stringContaining('iam:CreateGroup') });

  const time = `${document.environment.AWS_ENDPOINT_URL}/time`;
  const ask = async (init?: RequestInit) => {
    const answer = await fetch(time, init);
    return [answer.status, await answer.json()];
  };
  // A second with each of the four calls so far.
  expect(await ask()).toEqual([200, { now: '2026-03-02T10:00:04.000Z' }]);
  expect(await ask({ method: 'POST', body: 'PT1H' })).toEqual([200, { now: '2026-03-02T11:00:04.000Z' }]);
  expect(await ask({ method: 'POST', body: 'tomorrow' })).toEqual([
    400,
    { message: expect.stringContaining('"tomorrow" was sent. Allowed: an ISO 8601 duration') },
  ]);
  expect(await ask()).toEqual([200, { now: '2026-03-02T11:00:04.000Z' }]);
  // As with Ctrl-C under npm, which passes on what the terminal has sent to everybody.
  expect(await Promise.all([served.end(), served.end()])).toEqual([0, 0]);
});

test('present keys are beside the secrets; programs keep them until they are moved, and find no key before', async () => {
  const example = 'docs/examples/adopting';
  served = await startServing([
    ...[
      '--config',
      `${example}/rotation.config.json`,
      '--credential-report',
      `${example}/credential-report.csv`,
    ],
    ...['--speed', '0', ...OPTIONS],
  ]);
  const { document } = served;
  const { PRESENT_KEYS = '', AWS_SHARED_CREDENTIALS_FILE = '', AWS_ENDPOINT_URL } = document.environment;
  expect(readdirSync(PRESENT_KEYS)).toEqual(
    expect.arrayContaining(['ci.csv', 'ci~2.csv', 'shop.csv', 'credentials']),
  );
  expect(readdirSync(PRESENT_KEYS)).not.toContain('warehouse.csv');
  expect(statSync(AWS_SHARED_CREDENTIALS_FILE).mode & 0o077).toBe(0);
  const [, accessKeyId = '', secretAccessKey = ''] =
    /\n(\w+),(\S+)/.exec(readFileSync(join(PRESENT_KEYS, 'shop.csv'), 'utf8')) ?? [];
  const move = async (body: string, method = 'POST') => {
    const answer = await fetch(`${AWS_ENDPOINT_URL}/move`, { method, ...(method === 'POST' && { body }) });
    return [answer.status, await answer.json()];
  };
  const isAllowed = expect.stringContaining('Allowed: a POST with the name of a user who is served.');
  expect(await move('nobody')).toEqual([400, { message: isAllowed }]);
  expect(await move('shop', 'GET')).toEqual([400, { message: isAllowed }]);
  expect(await move('shop')).toEqual([
    409,
    {
      message: expect.stringMatching(
        /^The programs of shop keep the key that they have\. .*holds no access key yet/,
      ),
    },
  ]);
  const secrets = new SecretsManagerClient(clientConfig(document));
  const SecretId = 'iam-access-key-rotation/shop';
  const SecretString = JSON.stringify({
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
  });
  await secrets.send(new PutSecretValueCommand({ SecretId, SecretString }));
  expect(await move('shop')).toEqual([200, { userName: 'shop', programs: 1, read: SecretId }]);
  expect(await move('warehouse')).toMatchObject([200, { programs: 0 }]);
  await served.end();
  expect(existsSync(PRESENT_KEYS)).toBe(false);
});

test('the command that is served lives in the time of what is served', async () => {
  served = await startServing(['--speed', '0', ...OPTIONS]);
  const { bin, environment } = served.document;
  const { stdout } = await promisify(execFile)(join(bin, 'access-key-rotation'), ['status', '--json'], {
    env: { PATH: process.env.PATH ?? '', ...environment },
  });
  expect(JSON.parse(stdout)).toMatchObject({
    at: expect.stringMatching(/^2026-03-02T10:00:/),
    users: [{ userName: 'alice', keys: [{ ageDays: 80 }] }],
  });
});

test.each([
  ['is not there', 'none.csv', /^none\.csv cannot be read: ENOENT/],
  ['is none', 'package.json', /^package\.json is no credential report of IAM/],
])('a report that %s is refused before anything is served', async (_why, file, message) => {
  let err = '';
  const terminal = { out: () => {}, err: (text: string) => (err += text), isTerminal: false };
  expect(await main(['--serve', '--credential-report', file], terminal)).toBe(2);
  expect(err).toMatch(message);
});

test('every user of the configuration is served, and a person reads how it has ended', async () => {
  const command = parseCommand(['--serve', '--speed', '0'], {
    users: [{ userName: 'alice' }, { userName: 'bob', recoveryPeriod: 'P20D' }],
  });
  if (command.kind !== 'serve') throw new Error(JSON.stringify(command));
  const { configuration, users, speed } = command;
  const app = await synthesize(configuration);
  const world = await createDeployedWorld(app, users, {
    start: new Date('2026-03-02T08:00:00Z'),
    others: withOperator,
  });
  let printed = '';
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const out = (text: string): void => {
    if (printed === '') void world.run(() => world.clock.sleep(2 * HOUR)).then(end);
    printed += text;
  };
  try {
    await keepServing(world, { speed, configuration, json: false, style: styleFor(false, {}), out, ended });
  } finally {
    await world.close();
    await app.dispose();
  }
  expect(printed).toContain('export AWS_ENDPOINT_URL=http://127.0.0.1:');
  expect(printed).toContain('The user alice, and the secret iam-access-key-rotation/alice.');
  expect(printed).toContain('The user bob, and the secret iam-access-key-rotation/bob.');
  // Between nine and ten both schedules have asked, and both keys will soon be due.
  for (const { userName } of users) {
    expect(printed).toMatch(new RegExp(`03-02 09:\\d\\d:00 {2}${userName}-\\S+\\n +It starts\\.`));
    expect(printed).toContain(`[${userName} @ 111122223333/us-east-1] the access key will be`);
  }
  expect(printed).toContain('It is Mon 2026-03-02 10:00:00 UTC\n  Time that has passed: 2 hours.');
  expect(printed).toContain('Executions: 2 RUNNING.');
  expect(printed).toContain('Messages to people: 2.');
  expect(printed).toMatch(/bob: AKIA\w{16} Active\. The application made \d+ calls, 0 of them\s+failed\./);
});
