import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { patiently } from '../../command/shell';
import { surveyScheduleName } from '../../lib/config/names';
import { type SynthesizedApp, synthesize } from '../../local/deployment/synthesized-app';
import { type CommandStage, type Ran, type RunOptions, stageOf } from '../../tools/docs/command-stage';
import { SHORT_PERIODS } from '../support/alice';
import { HOUR, MINUTE } from '../support/time';
import { COMPLETIONS } from './completions';

const USERS = [
  { userName: 'alice', healthAlarms: ['orders'] },
  { userName: 'bob', readers: ['arn:aws:iam::111122223333:role/orders'] },
].map((user) => ({
  ...SHORT_PERIODS,
  recoveryPeriod: 'PT2H',
  rotateAfter: 'P90D',
  idleAfter: 'PT1H',
  force: true,
  ...user,
}));
const SECRET = 'iam-access-key-rotation/alice';

let app: SynthesizedApp;
let stage: CommandStage;
beforeAll(async () => {
  app = await synthesize({ users: USERS });
}, 120_000);
beforeEach(async () => {
  stage = await stageOf(app, USERS);
  const { aws, clock, notificationTopicArn } = stage;
  aws.sns.subscribe(notificationTopicArn, 'email', 'oncall@example.com');
  const work = () => {
    const { AccessKeyId = '' } = JSON.parse(aws.secretsManager.valueOf(SECRET) ?? '{}') as {
      AccessKeyId?: string;
    };
    if (AccessKeyId !== '') aws.iam.useAccessKey(AccessKeyId);
  };
  clock.setInterval(work, HOUR).unref();
});
afterEach(async () => {
  const { aws } = stage;
  await stage.close();
  const secrets = JSON.stringify(aws.snapshot()).match(/made-up-secret-\d+/g) ?? [];
  expect(secrets.length).toBeGreaterThan(1);
  expect(written).not.toMatch(/made-up-secret/);
});
afterAll(() => app.dispose());

/** All that commands have written. */
let written = '';
const type = async (line: string, options?: RunOptions): Promise<Ran> => {
  const ran = await stage.type(line, options);
  written += ran.all;
  return ran;
};
const pass = (milliseconds: number): Promise<void> => stage.run(() => stage.clock.sleep(milliseconds));
const keyOf = (userName: string, index = 0): string =>
  stage.aws.iam.keysOf(userName)[index]?.accessKeyId ?? '';
const statuses = (userName: string) => stage.aws.iam.keysOf(userName).map(({ status }) => status);
const started = () => stage.aws.states.listed(stage.stateMachine.arn, 'RUNNING').length;

test('status: who needs a person comes first, and a reader may ask', async () => {
  const before = await type('status', { as: 'Reader' });
  expect(before.exit).toBe(0);
  expect(before.out).toMatch(/^USER .*\nalice .*\nbob .*\n$/);
  stage.aws.iam.setStatus(keyOf('bob'), 'Inactive');
  stage.aws.cloudWatch.removeAlarm('orders');
  const after = await type('status --json', { as: 'Reader' });
  expect(after.exit).toBe(1);
  const { users } = JSON.parse(after.out);
  expect(users.map(({ userName, need }: { userName: string; need: string }) => [userName, need])).toEqual([
    ['alice', 'attention'],
    ['bob', 'fine'],
  ]);
  expect(after.out).toMatch(/"\*{4}\w{4}"/);
  expect(
    stage.aws.calls.filter(({ caller, outcome }) => caller.endsWith('Reader') && outcome !== 'ok'),
  ).toEqual([]);
});

test('--name: a file that names no stack is about whichever is named, and one that does is not', async () => {
  expect((await type('status --name Orders --config rotation.config.json')).err).toContain(
    'of Orders, account',
  );
  const named = JSON.stringify({ stacks: [{ stackName: 'Invoices', users: [{ userName: 'alice' }] }] });
  writeFileSync(join(stage.directory, 'named.json'), named);
  const { exit, err } = await type('status --name Orders --config named.json');
  expect([exit, err]).toEqual([2, expect.stringContaining('named.json has no stack Orders.')]);
});

test('status: one user alone, and one who is not enrolled', async () => {
  expect((await type('status bob')).out).toMatch(/^USER .*\nbob .*\n$/);
  const nobody = await type('status carol');
  expect([nobody.exit, nobody.err]).toEqual([
    2,
    expect.stringContaining('rotation.config.json does not enrol carol. It enrols alice, bob.'),
  ]);
  const nowhere = await type('status', { configured: false });
  expect([nowhere.exit, nowhere.err]).toEqual([2, expect.stringContaining('--config FILE')]);
});

test('who may not is told so, and nothing is started or changed', async () => {
  const calls = await Promise.all([
    type('start alice', { as: 'Reader' }),
    type('pause alice --reason x', { as: 'Reader' }),
    type(`emergency alice ${keyOf('alice')} --reason x --yes`, { as: 'Operator' }),
  ]);
  expect(calls.map(({ exit }) => exit)).toEqual([3, 3, 3]);
  for (const { err } of calls)
    expect(err).toMatch(/AWS has denied it\. .*(Nothing was started|tag is as it was)\./);
  expect(started()).toBe(0);
  expect((await type('status', { as: 'Nobody' })).exit).toBe(3);
});

test('a start that AWS does not answer is not called none', async () => {
  const heal = stage.aws.faults.inject({
    kind: 'after',
    as: 'http-500',
    times: Number.POSITIVE_INFINITY,
    match: ({ operation }) => operation === 'StartExecution',
  });
  const { exit, err } = await type('start alice');
  heal();
  expect([exit, err]).toEqual([
    3,
    expect.stringContaining('Whether it was started is not known: access-key-rotation watch alice'),
  ]);
  expect(started()).toBe(1);
});

const isStart = ({ operation, caller }: { readonly operation: string; readonly caller: string }) =>
  operation === 'StartExecution' && !caller.includes('Scheduler');

test('a start whose answer got lost, and which has ended since, is followed to its end', async () => {
  for (const [line, as, said] of [
    ['plan alice', 'Operator', 'This is only a plan'],
    [`emergency alice ${keyOf('alice')} --reason log --yes`, 'Admin', 'is not Active any more.'],
  ] as const) {
    // When the SDK tries again, the execution has ended.
    stage.aws.faults.inject({ kind: 'after', as: 'http-500', match: isStart });
    stage.aws.faults.inject({ kind: 'delay', ms: 5 * MINUTE, effect: 'with-answer', match: isStart });
    const { exit, out } = await type(line, { as });
    expect([exit, out]).toEqual([0, expect.stringContaining(said)]);
    expect(stage.aws.faults.pending).toBe(0);
  }
});

test('a start in the same second as that of somebody else is not taken for it', async () => {
  const both = await Promise.all([type('start alice --json'), type('rollback alice --yes')]);
  const refused = both.filter(({ err }) => err.includes('In the same second another execution of alice'));
  expect(refused.map(({ exit }) => exit)).toEqual([1]);
  expect(refused[0]?.err).toContain('Nothing was started by this command');
});

test('a rotation is started, and watched through a lost connection to its end', async () => {
  expect((await type('watch alice')).exit).toBe(1);
  const begun = await type('start alice --json');
  const { executionArn } = JSON.parse(begun.out);
  expect(executionArn).toMatch(/:execution:IamAccessKeyRotation:alice-20260302T\d{6}Z$/);
  await pass(HOUR);
  expect((await type('status')).out).toMatch(
    /alice .* adoption .* consumers to move, next 2026-03-02 10:00 UTC/,
  );
  stage.clock.setTimeout(() => {
    const heal = stage.aws.faults.inject({
      kind: 'before',
      as: 'http-500',
      times: Number.POSITIVE_INFINITY,
      match: ({ caller }) => caller.endsWith('Operator'),
    });
    stage.clock.setTimeout(heal, 10 * MINUTE);
  }, HOUR / 2);
  const { exit, out, err } = await type('watch alice');
  expect([exit, err]).toEqual([0, expect.stringMatching(/AWS does not answer\..*\nAWS answers again\.\n$/)]);
  expect(out).toContain('Wait for the overlap period: until 2026-03-02 10:00 UTC.');
  expect(out).toMatch(/Ended: completed\.\nThe old key \w+ of alice is deleted\./);
  expect(statuses('alice')).toEqual(['Active']);
  const explained = await type(`explain ${executionArn}`, { as: 'Reader' });
  expect([explained.exit, explained.out]).toEqual([0, expect.stringContaining('It has ended: completed')]);
});

test('a watch writes a JSON object a line, also the last', async () => {
  const { exit, out } = await type('rollback alice --yes --json');
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect([exit, lines.at(-1)]).toMatchObject([1, { result: 'NothingToRollBack', status: 'FAILED' }]);
  await type('start alice');
  await pass(HOUR);
  const watched = await type('rollback alice --yes --json');
  const [first, ...others] = watched.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(first).toMatchObject({ state: 'Plan the rotation' });
  expect(others.length).toBeGreaterThan(2);
});

test('what others have written does not steer the terminal', async () => {
  const { executionArn } = JSON.parse((await type('start alice --json')).out);
  stage.aws.states.onStop(executionArn, 'Mine', 'a\u001b[2Jb\u202ec');
  await pass(MINUTE);
  const { exit, out } = await type(`explain ${executionArn}`, { as: 'Reader' });
  expect([exit, out]).toEqual([1, expect.stringContaining('It has ended: Mine')]);
  expect(out).toContain('a[2Jbc');
  expect(out).toContain('The runbook says (A rotation was stopped)');
});

test('plan: says what would be, and changes nothing', async () => {
  const { exit, out } = await type('plan alice');
  expect([exit, out]).toEqual([0, expect.stringContaining('This is only a plan: nothing was changed.')]);
  expect(JSON.parse((await type('plan bob --json')).out)).toMatchObject({
    result: 'planned',
    status: 'SUCCEEDED',
  });
  expect([statuses('alice'), statuses('bob')]).toEqual([['Active'], ['Active']]);
  // It is no outcome of a rotation.
  expect((await type('status')).out).not.toContain('planned');
});

test('rollback: only a person who says yes brings the old key back', async () => {
  await type('start alice');
  await pass(3 * HOUR);
  expect(statuses('alice')).toEqual(['Inactive', 'Active']);
  const before = started();
  const unasked = await type('rollback alice');
  expect(unasked.err).not.toContain('NOTHING TO ROLL BACK');
  expect([unasked.exit, unasked.err]).toEqual([
    2,
    expect.stringContaining('add --yes if you are sure. Nothing was started.'),
  ]);
  expect((await type('rollback alice', { answer: 'y' })).exit).toBe(2);
  expect(started()).toBe(before);
  const done = await type('rollback alice --reason trouble', { answer: 'yes' });
  expect([done.exit, done.out]).toEqual([0, expect.stringContaining(`${keyOf('alice')} is Active`)]);
  expect(statuses('alice')).toEqual(['Active', 'Active']);
  const held = await type('status');
  expect([held.exit, held.out]).toEqual([
    1,
    expect.stringContaining('alice: On hold. When the reason is gone: access-key-rotation resume alice'),
  ]);
  expect((await type('resume alice')).exit).toBe(0);
  await pass(HOUR);
  expect((await type('status')).exit).toBe(0);
});

test('a rollback that is not possible is a failure that the runbook explains, and the question says so before', async () => {
  const { exit, out, err } = await type('rollback alice --yes');
  expect([exit, out]).toEqual([1, expect.stringContaining('Ended: NothingToRollBack.')]);
  expect(err).toContain('THERE IS PROBABLY NOTHING TO ROLL BACK: the user has no second key.');
  const name = /IamAccessKeyRotation:(\S+)/.exec(err)?.[1];
  const explained = await type(`explain ${name}`, { as: 'Reader' });
  expect(explained.exit).toBe(1);
  expect(explained.out).toContain('The runbook says (NothingToRollBack)');
  expect(explained.out).toContain('aws iam list-access-keys --user-name "alice"');
  expect((await type('status')).out).toContain(
    `alice: The last execution has ended in NothingToRollBack: access-key-rotation explain ${name}`,
  );
});

test('emergency: the leaked key is Inactive when the command ends, for whoever may declare it', async () => {
  const leaked = keyOf('alice');
  const { exit, out, err } = await type(
    `emergency alice ${leaked} --reason log --outage-accepted --leaked-since 2026-03-01T00:00:00Z`,
    {
      as: 'Responder',
      answer: 'yes',
    },
  );
  expect([exit, out]).toEqual([0, expect.stringContaining(`${leaked} is not Active any more.`)]);
  expect(err).toContain('PROGRAMS FAIL until its successor is published');
  expect(statuses('alice')[0]).toBe('Inactive');
  const declared = stage.emergencies.arn.replace(':stateMachine:', ':execution:');
  const [input] = stage.aws.states
    .listed(stage.stateMachine.arn, 'RUNNING')
    .map((execution) => execution.input);
  expect(input).toMatchObject({ outage: 'accepted', leakedSince: '2026-03-01T00:00:00Z', reason: 'log' });
  expect(JSON.stringify(input)).toContain(declared);
});

test.each([
  ['Responder', 'MAY STILL BE ACTIVE'],
  ['Admin', 'IS STILL ACTIVE'],
] as const)(
  'an emergency that does not get through is urgent, and says what a %s can know',
  async (as, said) => {
    stage.aws.secretsManager.putValue(SECRET, 'no json');
    const { exit, out } = await type(`emergency alice ${keyOf('alice')} --reason log --yes`, { as });
    expect([exit, out]).toEqual([
      1,
      expect.stringContaining(`${keyOf('alice')} ${said}: do what is said above, now.`),
    ]);
    expect(out).toContain('Ended: SecretConflict.');
    expect(statuses('alice')).toEqual(['Active']);
  },
);

test('an emergency is declared, and followed, whatever else does not answer meanwhile', async () => {
  const leaked = keyOf('alice');
  stage.aws.faults.inject({
    kind: 'before',
    as: 'http-500',
    times: Number.POSITIVE_INFINITY,
    match: ({ operation, caller }) => operation === 'ListAccessKeys' && caller.endsWith('Admin'),
  });
  const heal = stage.aws.faults.inject({
    kind: 'before',
    as: 'http-500',
    times: Number.POSITIVE_INFINITY,
    match: ({ operation, caller }) => operation === 'DescribeExecution' && caller.endsWith('Admin'),
  });
  stage.clock.setTimeout(heal, 5 * MINUTE);
  const { exit, out, err } = await type(`emergency alice ${leaked} --reason log --yes`, { as: 'Admin' });
  expect([exit, out]).toEqual([0, expect.stringContaining(`${leaked} is not Active any more.`)]);
  expect(err).toContain('AWS does not answer. Asking again; what was declared goes on without this command.');
  expect(`${out}${err}`).toContain('How the keys are now is not known');
  expect(statuses('alice')[0]).toBe('Inactive');
});

test('a rotation that Step Functions shows late, long after its declaration, is waited for', async () => {
  const rotation = stage.stateMachine.arn.replace(':stateMachine:', ':execution:');
  const heal = stage.aws.faults.inject({
    kind: 'error',
    ...{ code: 'ExecutionDoesNotExist', status: 400, times: Number.POSITIVE_INFINITY },
    match: ({ caller, input }) =>
      caller.endsWith('Admin') && String(input.executionArn).startsWith(`${rotation}:`),
  });
  stage.clock.setTimeout(heal, 90_000);
  const { exit, out } = await type(`emergency alice ${keyOf('alice')} --reason log --yes`, { as: 'Admin' });
  expect([exit, out]).toEqual([0, expect.stringContaining('is not Active any more.')]);
});

test('what takes long says that it is not over, and then nothing more', async () => {
  let said = '';
  const err = (text: string): void => {
    said += text;
  };
  await stage.run(async () => {
    expect(await patiently({ err }, async () => 'at once')).toBe('at once');
    await patiently({ err }, () => stage.clock.sleep(25_000));
    await stage.clock.sleep(60_000);
  });
  expect(said).toBe('Still asking AWS, for 10 seconds ...\nStill asking AWS, for 20 seconds ...\n');
});

test.each(
  [
    ['ExpiredTokenException', 'The session has expired: sign in again.'],
    ['UnrecognizedClientException', 'AWS does not take these credentials.'],
    ['AccessDeniedException', 'AWS has denied it.'],
    ['ThrottlingException', 'AWS has not answered. ThrottlingException'],
    ['ValidationException', 'AWS has refused it. ValidationException'],
  ].flatMap(([code, said]) =>
    [true, false].map((isFirst) => [code as string, isFirst, said as string] as const),
  ),
)(
  '%s, at the first call (%s) or a later one, is said in words, and the exit status is 3',
  async (code, isFirst, said) => {
    for (const line of [
      'status',
      'plan alice',
      'pause alice --reason x',
      'watch alice',
      'history',
      'doctor',
      'start bob',
    ]) {
      const heal = stage.aws.faults.inject({
        kind: 'error',
        ...{ code, status: 400, message: 'no', times: Number.POSITIVE_INFINITY },
        match: ({ caller, operation }) =>
          caller.endsWith('Operator') && (isFirst || operation !== 'GetCallerIdentity'),
      });
      const { exit, all } = await type(line, { as: 'Operator' });
      heal();
      expect([line, exit, all]).toEqual([line, 3, expect.stringContaining(said)]);
    }
    expect(started()).toBe(0);
  },
);

test('a session that expires while it watches ends the watching, and nothing else', async () => {
  await type('start alice');
  stage.clock.setTimeout(() => {
    stage.aws.faults.inject({
      kind: 'error',
      ...{ code: 'ExpiredTokenException', status: 400, message: 'expired', times: Number.POSITIVE_INFINITY },
      match: ({ caller }) => caller.endsWith('Operator'),
    });
  }, HOUR / 2);
  const { exit, err } = await type('watch alice');
  expect([exit, err]).toEqual([3, expect.stringContaining('The session has expired: sign in again.')]);
  expect(started()).toBe(1);
});

const WRONG: readonly (readonly [line: string, said: string])[] = [
  ['emergency alice AKIAEXAMPLE999999999 --reason x --yes', 'alice has no key AKIAEXAMPLE999999999.'],
  ['emergency alice short --reason x --yes', 'accessKeyId must be the ID of an access key'],
  ['emergency alice AKIAEXAMPLE999999999 --yes', "required option '--reason <text>' not specified"],
  [
    'emergency alice AKIAEXAMPLE999999999 --reason x --leaked-since yesterday --yes',
    'leakedSince must be a time in ISO 8601',
  ],
  ['start al/ice', 'userName must be the name of an IAM user'],
  ['status al/ice', 'userName must be the name of an IAM user'],
  ['history --since 2026-02-30', '--since 2026-02-30: give a day'],
  ['pause alice --reason a,b', '--reason becomes the value of a tag'],
  ['history --since soon', '--since soon: give a day'],
  ['history --format xml', 'Allowed choices are table, csv, json, markdown'],
  ['explain NoSuchThing', 'The runbook has no section "NoSuchThing".'],
  ['explain carol-20260302T090004Z', 'Step Functions knows no execution carol-20260302T090004Z'],
  ['status --config nothing.json', 'nothing.json'],
  ['no-such-command', 'unknown command'],
  ['adopt alice', 'It is never an argument: others see those.'],
  ['completion fish', 'Allowed choices are bash, zsh'],
];

test('what is wrong is said before anything is started', async () => {
  for (const [line, said] of WRONG) {
    const { exit, err } = await type(line);
    expect([line, exit, err]).toEqual([line, 2, expect.stringContaining(said)]);
  }
  expect(started()).toBe(0);
});

test('a configuration for another place is refused, and one of several stacks has to be named', async () => {
  const stacks = [
    { stackName: 'There', account: '444455556666', users: [{ userName: 'alice' }] },
    { stackName: 'Far', region: 'eu-west-1', users: [{ userName: 'bob' }] },
    { stackName: 'IamAccessKeyRotation', account: '111122223333', users: [{ userName: 'carol' }] },
  ];
  writeFileSync(join(stage.directory, 'stacks.json'), JSON.stringify({ stacks }));
  const refused = async (line: string): Promise<string> => {
    const { exit, err } = await type(`${line} --config stacks.json`);
    expect(exit).toBe(2);
    return err;
  };
  expect(await refused('start alice')).toContain(
    'say which with --name. They are There, Far, IamAccessKeyRotation.',
  );
  expect(await refused('start alice --name There')).toContain(
    'There in the account 444455556666, us-east-1, and you are in 111122223333, us-east-1',
  );
  expect(await refused('start bob --name Far')).toContain('111122223333, eu-west-1, and you are');
  expect(await refused('status alice --name IamAccessKeyRotation')).toContain('It enrols carol.');
  expect(started()).toBe(0);
});

test('pause and unpause: the tag of the secret, also without a configuration', async () => {
  expect((await type('pause alice --reason audit')).exit).toBe(0);
  expect((await type('status')).out).toMatch(/alice .* audit /);
  // By the mark on the user where it has one, else by the name that stacks give.
  await type('start bob');
  await pass(MINUTE);
  expect((await type('pause bob --reason audit', { configured: false })).exit).toBe(0);
  const ended = [await type('unpause alice', { configured: false }), await type('unpause bob --json')];
  expect(ended.map(({ exit }) => exit)).toEqual([0, 0]);
  expect((await type('status')).out).not.toContain('audit');
});

describe('adopt', () => {
  const given = (userName = 'alice', index = 0): string => {
    const { accessKeyId, secretAccessKey } = stage.aws.iam.keysOf(userName)[index] ?? {};
    return JSON.stringify({ AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey });
  };
  const adopt = (input: string, line = 'adopt alice') => type(line, { as: 'Owner', input });
  const value = () => stage.aws.secretsManager.valueOf(SECRET);

  test('puts the key among what the owner keeps there, once', async () => {
    stage.aws.secretsManager.putValue(SECRET, '{"host":"db"}');
    const { exit, out } = await adopt(given());
    expect([exit, out]).toEqual([
      0,
      expect.stringContaining(`holds the key ****${keyOf('alice').slice(-4)} now.`),
    ]);
    expect(JSON.parse(value() ?? '')).toMatchObject({ host: 'db', AccessKeyId: keyOf('alice') });
    const text = value();
    expect(JSON.parse((await adopt(given(), 'adopt alice --json')).out)).toMatchObject({ changed: false });
    expect(value()).toBe(text);
  });

  test('names a second key, which is in the way of a rotation, and status and doctor know both from then on', async () => {
    const before = await type('status alice');
    expect(before.out).toMatch(/\nalice +\*{4}\w{4} 80 d +not said /);
    stage.aws.secretsManager.putValue(SECRET, '{}');
    const other = stage.aws.iam.addAccessKey('alice', { status: 'Inactive' }).accessKeyId.slice(-4);
    const { out } = await adopt(given());
    expect(out).toContain(
      `alice has another key, ****${other}, which is Inactive. No rotation begins until it is`,
    );
    expect(JSON.parse((await adopt(given(), 'adopt alice --json')).out)).toMatchObject({
      otherKeys: [{ accessKeyId: `****${other}`, status: 'Inactive' }],
    });
    const after = await type('status alice');
    expect(after.exit).toBe(1);
    expect(after.out).toMatch(new RegExp(`80 d, .* Inactive +\\*{4}${keyOf('alice').slice(-4)} `));
    expect(after.out).toMatch(
      new RegExp(`alice: No rotation looks after \\w+${other}, and the secret does not hold it`),
    );
    // A person who writes the secret by hand says nothing.
    stage.aws.secretsManager.putValue(SECRET, given());
    expect((await type('status alice')).out).toMatch(/Inactive +not said /);
  });

  test('reads a file, and what it adopts would be rotated', async () => {
    stage.aws.secretsManager.putValue(SECRET, '{}');
    writeFileSync(join(stage.directory, 'key.json'), given());
    expect((await type('adopt alice --file key.json', { as: 'Owner' })).exit).toBe(0);
    expect((await type('plan alice --json')).out).toContain(`The key ${keyOf('alice')} of alice is rotated.`);
    expect((await type('adopt alice --file none.json', { as: 'Owner' })).err).toContain(
      'none.json cannot be read (ENOENT).',
    );
  });

  test.each<[string, () => string, () => unknown, string]>([
    [
      'another key that works',
      () => given('alice', 1),
      () => stage.aws.iam.addAccessKey('alice', {}),
      'holds another key that works',
    ],
    [
      'the key of somebody else',
      () => given('bob'),
      () => {},
      'is that of arn:aws:iam::111122223333:user/bob, and not of',
    ],
    [
      'an Inactive key',
      () => given(),
      () => stage.aws.iam.setStatus(keyOf('alice'), 'Inactive'),
      'AWS does not accept the key',
    ],
    [
      'a secret that cannot be understood',
      () => given(),
      () => stage.aws.secretsManager.putValue(SECRET, 'no json'),
      'cannot be understood: its value is not JSON',
    ],
  ])('refuses %s, and says why', async (_name, input, prepare, said) => {
    prepare();
    await pass(MINUTE);
    const before = value();
    const { exit, err } = await adopt(input());
    expect([exit, err]).toEqual([1, expect.stringContaining(said)]);
    expect(err).toContain('Nothing was changed');
    expect(value()).toBe(before);
  });

  test('refuses while a rotation is unfinished', async () => {
    await type('start alice');
    await pass(MINUTE);
    const { exit, err } = await adopt(given());
    expect([exit, err]).toEqual([1, expect.stringContaining('A rotation of alice is unfinished')]);
  });

  test('does not overwrite what somebody else puts there meanwhile', async () => {
    stage.aws.secretsManager.putValue(SECRET, '{}');
    stage.aws.faults.inject({
      kind: 'act',
      when: 'after',
      match: ({ operation, caller }) => operation === 'PutSecretValue' && caller.endsWith('Owner'),
      act: () => void stage.aws.secretsManager.putValue(SECRET, '{"theirs":1}'),
    });
    const { exit, err } = await adopt(given());
    expect([exit, err]).toEqual([1, expect.stringContaining('Somebody else has changed AWSCURRENT')]);
    expect(err).not.toContain('Nothing was changed');
    expect(value()).toBe('{"theirs":1}');
  });

  const isMove = ({ operation }: { readonly operation: string }) => operation === 'UpdateSecretVersionStage';

  test('whose move took effect without an answer has adopted the key', async () => {
    stage.aws.secretsManager.putValue(SECRET, '{}');
    stage.aws.faults.inject({ kind: 'after', as: 'http-500', match: isMove });
    const { exit, out } = await adopt(given());
    expect([exit, out]).toEqual([0, expect.stringContaining('holds the key')]);
    expect(stage.aws.faults.pending).toBe(0);
    expect(value()).toContain(keyOf('alice'));
  });

  test('twice at the same moment is once', async () => {
    stage.aws.secretsManager.putValue(SECRET, '{}');
    const both = await Promise.all([adopt(given()), adopt(given())]);
    expect(both.map(({ exit, err }) => [exit, err])).toEqual(
      both.map(() => [0, expect.stringContaining('Checking the key')]),
    );
    expect(stage.aws.calls.filter(isMove).map(({ outcome }) => outcome)).toHaveLength(2);
    expect(value()).toContain(keyOf('alice'));
  });

  test.each<[string, Parameters<CommandStage['aws']['faults']['inject']>[0]]>([
    ['does not answer', { kind: 'before', as: 'http-500', times: Number.POSITIVE_INFINITY }],
    ['denies the question', { kind: 'error', code: 'AccessDeniedException', status: 400 }],
  ])('does not call the secret unchanged where, after a lost answer, AWS %s', async (_what, fault) => {
    stage.aws.secretsManager.putValue(SECRET, '{}');
    stage.aws.faults.inject({ kind: 'after', as: 'http-500', match: isMove });
    let hasMoved = false;
    stage.aws.faults.inject({
      ...fault,
      match: (call) => {
        hasMoved ||= isMove(call);
        return hasMoved && call.operation === 'DescribeSecret';
      },
    });
    const { exit, err } = await adopt(given());
    expect([exit, err]).toEqual([3, expect.stringContaining('Whether consumers read the key is not known')]);
    expect(err).not.toContain('Nothing was changed');
  });
});

test('history: none, and then each execution with who has started it', async () => {
  const none = await type('history', { as: 'Auditor' });
  expect([none.exit, none.out.split('\n')]).toEqual([0, [expect.stringMatching(/^ENDED /), '']]);
  await type('plan alice');
  await type('start bob');
  await pass(HOUR);
  await type('rollback bob --yes --reason =1+1');
  await pass(HOUR);
  const csv = await type('history --format csv --since 2d', { as: 'Auditor' });
  expect(csv.out.split('\r\n').filter((line) => line.includes('assumed-role/Operator/alex'))).toHaveLength(3);
  expect(csv.out).toMatch(
    /bob,rolled-back,rollback,\*{4}\w{4},\*{4}\w{4},assumed-role\/Operator\/alex,-,'=1\+1\r/,
  );
  const [first, ...others] = JSON.parse((await type('history alice --json', { as: 'Auditor' })).out);
  expect([first, others]).toMatchObject([{ userName: 'alice', result: 'planned' }, []]);
  // Without CloudTrail, who it was stays open; without a list of groups, the group can be named.
  expect((await type('history --format markdown', { as: 'Reader' })).exit).toBe(3);
  const group = Object.keys(app.template.Resources).find((id) => id.includes('AuditRecords'));
  const reader = await type(`history --format markdown --audit-log-group ${group}`, { as: 'Reader' });
  expect([reader.exit, reader.err]).toEqual([0, expect.stringContaining('CloudTrail was not read')]);
});

describe('doctor', () => {
  test('finds nothing wrong with what was deployed, and reads only', async () => {
    const { exit, out } = await type('doctor --readers', { as: 'Auditor' });
    expect([exit, out]).toEqual([0, expect.stringContaining('0 wrong, 0 not known.')]);
    expect(out).toContain('its secret may be read by arn:aws:iam::111122223333:role/orders');
  });

  test.each<[string, () => unknown, string, number]>([
    [
      'a missing alarm',
      () => stage.aws.cloudWatch.removeAlarm('orders'),
      'alice: Health alarms are not there: orders.',
      1,
    ],
    [
      'nobody who is told',
      () => stage.aws.sns.unsubscribe(stage.notificationTopicArn),
      'Nobody has confirmed a subscription',
      1,
    ],
    [
      'a user of another stack',
      () =>
        stage.aws.iam.setUserTag(
          'bob',
          'rotation-secret',
          'arn:aws:secretsmanager:eu-west-1:111122223333:secret:other/bob',
        ),
      'bob: belongs to another secret, arn:aws:secretsmanager:eu-west-1',
      1,
    ],
    [
      'a secret that everybody may read',
      () => {
        const statement = {
          Effect: 'Allow',
          Principal: '*',
          Action: 'secretsmanager:GetSecretValue',
          Resource: '*',
        };
        stage.aws.secretsManager.operations.PutResourcePolicy.handle(
          {
            SecretId: SECRET,
            ResourcePolicy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
            BlockPublicPolicy: false,
          },
          undefined as never,
        );
      },
      'alice: EVERYBODY MAY READ ITS SECRET',
      1,
    ],
  ])('finds %s', async (_name, prepare, said, expected) => {
    prepare();
    const { exit, out } = await type('doctor --readers', { as: 'Auditor' });
    expect([exit, out]).toEqual([expected, expect.stringContaining(said)]);
    const json = JSON.parse((await type('doctor --readers --json', { as: 'Auditor' })).out);
    expect(json.summary.wrong).toBe(1);
  });

  test('says who is paused, and finds no fault in it', async () => {
    await type('pause bob --reason audit', { as: 'Operator' });
    const { exit, out } = await type('doctor', { as: 'Auditor' });
    expect([exit, out]).toEqual([0, expect.stringMatching(/^ok +bob: .*is paused \(audit\): no rotation/m)]);
    expect(out).not.toMatch(/alice: .*is paused/);
  });

  const alarmNamed = (part: string): string =>
    stage.aws.cloudWatch.snapshot().find(({ name }) => name.includes(part))?.name ?? '';

  test('knows all alarms of the stack, and which of them have to tell', async () => {
    const alarms = Object.values(app.template.Resources).filter(
      ({ Type }) => Type === 'AWS::CloudWatch::Alarm',
    );
    const telling = alarms.filter(({ Properties }) => Properties?.AlarmActions !== undefined);
    const { out } = await type('doctor', { as: 'Auditor' });
    expect(out).toContain(`its ${alarms.length} alarms`);
    for (const { name } of stage.aws.cloudWatch.snapshot()) stage.aws.cloudWatch.disableActions(name);
    const silent = (await type('doctor', { as: 'Auditor' })).out;
    expect(silent.match(/tells nobody|does not tell its topic/g)).toHaveLength(telling.length);
  });

  test.each<[string, () => unknown, string]>([
    [
      'an alarm that is gone',
      () => stage.aws.cloudWatch.removeAlarm(alarmNamed('Throttled')),
      'its alarm on AWS/States ExecutionThrottled is not there: deploy the stack again',
    ],
    [
      'one that has gone off',
      () => stage.aws.cloudWatch.setAlarmState(alarmNamed('Overdue'), 'ALARM'),
      'is in ALARM since 2026-03-02 08:00 UTC: its description says what to do',
    ],
    [
      'one that cannot go off',
      () => {
        stage.aws.cloudWatch.setAlarmState(alarmNamed('NoHeartbeat'), 'INSUFFICIENT_DATA');
        return pass(2 * HOUR);
      },
      'has had no data since 2026-03-02 08:00 UTC: it cannot go off',
    ],
    [
      'a survey that nothing starts',
      () =>
        stage.aws.scheduler.setSchedule(
          'IamAccessKeyRotation',
          surveyScheduleName('IamAccessKeyRotation'),
          'DISABLED',
        ),
      'the schedule of the survey is switched off',
    ],
  ])('finds %s', async (_name, prepare, said) => {
    await prepare();
    const { exit, out } = await type('doctor', { as: 'Auditor' });
    expect([exit, out]).toEqual([1, expect.stringContaining(`WRONG    IamAccessKeyRotation: `)]);
    expect(out).toContain(said);
  });

  test('an alarm that has just been made may be without data', async () => {
    stage.aws.cloudWatch.setAlarmState(alarmNamed('NoHeartbeat'), 'INSUFFICIENT_DATA');
    expect((await type('doctor', { as: 'Auditor' })).exit).toBe(0);
  });

  test('what no policy of the stack can ask is not known, and nobody is called to look', async () => {
    const { exit, out } = await type('doctor', { as: 'Reader' });
    expect([exit, out]).toEqual([0, expect.stringContaining('0 wrong, 2 not known.')]);
    expect(out).toContain(
      'UNKNOWN  you: NOT KNOWN: what you may start. It needs iam:SimulatePrincipalPolicy',
    );
    expect(out).toContain(
      'whether its alarms are there, and quiet. It needs cloudwatch:DescribeAlarms on all alarms',
    );
    expect(out).not.toMatch(/^ok +you/m);
  });

  test('what it may not read is not known, and not called fine', async () => {
    const { exit, out } = await type('doctor', { as: 'Responder' });
    expect(exit).toBe(3);
    expect(out).toMatch(/UNKNOWN {2}alice: NOT KNOWN: how old its keys are\./);
    expect(out).not.toMatch(/^ok .*alice/m);
  });
});

test('explain: the section of an error, with a user if one is named, and what is running', async () => {
  const plain = await type('explain NothingToRollBack');
  expect([plain.exit, plain.out]).toEqual([0, expect.stringContaining('"$USER_NAME"')]);
  const named = await type('explain NothingToRollBack bob', { as: 'Reader' });
  expect(named.out).not.toContain('"$USER_NAME"');
  const { executionArn } = JSON.parse((await type('start alice --json')).out);
  const running = await type(`explain ${executionArn} --json`);
  expect(JSON.parse(running.out)).toMatchObject({ status: 'RUNNING', userName: 'alice' });
});

test('help says every command, and so does the completion', async () => {
  const { exit, out } = await type('--help');
  expect(exit).toBe(0);
  const commands = [...out.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
  expect(commands).toEqual(expect.arrayContaining(['status', 'adopt', 'doctor', 'completion']));
  const bash = (await type('completion bash')).out;
  for (const name of ['status', 'history', 'emergency'])
    expect(bash).toMatch(new RegExp(`^ +${name}\\) known=`, 'm'));
  expect((await type('completion zsh')).out).toMatch(/^autoload .*bashcompinit/);
  const completed = (typed: string): string => {
    const script = `${bash}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _access_key_rotation; echo "\${COMPREPLY[*]}"`;
    const found = spawnSync('bash', ['-c', script, 'bash', ...typed.split(' ')], { encoding: 'utf8' });
    return found.stdout.trim();
  };
  expect(completed('access-key-rotation st')).toBe('status start');
  for (const [typed, line] of COMPLETIONS) {
    const begun = typed.replace(/[^ ]+$/, '');
    expect(`${begun}${completed(typed) || typed.slice(begun.length)}`).toBe(line);
  }
  // zsh takes a letter after a colon for a modifier. What zsh makes of the script, the lane of the completion asks it.
  expect(bash).not.toMatch(/\$\{[^}]*:[a-z]/i);
});
