import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { synthesize } from '../../../local/deployment/synthesized-app';
import { main, type Staging } from '../../../local/story/cli';
import { parseCommand } from '../../../local/story/options';
import type { RotationDocument } from '../../../local/story/rotation-run';
import { findSecrets } from '../support/canary';

/** A command of a mail, or a link: a break would spoil it. */
const TO_COPY = /^ {5}aws |\S{70}/;

const PROJECT = join(__dirname, '..', '..', '..');

/** Short waits, so that the consumer's calls are hundreds and not thousands. */
const OPTIONS = [
  '--overlap',
  'PT2H',
  '--notice',
  'PT0S',
  '--quiet',
  'PT1H',
  '--adoption-deadline',
  'P2D',
  '--recovery',
  'PT6H',
  '--seed',
  '7',
];

const command = async (args: readonly string[], staging: Staging = {}) => {
  let stdout = '';
  let stderr = '';
  const exitStatus = await main(
    args,
    {
      out: (text) => {
        stdout += text;
      },
      err: (text) => {
        stderr += text;
      },
      isTerminal: false,
    },
    staging,
  );
  return { stdout, stderr, exitStatus };
};

/** The command as a person runs it. */
const child = (
  args: readonly string[],
): Promise<{ stdout: string; stderr: string; exitStatus: number | null }> =>
  new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, ['--import', 'tsx', join('local', 'main.ts'), ...args], {
      cwd: PROJECT,
    });
    let stdout = '';
    let stderr = '';
    process_.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8');
    });
    process_.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString('utf8');
    });
    process_.once('error', reject);
    process_.once('close', (exitStatus) => resolve({ stdout, stderr, exitStatus }));
  });

test('--json prints one document and nothing else, the same in every process', async () => {
  const sent: string[] = [];
  const [{ stdout, stderr, exitStatus }, inProcess] = [
    await child(['--json', ...OPTIONS]),
    await command(['--json', ...OPTIONS], {
      inspect: ({ aws }) => void sent.push(...aws.eventBridge.events.map((event) => event['detail-type'])),
    }),
  ];
  expect({ stderr, exitStatus }).toEqual({ stderr: '', exitStatus: 0 });
  expect(inProcess.stdout).toBe(stdout);
  // The deployed role may send what the definition announces.
  expect(sent).toEqual([
    'Access Key Published',
    'Access Key Adoption Confirmed',
    'Access Key Deactivated',
    'Access Key Deleted',
  ]);

  const document = JSON.parse(stdout) as RotationDocument;
  const [old] = document.keysBefore;
  expect(document).toEqual({
    status: 'SUCCEEDED',
    userName: 'alice',
    previousAccessKeyId: old?.accessKeyId,
    newAccessKeyId: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/),
    startedAt: '2026-03-02T09:00:00.000Z',
    finishedAt: expect.stringMatching(/^2026-03-0\dT.*Z$/),
    keysBefore: [
      {
        accessKeyId: expect.stringMatching(/^AKIA/),
        status: 'Active',
        createDate: '2025-12-12T08:32:00.000Z',
      },
    ],
    keysAfter: [
      { accessKeyId: document.newAccessKeyId, status: 'Active', createDate: '2026-03-02T09:00:00.000Z' },
    ],
    secret: {
      name: 'iam-access-key-rotation/alice',
      stages: { AWSCURRENT: document.newAccessKeyId, AWSPREVIOUS: document.previousAccessKeyId },
    },
    executions: [
      {
        name: expect.stringMatching(/^alice-/),
        input: { userName: 'alice' },
        status: 'SUCCEEDED',
        outcome: expect.stringContaining('rotation is complete'),
        startedAt: document.startedAt,
        finishedAt: document.finishedAt,
      },
    ],
    consumer: {
      calls: expect.any(Number),
      failures: 0,
      applications: [{ name: 'An application', calls: document.consumer.calls, failures: 0, outages: [] }],
    },
    messages: [],
    events: expect.arrayContaining(['Access Key Published', 'Access Key Deleted']),
    stateTransitions: expect.any(Number),
    apiCalls: expect.objectContaining({
      'iam:CreateAccessKey': 1,
      'iam:UpdateAccessKey': 1,
      'iam:DeleteAccessKey': 1,
    }),
    timeline: expect.any(Array),
  });
  expect(document.consumer.calls).toBeGreaterThan(100);
  expect(document.stateTransitions).toBeGreaterThan(15);
  expect(document.timeline[0]).toEqual({
    at: '2026-03-02T09:00:00.000Z',
    state: 'Plan the rotation',
    outcome: `The key ${document.previousAccessKeyId} of alice is rotated.`,
  });
  expect(document.timeline.at(-1)?.state).toBe('Rotation complete');
}, 90_000);

test('a person reads the story in 80 columns; no place but the secret has key material', async () => {
  const leaks: string[] = [];
  let known = 0;
  let created = '';
  let history = '';
  const { stdout, stderr, exitStatus } = await command(OPTIONS, {
    inspect: (world, { document, executions }) => {
      const found = findSecrets(world, { document, histories: executions.map(({ history }) => history) });
      known = found.known;
      leaks.push(...found.leaks);
      created = document.newAccessKeyId ?? '';
      history = '.local/history-healthy.json';
      const file = () => readFile(join(PROJECT, history), 'utf8');
      later = async (printed) => findSecrets(world, { printed, file: await file() }).leaks;
    },
  });
  expect({ stderr, exitStatus, leaks }).toEqual({ stderr: '', exitStatus: 0, leaks: [] });
  expect(known).toBeGreaterThanOrEqual(2);
  expect(await later(stdout)).toEqual([]);
  for (const line of stdout.split('\n')) if (!TO_COPY.test(line)) expect(line.length).toBeLessThanOrEqual(80);
  for (const text of [
    'Mon 2026-03-02 09:00:00  Plan the rotation',
    `Created and stored ${created}`,
    'Wait for the overlap period',
    '2 hours, until Mon 2026-03-02 11:00:',
    'AWSCURRENT',
    '0 of them failed',
    'state transitions',
    history,
  ]) {
    expect(stdout).toContain(text);
  }
}, 60_000);

const linesOf = (text: string): readonly string[] => text.trimEnd().split('\n');

test('--verbose shows every check and every AWS call', async () => {
  const [short, long] = [await command(OPTIONS), await command(['--verbose', ...OPTIONS])];
  const checks = (text: string) => text.match(/Check that consumers are well/g)?.length ?? 0;
  expect(short.stdout).toContain('more such check');
  expect(short.stdout).not.toContain('iam:CreateAccessKey');
  expect(long.stdout).not.toContain('more such check');
  expect(long.stdout).toContain('iam:CreateAccessKey');
  expect(checks(long.stdout)).toBeGreaterThan(checks(short.stdout));
});

/** Set by the test above while its world is still there. */
let later: (printed: string) => Promise<readonly string[]> = async () => ['not looked'];

test('a rotation that fails ends with status 1, and says what failed and what to do', async () => {
  const { stdout, exitStatus } = await command(OPTIONS, {
    prepare: ({ aws }) => aws.iam.removeUser('alice'),
  });
  expect(exitStatus).toBe(1);
  expect(linesOf(stdout).slice(-3)).toEqual([
    'The rotation did not succeed (FAILED): UserNotFound.',
    '  Keys before: none',
    '  Keys after:  none',
  ]);
  expect(stdout).toContain('UserNotFound: alice is enrolled, but IAM has no such');
  expect(stdout).toContain('docs/runbook.md');
}, 60_000);

test('the document of a rotation that fails names the error', async () => {
  const { stdout, exitStatus } = await command(['--json', ...OPTIONS], {
    prepare: ({ aws }) => aws.iam.removeUser('alice'),
  });
  expect(exitStatus).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'FAILED',
    error: 'UserNotFound',
    newAccessKeyId: null,
    keysAfter: [],
  });
}, 60_000);

test('a permission that the template does not give is missed', async () => {
  const asked = parseCommand(OPTIONS, undefined);
  const app = await synthesize('configuration' in asked ? asked.configuration : undefined);
  const { Resources } = app.template;
  const without = JSON.parse(
    JSON.stringify(Resources).replaceAll('iam:UpdateAccessKey', 'iam:UpdateUser'),
  ) as typeof Resources;
  const { stdout, exitStatus } = await command(['--json', ...OPTIONS], {
    app: { ...app, template: { ...app.template, Resources: without } },
  });
  expect(exitStatus).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'FAILED',
    cause: expect.stringContaining('not authorized to perform: iam:UpdateAccessKey'),
    keysAfter: [{ status: 'Active' }, { status: 'Active' }],
  });
  await app.dispose();
}, 60_000);

test('help and misuse need no synthesis', async () => {
  await expect(command(['--help'])).resolves.toMatchObject({
    exitStatus: 0,
    stderr: '',
    stdout: expect.stringContaining('--recovery'),
  });
  await expect(command(['--nonsense'])).resolves.toMatchObject({
    exitStatus: 2,
    stdout: '',
    stderr: expect.stringContaining('--nonsense'),
  });
});
