import { progressOf } from '../../../lambdas/survey/progress';
import { enrolledUsers } from '../../../local/world/scene';

const STARTED = new Date('2026-03-02T08:00:00.000Z');
const PUBLISHED = '2026-03-02T08:01:00.000Z';
const PAUSED = '2026-03-04T08:00:00.000Z';
const DEACTIVATED = '2026-03-06T09:00:00.000Z';
const ENTERED = new Date('2026-03-07T09:00:00.000Z');
const rotation = { oldAccessKeyId: 'AKIAOLD', supersededAccessKeyId: null };

const at = (input: unknown) =>
  progressOf({ executionArn: 'arn', startedAt: STARTED }, { name: 'Wait for something', at: ENTERED, input });

test.each<[string, object, string, Date]>([
  ['a plan', { userName: 'alice' }, 'starting', ENTERED],
  ['a rotation without its new key', { rotation, newAccessKeyId: null }, 'starting', ENTERED],
  ['a new key', { rotation, newAccessKeyId: 'AKIANEW' }, 'testing', ENTERED],
  ['its publication', { newAccessKeyId: 'AKIANEW', publishedAt: PUBLISHED }, 'adoption', new Date(PUBLISHED)],
  [
    'a pause since then, from which the deadline counts',
    { publishedAt: PUBLISHED, pausedAt: PAUSED },
    'adoption',
    new Date(PAUSED),
  ],
  [
    'the deactivation',
    { publishedAt: PUBLISHED, pausedAt: PAUSED, deactivatedAt: DEACTIVATED },
    'recovery',
    new Date(DEACTIVATED),
  ],
  ['a rollback', { deactivatedAt: DEACTIVATED, rollback: { error: null, reason: 'r' } }, 'rollback', ENTERED],
])('%s', (...[, input, stage, since]) => {
  expect(at(input).progress).toEqual({ stage, since, waitsUntil: undefined });
});

test('it says until when its state waits, which keys it deals with, and by which settings', () => {
  const [settings] = enrolledUsers([{ userName: 'alice', recoveryPeriod: 'P30D' }]);
  const found = at({
    settings,
    rotation: { oldAccessKeyId: 'AKIAOLD', supersededAccessKeyId: 'AKIAOLDER' },
    newAccessKeyId: 'AKIANEW',
    waitUntil: DEACTIVATED,
  });
  expect(found.progress?.waitsUntil).toEqual(new Date(DEACTIVATED));
  expect(found.accessKeyIds).toEqual(['AKIAOLD', 'AKIAOLDER', 'AKIANEW']);
  expect(found.settings?.recoveryPeriod).toBe('P30D');
});

test.each([
  ['no state', undefined],
  ['an input that is no object', { name: 'a', at: ENTERED, input: 'text' }],
  ['a time that is none', { name: 'a', at: ENTERED, input: { publishedAt: 'yesterday' } }],
])('of %s nothing is known, and why', (...[, entered]) => {
  const found = progressOf({ executionArn: 'arn', startedAt: STARTED }, entered);
  expect(found.progress).toBeUndefined();
  expect(found.problem?.code).toMatch(/state/);
});
