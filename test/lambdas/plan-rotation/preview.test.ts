import { preview, warnOfOutage } from '../../../lambdas/plan-rotation/preview';
import type { Rotation } from '../../../lambdas/shared/rotation/rotation-state';
import { manual, planFacts, used } from '../support/facts';
import { at, key, NOW, OLD, OTHER, ROTATION } from '../support/fixtures';

/* The texts are on the page of messages; here is what a plan looks at. */

const uses = new Map([[OLD, used(at(-4, 'd'))]]);
const outlook = {
  uses,
  health: { kind: 'healthy', reason: 'no health alarm is configured' },
  validator: undefined,
} as const;

test.each([
  ['a plan', { ...manual, action: 'plan' as const }],
  ['a plan that the schedule asks for', { ...manual, action: 'plan' as const, trigger: 'schedule' as const }],
])("%s says what a person's rotation would do, and when the schedule's is due", (_case, input) => {
  const text = preview(planFacts({ input, keys: [key(OLD, 'Active', at(-1, 'd'))] }), outlook, NOW);
  expect(text).toContain('A rotation would start. Rotating ****OLD1.');
  expect(text).toMatch(/By schedule: Not due: .* 2026-05-15T10:00:00\.000Z\.$/);
});

describe('before an emergency begins, it is said whom it hits', () => {
  test.each<[string, Partial<Rotation>, string]>([
    [
      'the leaked key was used',
      { leakedAccessKeyIds: [OLD] },
      ' It was last used: at 2026-02-26T10:00:00.000Z',
    ],
    ['nothing has leaked', {}, ''],
    ['another key has leaked', { leakedAccessKeyIds: [OTHER] }, ''],
    ['there is no old key', { oldAccessKeyId: null, leakedAccessKeyIds: [OLD] }, ''],
    ['its use could not be read', { oldAccessKeyId: OTHER, leakedAccessKeyIds: [OTHER] }, ''],
  ])('%s', (_case, overrides, beginning) => {
    const text = warnOfOutage({ ...ROTATION, ...overrides }, uses);
    if (beginning === '') expect(text).toBe('');
    else expect(text.startsWith(beginning)).toBe(true);
  });
});
