import { describeKeys } from '../../../../lambdas/shared/words/keys';
import { key, NEW, OLD } from '../../support/fixtures';

test.each([
  [[], 'The user has no access key.'],
  [[key(OLD)], 'Keys now: ****OLD1 Active.'],
  [[key(OLD, 'Inactive'), key(NEW)], 'Keys now: ****OLD1 Inactive, ****NEW2 Active.'],
])('keys in a sentence', (keys, sentence) => {
  expect(describeKeys(keys)).toBe(sentence);
});
