import { type Promised, type Standing, unlike } from '../../../tools/accept/standing';

const OLD = 'AKIAOLDOLDOLDOLDOLD1';
const NEW = 'AKIANEWNEWNEWNEWNEW2';

const PROMISED: Promised = {
  keys: { [OLD]: 'Inactive', [NEW]: 'Active' },
  current: NEW,
  previous: OLD,
  labels: { there: ['AWSCURRENT'], gone: ['AWSPENDING'] },
  answers: { [OLD]: 'refused', [NEW]: 'accepted' },
};
const FOUND: Standing = {
  keys: { [NEW]: 'Active', [OLD]: 'Inactive' },
  current: NEW,
  previous: OLD,
  labels: ['AWSPREVIOUS', 'AWSCURRENT'],
  answers: { [NEW]: 'accepted', [OLD]: 'refused' },
};

test('what is promised is as promised, in whatever order', () => {
  expect(unlike(PROMISED, FOUND)).toEqual([]);
});

test.each<[string, Partial<Standing>, readonly string[]]>([
  [
    'a key that is still Active',
    { keys: { [NEW]: 'Active', [OLD]: 'Active' } },
    ['keys in IAM: ****NEW2 Active, ****OLD1 Active, and not ****NEW2 Active, ****OLD1 Inactive'],
  ],
  ['no key at all', { keys: {} }, ['keys in IAM: none, and not ****NEW2 Active, ****OLD1 Inactive']],
  [
    'a key too many',
    { keys: { ...FOUND.keys, AKIATHIRDKEY3: 'Active' } },
    [
      'keys in IAM: ****KEY3 Active, ****NEW2 Active, ****OLD1 Inactive, and not ****NEW2 Active, ****OLD1 Inactive',
    ],
  ],
  ['the old key in AWSCURRENT', { current: OLD }, ['key in AWSCURRENT: ****OLD1, and not ****NEW2']],
  ['no key in AWSCURRENT', { current: undefined }, ['key in AWSCURRENT: no key, and not ****NEW2']],
  ['another key in AWSPREVIOUS', { previous: NEW }, ['key in AWSPREVIOUS: ****NEW2, and not ****OLD1']],
  ['a missing label', { labels: [] }, ['no label AWSCURRENT']],
  ['a lock that was not given up', { labels: ['AWSCURRENT', 'AWSPENDING'] }, ['still a label AWSPENDING']],
  [
    'an Inactive key that AWS still accepts',
    { answers: { ...FOUND.answers, [OLD]: 'accepted' } },
    ['a call with ****OLD1: accepted, and not refused'],
  ],
  [
    'a key that was not asked about',
    { answers: {} },
    ['a call with ****OLD1: no answer, and not refused', 'a call with ****NEW2: no answer, and not accepted'],
  ],
])('%s is said', (_what, over, lines) => {
  expect(unlike(PROMISED, { ...FOUND, ...over })).toEqual(lines);
});

test('what is not promised is not looked at', () => {
  const { previous: _previous, labels: _labels, ...promised } = PROMISED;
  expect(
    unlike({ ...promised, answers: {} }, { ...FOUND, previous: undefined, labels: [], answers: {} }),
  ).toEqual([]);
});

test('no line has a whole ID', () => {
  const said = unlike(PROMISED, { keys: {}, current: OLD, previous: NEW, labels: [], answers: {} }).join();
  expect(said).not.toContain(OLD);
  expect(said).not.toContain(NEW);
});
