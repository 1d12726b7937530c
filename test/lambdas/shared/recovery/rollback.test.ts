import { whyNotRollBack } from '../../../../lambdas/shared/recovery/rollback';
import type { Rotation } from '../../../../lambdas/shared/rotation/rotation-state';
import { key, NEW, OLD, ROTATION } from '../../support/fixtures';

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
  const found = whyNotRollBack('alice', { ...ROTATION, ...overrides }, keys);
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(problem);
});

describe('the way by hand', () => {
  const overruled: Readonly<Record<string, Partial<Rotation>>> = {
    'has leaked': { leakedAccessKeyIds: [OLD] },
    'was Inactive before the rotation': { inactiveAccessKeyIdsBefore: [OLD] },
  };
  const byHand = `aws iam update-access-key --user-name alice --access-key-id ${OLD} --status Active.`;

  test.each(Object.entries(overruled))('a key that %s: in full, where it is Inactive', (_case, overrides) => {
    const why = (keys: readonly ReturnType<typeof key>[]) =>
      whyNotRollBack('alice', { ...ROTATION, ...overrides }, keys);
    expect(why([key(OLD, 'Inactive'), key(NEW)])).toContain(`If you know better: ${byHand}`);
    // There is nothing to be set Active.
    for (const keys of [[key(OLD), key(NEW)], [key(NEW)], []]) expect(why(keys)).not.toContain('aws ');
  });
});
