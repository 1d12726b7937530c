import { whyNotRollBack } from '../../../lambdas/shared/rollback';
import type { Rotation } from '../../../lambdas/shared/rotation-state';
import { key, NEW, OLD, ROTATION } from '../support/fixtures';

test.each<[string, Partial<Rotation>, readonly ReturnType<typeof key>[], RegExp | undefined]>([
  ['the old key is Inactive', {}, [key(OLD, 'Inactive'), key(NEW)], undefined],
  ['the old key is Active', {}, [key(OLD), key(NEW)], undefined],
  ['there is none', { oldAccessKeyId: null }, [key(NEW)], /there is no old one/],
  ['it is deleted', {}, [key(NEW)], /a deletion is final/],
  ['it has leaked', { leakedAccessKeyIds: [OLD] }, [key(OLD, 'Inactive'), key(NEW)], /has leaked/],
  [
    'it was Inactive before the rotation',
    { inactiveAccessKeyIdsBefore: [OLD] },
    [key(OLD, 'Inactive'), key(NEW)],
    /was Inactive when the rotation began/,
  ],
])('a rollback when %s', (_case, overrides, keys, problem) => {
  const found = whyNotRollBack({ ...ROTATION, ...overrides }, keys);
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(problem);
});
