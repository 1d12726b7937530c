import { MadeUpIds } from '../../../simulation/recorded/made-up-ids';
import { type JudgedMoment, readShape, writeShape } from '../../../simulation/recorded/recording';

const CONFIG = {
  ...{ userName: 'alice', noticeBefore: 'PT1H' },
  ...{ overlapPeriod: 'PT2H', quietPeriod: 'PT3H', recoveryPeriod: 'P1D' },
};
const AT = new Date('2026-03-02T08:00:00.123Z');
const KEY = 'AKIAEXAMPLE000000001';

const moment = (changes: Partial<JudgedMoment> = {}): JudgedMoment => ({
  at: AT,
  shape: 'a story',
  config: CONFIG,
  execution: 'second',
  executions: [
    { name: 'first', startDate: AT, redriveCount: 0, input: {}, status: 'ABORTED', stopDate: AT },
    {
      name: 'second',
      startDate: AT,
      redriveCount: 1,
      input: { userName: 'alice' },
      status: 'RUNNING',
      state: { name: 'Plan', input: { status: 'due' } },
    },
  ],
  aws: {
    users: [
      {
        userName: 'alice',
        userId: 'AIDAEXAMPLE000000002',
        path: '/',
        arn: 'arn:aws:iam::111122223333:user/alice',
        createDate: AT,
        keys: [
          {
            accessKeyId: KEY,
            secretAccessKey: 'made-up-secret-1',
            createdAt: AT,
            statuses: [{ at: AT, status: 'Active' }],
            uses: [],
          },
        ],
      },
    ],
    secrets: [
      {
        arn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:s-abcdef',
        name: 's',
        createdDate: AT,
        tags: { 'rotation-paused': 'yes' },
        replicas: [],
        rotationEnabled: false,
        changedAt: AT,
        versions: [
          { versionId: 'one', createdDate: AT, secretString: '{"Version":1}', labels: [] },
          { versionId: 'two', createdDate: AT, secretString: '{ "spaced": 1 }', labels: ['AWSCURRENT'] },
          { versionId: 'three', createdDate: AT, secretString: 'no JSON', labels: ['a', 'b'] },
        ],
      },
    ],
    trail: [],
    alarms: [{ name: 'a', arn: 'arn', kind: 'metric', state: 'OK', stateUpdated: AT }],
    alarmChanges: [],
  },
  learnt: {
    keys: { [KEY]: { madeBy: 'start', status: 'Active', tested: true, broughtBack: false, lastUse: 1 } },
    leaked: [KEY],
    alarmed: false,
    wentOffAt: [],
    paused: true,
    currentSince: 5,
  },
  conduct: {
    consumersMove: true,
    failsOnDeactivation: false,
    refusals: 0,
    acted: false,
    pauseEnds: AT.getTime(),
  },
  goesOn: { executions: { second: 'SUCCEEDED' }, end: 'converged' },
  takenOver: { executions: { successor: 'FAILED SecretConflict' }, end: 'SecretConflict' },
  ...changes,
});

test.each([
  ['no moment', []],
  ['one', [moment()]],
  ['many, and equal ones', [moment(), moment(), moment({ at: new Date(AT.getTime() + 1) })]],
] as const)('a written file can be read: %s', (_number, moments) => {
  const text = writeShape('a story', CONFIG, moments);
  expect(readShape(text, 'f')).toEqual(moments);
});

test('a story of a release that gave no notice is played without one', () => {
  const { noticeBefore: _none, ...config } = CONFIG;
  const text = writeShape('a story', config, [moment({ config })]);
  expect(text).not.toContain('noticeBefore');
  expect(readShape(text, 'a.json').map((read) => read.config)).toEqual([{ ...CONFIG, noticeBefore: 'PT0S' }]);
});

test('what CloudTrail recorded in a release that knew only IAM’s events is of IAM', () => {
  const entry = {
    eventSource: 'iam.amazonaws.com',
    region: 'us-east-1',
    eventName: 'CreateAccessKey',
    at: AT,
    principal: {
      kind: 'user' as const,
      arn: 'arn:aws:iam::111122223333:user/operator',
      userId: 'AIDAEXAMPLE000000002',
      userName: 'operator',
    },
    accessKeyId: KEY,
    requestParameters: { userName: 'alice' },
    responseElements: null,
  };
  const told = moment({ aws: { ...moment().aws, trail: [entry] } });
  const text = writeShape('a story', CONFIG, [told]);
  expect(readShape(text, 'f')).toEqual([told]);
  const older = text.replace('"eventSource":"iam.amazonaws.com","region":"us-east-1",', '');
  expect(older).not.toBe(text);
  expect(readShape(older, 'f')).toEqual([told]);
});

test('common parts of moments are written once', () => {
  const once = writeShape('a story', CONFIG, [moment()]);
  const twice = writeShape('a story', CONFIG, [moment(), moment()]);
  expect(twice.split('\n')).toHaveLength(once.split('\n').length + 1);
});

describe('a file that is not a recording is refused, and the error says where', () => {
  const text = writeShape('a story', CONFIG, [moment()]);

  test.each([
    ['no JSON', '{', /^f is not JSON: /],
    ['a field is missing', text.replace('"changedAt"', '"changed"'), /aws\[0\]\.secrets\[0\]\.changedAt/],
    ['a field is unknown', text.replace('"acted"', '"sleeps":true,"acted"'), /"sleeps"\s.*conduct\[0\]/],
    ['no such time', text.replace('"at":"2026-', '"at":"26-'), /moments\[0\]\.at|statuses\[0\]\.at/],
    ['a row that does not exist', text.replace('"learnt":0', '"learnt":4'), /^f has no row 4 in "learnt"$/],
  ])('%s', (_what, broken, message) => {
    expect(broken).not.toBe(text);
    expect(() => readShape(broken, 'f')).toThrow(message);
  });
});

describe('no identifier is written that could be AWS’s', () => {
  test.each([
    ['a key', { accessKeyId: 'AKIAQ234567ABCDEFGHI' }],
    ['key material', { secretAccessKey: 'anything' }],
  ])('%s', (_what, changes) => {
    const { aws } = moment();
    const users = aws.users.map((user) => ({
      ...user,
      keys: user.keys.map((key) => ({ ...key, ...changes })),
    }));
    expect(() => writeShape('a story', CONFIG, [moment({ aws: { ...aws, users } })])).toThrow(
      Object.keys(changes)[0],
    );
  });
});

test('identifiers for recordings are made up, and no two are the same', () => {
  const ids = new MadeUpIds(1);
  const all = [ids.uniqueId('AKIA'), ids.secretAccessKey(), ids.uniqueId('AIDA'), ids.secretAccessKey()];
  expect(all).toEqual([
    'AKIAEXAMPLE000000001',
    'made-up-secret-2',
    'AIDAEXAMPLE000000003',
    'made-up-secret-4',
  ]);
});
