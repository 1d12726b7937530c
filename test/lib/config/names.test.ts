import { executionName, executionNameOf } from '../../../lambdas/shared/contract/names';
import { hashedMinute, scheduleName, secretName } from '../../../lib/config/names';

/** Every character that IAM allows in a user name. */
const ALPHABET = [...'ABCXYZabcxyz0189_+=,.@-'];

/** All names of one to three characters, some of the longest, and pairs that a careless escape would merge. */
const NAMES = [
  ...ALPHABET,
  ...ALPHABET.flatMap((a) => ALPHABET.map((b) => a + b)),
  ...ALPHABET.flatMap((a) => ALPHABET.flatMap((b) => ALPHABET.map((c) => a + b + c))),
  ...ALPHABET.map((a) => a.padEnd(64, 'x')),
  ...ALPHABET.map((a) => a.padStart(64, 'x')),
  'a,b',
  'a-b',
  'a_b',
  'a.b',
  'acb',
  'a,cb',
  'ac,b',
  'a,,b',
  'a-c-b',
  ','.repeat(64),
];

const STARTED_AT = new Date('2026-11-22T09:08:07.654Z');

describe.each<[string, (name: string) => string, RegExp]>([
  ['secretName', (userName: string) => secretName(userName), /^[A-Za-z0-9/_+=.@-]{1,512}$/],
  ['scheduleName', scheduleName, /^[0-9a-zA-Z-_.]{1,64}$/],
  ['executionNameOf', executionNameOf, /^[0-9A-Za-z_-]{1,43}$/],
  ['executionName', (name) => executionName(name, STARTED_AT), /^[0-9A-Za-z_-]{1,80}$/],
])('%s', (_title, map, allowed) => {
  test('gives every user name a name that the service accepts', () => {
    expect(NAMES.map(map).filter((name) => !allowed.test(name))).toEqual([]);
  });

  test('gives no two user names the same name', () => {
    expect(new Set(NAMES.map(map)).size).toBe(new Set(NAMES).size);
  });
});

test('a secret is named after its user, and a comma is escaped by a slash, which no user name contains', () => {
  expect(secretName('alice')).toBe('iam-access-key-rotation/alice');
  expect(secretName('alice', 'acme-')).toBe('acme-iam-access-key-rotation/alice');
  expect(secretName('team,ci@example.com')).toBe('iam-access-key-rotation/team/cci@example.com');
});

test('a secret name leads back to its user', () => {
  const userOf = (name: string): string =>
    name.slice('iam-access-key-rotation/'.length).replaceAll('/c', ',');
  expect(NAMES.map((name) => secretName(name)).map(userOf)).toEqual(NAMES);
});

test('schedules begin with the readable part of the user name', () => {
  expect(scheduleName('ci.deploy@example.com')).toBe('ci-deploy-example-com-a04c48a9e1738123');
});

describe('the name of an execution', () => {
  test('is the user and the time to the second, as the documented commands write it', () => {
    expect(executionName('alice', STARTED_AT)).toBe('alice-20261122T090807Z');
  });

  test.each<[string, string, string]>([
    ['stands as it is', 'svc_shop-1', 'svc_shop-1'],
    ['stands as it is, up to 43 characters', 'x'.repeat(43), 'x'.repeat(43)],
    ['is cut and hashed beyond', 'x'.repeat(44), `${'x'.repeat(26)}-4105d609cdfcf79a`],
    [
      'is hashed if Step Functions could not log it',
      'ci.deploy@example.com',
      'ci-deploy-example-com-a04c48a9e1738123',
    ],
  ])('has the user in front, whose name %s', (_how, userName, begins) => {
    expect(executionNameOf(userName)).toBe(begins);
  });

  test('has room for the UUID of the scheduler behind the longest user', () => {
    const longest = Math.max(...NAMES.map((name) => executionNameOf(name).length));
    expect(longest + '-'.length + crypto.randomUUID().length).toBe(80);
  });
});

test('minutes are minutes, stay the same, and spread users over the hour', () => {
  const minutes = Array.from({ length: 600 }, (_, index) => hashedMinute(`user-${index}`));
  expect(minutes.every((minute) => Number.isInteger(minute) && minute >= 0 && minute < 60)).toBe(true);
  expect(new Set(minutes).size).toBe(60);
  expect(hashedMinute('alice')).toBe(1);
});
