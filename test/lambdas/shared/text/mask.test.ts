import { mask, masked } from '../../../../lambdas/shared/text/mask';
import { NEW, OLD } from '../../support/fixtures';

test('of an access key ID, a log has the last four characters', () => {
  expect(mask(OLD)).toBe('****OLD1');
});

test.each([
  ['none', 'alice is not enrolled.', 'alice is not enrolled.'],
  ['one', `Consumers now read ${NEW}.`, 'Consumers now read ****NEW2.'],
  ['two', `${OLD} is Inactive, ${NEW} is Active`, '****OLD1 is Inactive, ****NEW2 is Active'],
  ['one in a command', `--access-key-id ${OLD} --status`, '--access-key-id ****OLD1 --status'],
  ['what only looks like one', 'AKIASHORT and NAKIAOLDOLDOLDOLDOLD1', 'AKIASHORT and NAKIAOLDOLDOLDOLDOLD1'],
])('of a text with %s', (_case, text, expected) => {
  expect(masked(text)).toBe(expected);
});
