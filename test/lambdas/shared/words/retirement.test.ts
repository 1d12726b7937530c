import type { CurrentValue } from '../../../../lambdas/shared/findings/situation';
import type { AccessKey } from '../../../../lambdas/shared/rotation/access-key';
import { ifNothingWorks, newKeyWasChanged } from '../../../../lambdas/shared/words/retirement';
import { holding, key, NEW, OLD, OTHER, UNREADABLE } from '../../support/fixtures';

const both = [key(OLD), key(NEW)];

test.each<[CurrentValue, readonly AccessKey[], string]>([
  [holding(NEW), [key(OLD)], `somebody has deleted the new key ${NEW}`],
  [holding(NEW), [key(OLD), key(NEW, 'Inactive')], `somebody has set the new key ${NEW} Inactive`],
  [
    holding(OLD),
    both,
    `somebody has edited the secret: AWSCURRENT holds ${OLD} instead of the new key ${NEW}`,
  ],
  [{ kind: 'no-key' }, both, 'somebody has edited the secret: AWSCURRENT holds no key any more'],
  [
    UNREADABLE,
    both,
    'somebody has edited the secret: AWSCURRENT cannot be understood any more, because its value is not JSON',
  ],
])('what has become of the new key, by AWSCURRENT and the keys: %#', (current, keys, told) => {
  expect(newKeyWasChanged({ newAccessKeyId: NEW, keys, current })).toBe(told);
});

test.each<[string, CurrentValue, readonly AccessKey[], string | undefined]>([
  ['an Active key', holding(OLD), both, undefined],
  ['an Inactive key', holding(NEW), [key(OLD), key(NEW, 'Inactive')], 'is Inactive: .* now fail'],
  ['no key', { kind: 'no-key' }, both, 'no key: .* now fail'],
  ['what cannot be understood', UNREADABLE, both, 'cannot be understood: .* may fail'],
  ['a key that may be somebody else’s', holding(OTHER), both, 'no key of the user: .* may fail'],
])('%s in AWSCURRENT is as urgent as it is for programs', (_what, current, keys, why) => {
  expect(ifNothingWorks({ keys, current })).toEqual(
    why === undefined ? undefined : { urgent: true, why: expect.stringMatching(new RegExp(why)) },
  );
});
