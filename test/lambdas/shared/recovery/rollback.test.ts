import { type RollbackObstacle, whyNotRollBack } from '../../../../lambdas/shared/recovery/rollback';
import type { Rotation } from '../../../../lambdas/shared/rotation/rotation-state';
import { setKeyStatus } from '../../../../lambdas/shared/text/commands';
import { explainRollbackObstacle } from '../../../../lambdas/shared/words/rollback';
import { key, NEW, OLD, ROTATION } from '../../support/fixtures';

const inactive = [key(OLD, 'Inactive'), key(NEW)];
const leaked = { leakedAccessKeyIds: [OLD] };
const inactiveBefore = { inactiveAccessKeyIdsBefore: [OLD] };

test.each<[string, Partial<Rotation>, readonly ReturnType<typeof key>[], RollbackObstacle | undefined]>([
  ['the old key is Inactive', {}, inactive, undefined],
  ['the old key is Active', {}, [key(OLD), key(NEW)], undefined],
  ['there is none', { oldAccessKeyId: null }, [key(NEW)], { code: 'no-old-key' }],
  ['it is deleted', {}, [key(NEW)], { code: 'deleted', oldAccessKeyId: OLD }],
  ['it has leaked', leaked, inactive, { code: 'leaked', oldAccessKeyId: OLD, isInactive: true }],
  [
    'it has leaked, and is Active',
    leaked,
    [key(OLD), key(NEW)],
    { code: 'leaked', oldAccessKeyId: OLD, isInactive: false },
  ],
  [
    'it has leaked, and is deleted',
    leaked,
    [key(NEW)],
    { code: 'leaked', oldAccessKeyId: OLD, isInactive: false },
  ],
  [
    'it has leaked, and no key is left',
    leaked,
    [],
    { code: 'leaked', oldAccessKeyId: OLD, isInactive: false },
  ],
  [
    'it was Inactive before the rotation',
    inactiveBefore,
    inactive,
    { code: 'inactive-before', oldAccessKeyId: OLD, isInactive: true },
  ],
  [
    'it was Inactive before the rotation, and is Active now',
    inactiveBefore,
    [key(OLD), key(NEW)],
    { code: 'inactive-before', oldAccessKeyId: OLD, isInactive: false },
  ],
  [
    'it was Inactive before the rotation, and is deleted',
    inactiveBefore,
    [key(NEW)],
    { code: 'inactive-before', oldAccessKeyId: OLD, isInactive: false },
  ],
])('a rollback when %s', (_case, overrides, keys, obstacle) => {
  expect(whyNotRollBack({ ...ROTATION, ...overrides }, keys)).toEqual(obstacle);
});

describe('the way by hand', () => {
  test.each(['leaked', 'inactive-before'] as const)('%s: told where the key is Inactive', (code) => {
    const next = (isInactive: boolean) =>
      explainRollbackObstacle('alice', { code, oldAccessKeyId: OLD, isInactive }).next;
    expect(next(true).at(-1)).toEqual(setKeyStatus('alice', OLD, 'Active'));
    // There is nothing to be set Active.
    expect(next(false).filter((part) => typeof part !== 'string')).toEqual([]);
  });
});
