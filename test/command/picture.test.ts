import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SynthesizedApp, synthesize } from '../../local/deployment/synthesized-app';
import { type CommandStage, type Ran, type RunOptions, stageOf } from '../../tools/docs/command-stage';
import { SHORT_PERIODS } from '../support/alice';
import { HOUR, MINUTE } from '../support/time';

/*
 * The picture of a rotation in the account, drawn from what the account shows, beside what the embedded AWS knows.
 */

const USERS = ['alice', 'bob', 'carol'].map((userName) => ({
  ...SHORT_PERIODS,
  recoveryPeriod: 'PT2H',
  rotateAfter: 'P90D',
  idleAfter: 'PT1H',
  force: true,
  userName,
}));
const secretOf = (userName: string): string => `iam-access-key-rotation/${userName}`;

let app: SynthesizedApp;
let stage: CommandStage;
/** What key the program of bob calls with, and whether its calls are refused for what they ask. */
let isRefused = false;
beforeAll(async () => {
  app = await synthesize({ users: USERS });
}, 120_000);
beforeEach(async () => {
  isRefused = false;
  stage = await stageOf(app, USERS);
  const { aws, clock } = stage;
  clock
    .setInterval(() => {
      for (const userName of ['alice', 'bob', 'carol']) {
        const held = JSON.parse(aws.secretsManager.valueOf(secretOf(userName)) ?? '{}') as {
          readonly AccessKeyId?: string;
        };
        const accessKeyId = held.AccessKeyId ?? '';
        if (userName !== 'bob') aws.iam.useAccessKey(accessKeyId);
        else {
          aws.callWith(accessKeyId, {
            eventSource: 'ec2.amazonaws.com',
            eventName: 'DescribeInstances',
            sourceIPAddress: '198.51.100.7',
            ...(isRefused && { error: { code: 'UnauthorizedOperation', message: 'no' } }),
          });
        }
      }
    }, HOUR / 2)
    .unref();
});
afterEach(() => stage.close());
afterAll(() => app.dispose());

const type = (line: string, options: RunOptions = { as: 'Auditor' }): Promise<Ran> =>
  stage.type(line, options);
const pass = (milliseconds: number): Promise<void> => stage.run(() => stage.clock.sleep(milliseconds));
const start = async (line: string): Promise<void> => {
  expect((await type(line, { as: 'Admin' })).exit).toBe(0);
};

interface Drawn extends Ran {
  readonly svg: string;
  /** What it says at each number, and of what is not known. */
  readonly told: string;
}
const draw = async (line: string, options?: RunOptions, exit = 0): Promise<Drawn> => {
  const ran = await type(`${line} --picture picture.svg`, options);
  expect([ran.exit, ran.err]).toEqual([exit, expect.any(String)]);
  const svg = readFileSync(join(stage.directory, 'picture.svg'), 'utf8');
  expect(svg).not.toMatch(/made-up-secret|AKIA/);
  return { ...ran, svg, told: /<desc id="desc">([^<]*)/.exec(svg)?.[1]?.replaceAll('&#39;', "'") ?? '' };
};
/** The texts of a picture, in the order in which they are drawn. */
const textsOf = ({ svg }: Drawn): readonly string[] =>
  [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);
const FAILED_BAR = /<rect [^>]*class="fail"\/>/;
const last = (userName: string, index = 0): string =>
  `…${(stage.aws.iam.keysOf(userName)[index]?.accessKeyId ?? '').slice(-4)}`;

test('a rotation that has ended: keys, labels, calls, checks and messages, and who has started it', async () => {
  await start('start bob');
  await pass(MINUTE);
  const [old, fresh] = [last('bob'), last('bob', 1)];
  await pass(8 * HOUR);
  expect(stage.aws.iam.keysOf('bob')).toHaveLength(1);
  const drawn = await draw('history bob');
  expect(drawn.out).toMatch(/^bob: rotated in \d h\.\nThe picture is in .*picture\.svg\./);
  expect(drawn.told).toContain(`A rotation starts, by Admin/alex. The new key ${fresh} is created.`);
  expect(drawn.told).toContain(`Consumers can read ${fresh}.`);
  expect(drawn.told).toContain(`198.51.100.7 uses ${fresh}.`);
  expect(drawn.told).toContain(`The old key ${old} is set Inactive.`);
  expect(drawn.told).toContain(`The old key ${old} is deleted. Rotation complete.`);
  expect(textsOf(drawn)).toEqual(
    expect.arrayContaining([
      `old key ${old}`,
      'AWSCURRENT',
      'AWSPENDING',
      'overlap period',
      'recovery period',
    ]),
  );
  // The same as the embedded AWS shows: the times at which the statuses changed.
  const created = stage.aws.cloudTrail
    .snapshot()
    .find(
      ({ eventName, requestParameters }) =>
        eventName === 'UpdateAccessKey' && requestParameters?.userName === 'bob',
    );
  expect(drawn.told).toMatch(
    new RegExp(`${created?.at.toISOString().slice(11, 16)}:\\d\\d: The old key ${old} is set Inactive`),
  );
  expect(drawn.svg).not.toMatch(FAILED_BAR);
  expect(drawn.told).toContain('WHETHER ANY CALL FAILED IS NOT KNOWN beyond what is drawn');
});

test('calls that have failed are red, and counted', async () => {
  await start('start bob');
  await pass(HOUR + 10 * MINUTE);
  isRefused = true;
  await pass(2 * HOUR);
  isRefused = false;
  await pass(6 * HOUR);
  const drawn = await draw('history bob');
  expect(drawn.out).toContain(', 4 failed calls in CloudTrail.');
  expect(drawn.svg).toMatch(FAILED_BAR);
  expect(drawn.told).toContain('198.51.100.7: calls fail.');
});

test('what nobody can know is not drawn, and never called well', async () => {
  await start('start alice');
  await pass(8 * HOUR);
  // IAM knows of uses, CloudTrail of none.
  const silent = await draw('history alice');
  // Whoever may ask neither for the records nor CloudTrail sees what Step Functions has.
  const reader = await draw('history alice', { as: 'Reader' });
  for (const { told, svg, out } of [silent, reader]) {
    expect(told).toContain('Left out, because nobody has recorded them: calls of consumers.');
    expect(svg).not.toContain('>Calls of consumers<');
    expect(`${told}${out}`).not.toMatch(/no call failed/);
    expect(told).toContain('Rotation complete.');
  }
  expect(silent.told).toMatch(
    /not known: the event history of CloudTrail has none with these keys.* NOT KNOWN\./,
  );
  expect(reader.told).toContain(
    'Calls of consumers in us-east-1 are not known: AWS has denied cloudtrail:LookupEvents.',
  );
  expect(reader.told).toContain('The records for auditors were not read');
});

test('one that runs ends with now; after a rollback the labels say what is read', async () => {
  await start('start bob');
  await pass(3 * HOUR);
  const running = await draw('history bob');
  expect(running.out).toMatch(/^bob: under way for 3 h\./);
  expect(running.told).not.toContain('complete');
  await start('rollback bob --reason trouble --yes');
  const back = await draw('history bob');
  expect(back.out).toMatch(/^bob: rolled back\./);
  expect(back.told).toContain(`The old key ${last('bob')} is Active again.`);
  expect(back.told).toContain('Another execution takes the rotation over.');
  // AWSCURRENT has stayed where it was.
  expect(textsOf(back)).not.toContain('not known');
  expect(back.told).toMatch(/A rollback starts, by Admin\/alex|A rollback starts\./);
});

test('an emergency is one picture with the rotation that it has interrupted, and says who has declared it', async () => {
  await start('start carol');
  await pass(3 * HOUR);
  const leaked = stage.aws.iam.keysOf('carol')[1]?.accessKeyId;
  await start(`emergency carol ${leaked} --reason log --yes`);
  await pass(8 * HOUR);
  const drawn = await draw('history carol');
  expect(drawn.out).toMatch(/^carol: leaked key Inactive within \d+ s\./);
  expect(drawn.told).toContain('An emergency starts, by Admin/alex.');
  // It was Inactive, and the emergency has brought it back: the step does not note when.
  expect(drawn.told).toContain(`The new key ${last('carol')} is Active again.`);
  expect(textsOf(drawn)).toEqual(expect.arrayContaining(['emergency', 'rotation', '?']));
});

test('an older rotation is drawn by the name of one of its executions', async () => {
  await start('start bob');
  const first = stage.aws.states.listed(stage.stateMachine.arn, 'RUNNING')[0]?.arn.split(':').at(-1) ?? '';
  await pass(8 * HOUR);
  const [old] = [last('bob')];
  await start('start bob');
  await pass(2 * HOUR);
  const youngest = await draw('history bob');
  expect(youngest.out).toContain('under way');
  const named = await draw(`history bob --execution ${first}`);
  expect(named.out).toContain('rotated in');
  expect(textsOf(named)).toContain(`new key ${old}`);
  const json = await type(`history bob --execution ${first} --picture p.svg --json`);
  expect(JSON.parse(json.out)).toMatchObject({
    userName: 'bob',
    picture: expect.stringMatching(/p\.svg$/),
    executions: [expect.stringContaining(first)],
  });
  for (const [line, said] of [
    [`history alice --execution ${first} --picture p.svg`, 'is not an execution of alice, but of bob'],
    [
      'history bob --execution bob-20200101T000000Z --picture p.svg',
      'Neither Step Functions nor the records know',
    ],
  ] as const) {
    const { exit, err } = await type(line);
    expect([line, exit, err]).toEqual([line, 2, expect.stringContaining(said)]);
  }
});

test('when Step Functions has forgotten it, the records tell what they can', async () => {
  await start('start bob');
  await pass(8 * HOUR);
  const heal = stage.aws.faults.inject({
    kind: 'before',
    as: 'http-500',
    times: Number.POSITIVE_INFINITY,
    match: ({ operation }) => operation === 'GetExecutionHistory',
  });
  const drawn = await draw('history bob');
  heal();
  expect(drawn.out).toContain('bob: rotated in');
  expect(drawn.told).toMatch(
    /does not show the history of bob-\S+ its waits, checks and messages are not drawn/,
  );
  expect(drawn.told).toContain('nobody has recorded them: messages to people.');
  // Where AWSCURRENT was before the publication, only the history says.
  expect(textsOf(drawn)).toContain('not known');
});

/** The log gets the record of bob's rotation once more, otherwise. */
const recordAgain = async (otherwise: (record: object) => object): Promise<void> => {
  const name = Object.keys(app.template.Resources).find((id) => id.includes('AuditRecords')) ?? '';
  const [message = '{}'] = stage.aws.logs.messages(name).bob ?? [];
  stage.aws.logs.operations.PutLogEvents.handle(
    {
      logGroupName: name,
      logStreamName: 'bob',
      logEvents: [
        { timestamp: stage.clock.now().getTime(), message: JSON.stringify(otherwise(JSON.parse(message))) },
      ],
    },
    undefined as never,
  );
  // Events show later.
  await pass(HOUR);
};

test.each([
  ['a later release, which the list understands', 0, { recordedAt: '2027-01-01T00:00:00.000Z', added: true }],
  ['a release that is not understood at all', 1, { result: 7 }],
])('a record of %s is said to be one, and the history tells instead', async (_which, listed, changes) => {
  await start('start bob');
  await pass(8 * HOUR);
  await recordAgain((record) => ({ ...record, ...changes }));
  expect((await type('history bob')).exit).toBe(listed);
  const drawn = await draw('history bob', undefined, 1);
  expect(drawn.out).toContain('bob: rotated in');
  expect(drawn.told).toContain('1 of the records are not understood by this release');
});

test.each([
  [5, []],
  [6, ['eu-west-6']],
  [8, ['eu-west-6', 'eu-west-7', 'eu-west-8']],
])('of %i Regions in which the key was used, those that were not asked are named', async (count, left) => {
  await start('start bob');
  await pass(8 * HOUR);
  await recordAgain((record) => {
    const { adoption, ...others } = record as {
      readonly adoption: { readonly usesOfNewKey: readonly object[] };
    };
    const [use] = adoption.usesOfNewKey;
    const uses = Array.from({ length: count }, (_none, index) => ({
      ...use,
      region: `eu-west-${index + 1}`,
    }));
    return {
      ...others,
      adoption: { ...adoption, usesOfNewKey: uses },
      recordedAt: '2027-01-01T00:00:00.000Z',
    };
  });
  const { told, err } = await draw('history bob');
  expect(err).toContain('Asking CloudTrail in eu-west-5');
  expect(/The keys were used in (.*), too, which were not asked/.exec(told)?.[1]?.split(', ') ?? []).toEqual(
    left,
  );
});

test('one that has failed before it had a key, and none at all', async () => {
  const none = await type('history bob --picture p.svg');
  expect([none.exit, none.err]).toEqual([1, expect.stringContaining('No rotation of bob is known')]);
  expect(existsSync(join(stage.directory, 'p.svg'))).toBe(false);
  const failed = await type('rollback bob --yes', { as: 'Admin' });
  const name = /IamAccessKeyRotation:(\S+)/.exec(failed.err)?.[1];
  const drawn = await draw(`history bob --execution ${name}`);
  expect(drawn.out).toContain('bob: failed with NothingToRollBack.');
  expect(drawn.told).toContain('labels of the secret');
});

test('what is wrong is said before anything is read', async () => {
  writeFileSync(join(stage.directory, 'folder'), '');
  writeFileSync(join(stage.directory, 'mine.svg'), '<svg/>');
  mkdirSync(join(stage.directory, 'drawer.svg'));
  for (const [line, said] of [
    ['history --picture p.svg', '--picture draws one rotation: say of which user.'],
    ['history bob --picture p.png', 'give a file whose name ends with .svg'],
    ['history bob --picture .svg', 'give a file whose name ends with .svg'],
    ['history bob --picture mine.svg', 'there is another file, which is no picture of a rotation. It stays.'],
    ['history bob --picture drawer.svg', 'It stays.'],
    ['history bob --picture nowhere/p.svg', 'there is no folder'],
    ['history bob --picture folder/p.svg', 'there is no folder'],
    ['history bob --execution bob-1', '--execution goes with --picture'],
    ['history bob --since 2026-02-31 --picture p.svg', '--since 2026-02-31: give a day'],
  ] as const) {
    const { exit, err } = await type(line);
    expect([line, exit, err]).toEqual([line, 2, expect.stringContaining(said)]);
  }
  expect(readFileSync(join(stage.directory, 'mine.svg'), 'utf8')).toBe('<svg/>');
});
