import { mask, maskAll } from '../../../../lambdas/shared/text/mask';
import { NEW, OLD } from '../../support/fixtures';

test('of an access key ID, people see the last four characters', () => {
  expect(mask(OLD)).toBe('****OLD1');
  expect([[], [OLD], [OLD, NEW]].map(maskAll)).toEqual(['none', '****OLD1', '****OLD1 and ****NEW2']);
});
