import type { Place } from '../../../../lambdas/shared/secret/key-traces';
import { describePlace, explainObstacle } from '../../../../lambdas/shared/words/document';
import { OLD } from '../../support/fixtures';

test.each<[string, Place, string]>([
  ['the root', [], ''],
  ['a field', ['db'], 'db'],
  ['a field in a list of another', ['db', 'hosts', 0, 'url'], 'db.hosts[0].url'],
  ['a name with blanks', ['b c', 'url'], '"b c".url'],
  ['a long name', ['x'.repeat(61)], `"${'x'.repeat(60)}"`],
  ['a name that is not repeated', ['all', null, 1], 'all.(a name with the key in it)[1]'],
])('%s is told as a place', (_case, place, expected) => {
  expect(describePlace(place)).toBe(expected);
});

test.each<[string, readonly Place[], string]>([
  ['one place', [['a']], 'has a beside'],
  ['two places', [['a'], ['b']], 'has a, b beside'],
  ['the same place twice', [['a'], ['a']], 'has a beside'],
  ['two names that are not repeated', [[null], [null]], 'has (a name with the key in it) beside'],
  [
    'more places than are named',
    [1, 2, 3, 4, 5, 6, 7].map((one) => [`at${one}`]),
    'at1, at2, at3, at4, at5 and 2 more beside',
  ],
])('an obstacle at %s', (_case, places, expected) => {
  expect(explainObstacle({ code: 'temporary', places }, 'shop/alice').what[0]).toContain(expected);
});

test('the key of a login without a key is told by its whole ID: a person has to look it up', () => {
  const { what } = explainObstacle({ code: 'unknown-login', accessKeyId: OLD }, 'mail/relay');
  expect(what[1]).toContain(` ${OLD}, which the user does not have`);
});
