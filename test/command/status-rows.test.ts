import { rowOf, tableOf } from '../../command/status-rows';
import { keyVersionId } from '../../lambdas/shared/secret/versions';
import { judgeUser, type UserFacts } from '../../lambdas/survey/decide';
import { surveyedUsers } from '../../lib/config/surveyed';
import { enrolledUsers } from '../../local/world/scene';
import { secret as described } from '../lambdas/support/facts';
import { DAY } from '../support/time';

const NOW = new Date('2026-03-02T09:00:00Z');
const ID = 'AKIAEXAMPLE000000001';
const PROBLEM = { problem: { code: 'aws', answer: 'AccessDenied' } } as const;

const key = (status = 'Active') => ({
  accessKeyId: ID,
  status,
  createDate: new Date(NOW.getTime() - DAY),
});
const secret = (
  current: string | undefined,
  changes: Parameters<typeof described>[0] = {},
): UserFacts['secret'] => ({
  value: described({
    versionByLabel: new Map(current === undefined ? [] : [['AWSCURRENT', current]]),
    changedAt: NOW,
    ...changes,
  }),
});
const STORED = keyVersionId('somebody', ID);

/** The cells of a user of whom this is seen, by the names of their columns. */
const cellsOf = (changes: Partial<UserFacts>): Readonly<Record<string, string>> => {
  const [user] = surveyedUsers(enrolledUsers([{ userName: 'alice' }]));
  if (user === undefined) throw new Error('nobody is enrolled');
  const facts: UserFacts = {
    user,
    keys: { value: [key()] },
    secret: secret(STORED),
    running: { value: undefined },
    lastEnd: { value: undefined },
    alarms: [],
    schedule: { value: 'enabled' },
    ...changes,
  };
  const { columns, rows } = tableOf([rowOf(user, judgeUser(facts, NOW), undefined)], NOW);
  return Object.fromEntries(columns.map((column, index) => [column, rows[0]?.[index] ?? '']));
};

test.each<[string, string, Partial<UserFacts>]>([
  ['the key', '****0001', {}],
  ['a key that is Inactive', '****0001', { keys: { value: [key('Inactive')] } }],
  ['a key that is gone', 'a key that is gone', { keys: { value: [{ ...key(), accessKeyId: 'AKIA2' }] } }],
  ['a key that is gone, of a user without keys', 'a key that is gone', { keys: { value: [] } }],
  ['the key of a user who is gone', 'a key that is gone', { keys: { value: undefined } }],
  ['what an owner has put there', 'not said', { secret: secret('by-hand') }],
  ['the same, of a user without keys', 'not said', { keys: { value: [] }, secret: secret('by-hand') }],
  ['the same, if IAM has not answered', 'not said', { keys: PROBLEM, secret: secret('by-hand') }],
  ['what could not be read', 'not known', { secret: PROBLEM }],
  ['the same, of a user without keys', 'not known', { keys: { value: [] }, secret: PROBLEM }],
  ['a key, and IAM has not answered', 'not known', { keys: PROBLEM }],
  ['nothing', 'nothing', { secret: secret(undefined) }],
  ['no secret', 'no secret', { secret: { value: undefined } }],
  ['a secret that goes', 'secret deleted', { secret: secret(STORED, { scheduledForDeletion: true }) }],
])('in the secret is %s: %s', (_what, cell, facts) => {
  expect(cellsOf(facts)['in secret']).toBe(cell);
});

test('what was not read is not shown as absent', () => {
  expect(cellsOf({})).toMatchObject({ keys: '****0001 1 d', stage: '-', since: '-', hold: '-', paused: '-' });
  expect(cellsOf({ keys: PROBLEM })).toMatchObject({ keys: 'not known', due: 'not known' });
  expect(cellsOf({ keys: { value: undefined } })).toMatchObject({ keys: 'none', due: '-' });
  expect(cellsOf({ secret: PROBLEM })).toMatchObject({ hold: 'not known', paused: 'not known' });
  expect(cellsOf({ running: PROBLEM })).toMatchObject({
    stage: 'not known',
    since: 'not known',
    'waits for': 'not known',
  });
});
