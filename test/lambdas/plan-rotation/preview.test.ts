import { preview } from '../../../lambdas/plan-rotation/preview';
import { heldBy, manual, planFacts, secret } from '../support/facts';
import { at, ENROLLED, key, NEW, NOW, OLD, OTHER } from '../support/fixtures';

/* The texts are on the page of messages; here is what a plan looks at. */

const plan = { ...manual, action: 'plan' as const };
const stopped = { kind: 'stopped', stoppedAt: at(-1, 'd') } as const;
const young = [key(OLD, 'Active', at(-1, 'd'))];
const notDue = { kind: 'nothing-to-do', why: { code: 'not-due', due: new Date('2026-05-15T10:00:00.000Z') } };

test.each([
  ['a plan', plan],
  ['a plan that the schedule asks for', { ...plan, trigger: 'schedule' as const }],
])("%s is what a person's rotation would do, and when the schedule's is due", (_case, input) => {
  expect(preview(planFacts({ input, keys: young }), NOW)).toMatchObject({
    kind: 'starts',
    plan: { kind: 'due', why: { code: 'key-due', accessKeyId: OLD } },
    asksOwner: true,
    bySchedule: notDue,
  });
});

test.each<[string, Date, object]>([
  ['notice would be given', at(-74, 'd'), { kind: 'notice', until: at(2, 'd') }],
  ['nothing would be done', at(-72, 'd'), { kind: 'nothing-to-do', why: { code: 'not-due' } }],
])('by schedule %s, whatever the definition of the plan knows', (_case, created, bySchedule) => {
  const facts = { input: plan, enrolled: { ...ENROLLED, noticeBefore: 'P2D' }, knowsNotice: false };
  const seen = preview(planFacts({ ...facts, keys: [key(OLD, 'Active', created)] }), NOW);
  expect(seen).toMatchObject({ kind: 'starts', plan: { kind: 'due' }, bySchedule });
});

const waitedFor = (overlapPeriod: string, notBefore: string, noticeBefore = 'PT0S') =>
  [
    `in use, for an overlap period of ${overlapPeriod}, with a notice of ${noticeBefore}`,
    { enrolled: { ...ENROLLED, overlapPeriod, noticeBefore } },
    { code: 'waited-for', accessKeyId: OLD, notBefore: new Date(notBefore) },
  ] as const;

test.each<readonly [string, Parameters<typeof planFacts>[0], object]>([
  ['not there', { keys: [], current: { kind: 'no-key' } }, { code: 'none' }],
  [
    'Inactive',
    { keys: [key(OLD, 'Inactive')] },
    { code: 'not-active', accessKeyId: OLD, status: 'Inactive' },
  ],
  [
    'leaked',
    { holder: heldBy(stopped, { leakedAccessKeyIds: [OLD] }), keys: [key(OLD), key(NEW)] },
    { code: 'leaked', accessKeyId: OLD },
  ],
  waitedFor('P1D', '2026-03-03T10:00:00.000Z'),
  waitedFor('P2D', '2026-03-04T10:00:00.000Z'),
  waitedFor('P1D', '2026-03-04T10:00:00.000Z', 'P2D'),
])('what becomes of an old key that is %s', (_case, facts, oldKey) => {
  expect(preview(planFacts({ input: plan, ...facts }), NOW)).toMatchObject({
    kind: 'starts',
    oldKey,
    asksOwner: !('code' in oldKey && oldKey.code === 'leaked'),
  });
});

test.each<[string, Parameters<typeof planFacts>[0], string, string]>([
  ['is refused', { keys: [key(OLD), key(OTHER)] }, 'refuse', 'other-keys'],
  ['would do nothing', { enrolled: { ...ENROLLED, paused: 'freeze' } }, 'nothing-to-do', 'paused'],
])('a rotation that %s does not start', (_case, facts, kind, code) => {
  expect(preview(planFacts({ input: plan, ...facts }), NOW)).toMatchObject({
    kind: 'does-not-start',
    plan: { kind, why: { code } },
  });
});

const paused = { secret: secret({ pauseTag: 'audit' }) };
const refusedForKeys = {
  kind: 'does-not-start',
  plan: expect.objectContaining({ error: 'AccessKeyConflict' }),
};

test.each<[string, Parameters<typeof planFacts>[0], object | undefined]>([
  ['nothing: there is none', { keys: [key(OLD), key(OTHER)] }, undefined],
  ['what is refused', { keys: [key(OLD), key(OTHER)], ...paused }, refusedForKeys],
  ['what starts', paused, { kind: 'starts', bySchedule: expect.objectContaining({ kind: 'due' }) }],
  ['what starts, and is not due', { keys: young, ...paused }, { kind: 'starts', bySchedule: notDue }],
  [
    'what both pauses keep back',
    { enrolled: { ...ENROLLED, paused: 'freeze' }, ...paused },
    { kind: 'starts', plan: expect.objectContaining({ kind: 'due' }) },
  ],
])('a pause does not hide %s', (_case, facts, unpaused) => {
  const seen = preview(planFacts({ input: plan, ...facts }), NOW);
  expect('unpaused' in seen && seen.unpaused).toEqual(
    unpaused === undefined ? undefined : expect.objectContaining(unpaused),
  );
});
