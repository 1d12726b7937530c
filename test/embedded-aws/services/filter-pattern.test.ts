import { ServiceError } from '../../../embedded-aws/ground/errors';
import { parseFilterPattern } from '../../../embedded-aws/services/filter-pattern';

const invalid = (message: string) => new ServiceError('InvalidParameterException', message, 400);

const matches = (pattern: string, message: string | object): boolean =>
  parseFilterPattern(pattern, invalid)(typeof message === 'string' ? message : JSON.stringify(message));

/** The code of the error, or the result. */
const outcome = (pattern: string, message: string | object = '{}'): string | boolean => {
  try {
    return matches(pattern, message);
  } catch (error) {
    if (error instanceof ServiceError) return error.code;
    throw error;
  }
};

describe('terms', () => {
  test.each<[string, string, boolean]>([
    ['', 'anything', true],
    ['  ', 'anything', true],
    ['" "', 'without-a-blank', true],
    ['""', 'anything', true],
    ['ERROR', '[ERROR 400] BAD REQUEST', true],
    ['ERROR', 'an error', false],
    ['ERROR', 'ERRORCODE', true],
    ['ERROR ARGUMENTS', 'ARGUMENTS: an ERROR', true],
    ['ERROR ARGUMENTS', 'ERROR', false],
    ['"INTERNAL SERVER ERROR"', '[500] INTERNAL SERVER ERROR', true],
    ['"INTERNAL SERVER ERROR"', 'INTERNAL ERROR of SERVER', false],
    ['"of \\"alice\\""', 'a key of "alice"', true],
    ['ERROR -ARGUMENTS', 'ERROR 400', true],
    ['ERROR -ARGUMENTS', 'ERROR: ARGUMENTS', false],
    ['ERROR -"NO ARGUMENTS"', 'ERROR: ARGUMENTS', true],
    ['-ARGUMENTS', 'ERROR', true],
    ['?ERROR ?WARN', 'WARN', true],
    ['?ERROR ?WARN', 'ERROR', true],
    ['?ERROR ?WARN', 'INFO', false],
    // "If you combine ? with other filter patterns, all question mark terms will be ignored."
    ['?ERROR ?WARN REQUEST', 'INFO REQUEST', true],
    ['?ERROR ?WARN REQUEST', 'ERROR', false],
  ])('%j of %j: %s', (pattern, message, expected) => {
    expect(matches(pattern, message)).toBe(expected);
  });

  test.each(['alice@example', 'a.b', 'ERROR "open', '- ERROR'])('%j is refused', (pattern) => {
    expect(outcome(pattern)).toBe('InvalidParameterException');
  });
});

describe('JSON', () => {
  // The guide's own events.
  const EVENT = {
    eventType: 'UpdateTrail',
    sourceIPAddress: '111.111.111.111',
    arrayKey: ['value', 'another value'],
    objectList: [
      { name: 'a', id: 1 },
      { name: 'b', id: 2 },
    ],
    SomeObject: null,
    'cluster.name': 'c',
    flag: true,
    off: false,
    latency: 49.5,
    user: { id: 1, email: 'John.Stiles@example.com' },
    users: [
      { id: 2, email: 'John.Doe@example.com' },
      { id: 3, email: 'Jane.Doe@example.com' },
    ],
    actions: ['GET', 'PUT', 'DELETE'],
    coordinates: [
      [0, 1, 2],
      [4, 5, 6],
      [7, 8, 9],
    ],
  };

  test.each<[string, boolean]>([
    ['{ $.eventType = "UpdateTrail" }', true],
    ['{$.eventType=UpdateTrail}', true],
    ['{ $.eventType = "updateTrail" }', false],
    ['{ $.eventType != "UpdateTrail" }', false],
    ['{ $.eventType != "x" }', true],
    ['{ $.eventType = "Update*" }', true],
    ['{ $.eventType = "Updates*" }', false],
    ['{ $.eventType = "*Trail" }', true],
    ['{ $.eventType = "*Trails" }', false],
    ['{ $.eventType = *ateTr* }', true],
    ['{ $.eventType = * }', true],
    ['{ $.eventType != "Update*" }', false],
    ['{ $.sourceIPAddress != 123.123.* }', true],
    ['{ $.sourceIPAddress != 111.111.* }', false],
    ['{ $.arrayKey[0] = "value" }', true],
    ['{ $.arrayKey[1] = "value" }', false],
    ['{ $.arrayKey[2] = * }', false],
    ['{ $.eventType[0] = "U" }', false],
    ['{ $.objectList[1].id = 2 }', true],
    ['{ $.objectList[1].id = 1 }', false],
    ['{ $.[\'cluster.name\'] = "c" }', true],
    ['{ $[\'cluster.name\'] = "c" }', true],
    ['{ $.latency < 50 }', true],
    ['{ $.latency < 49.5 }', false],
    ['{ $.latency <= 49.5 }', true],
    ['{ $.latency > 49 }', true],
    ['{ $.latency > +4.95e1 }', false],
    ['{ $.latency >= 4.95e+1 }', true],
    ['{ $.latency >= 50 }', false],
    ['{ $.latency = 495e-1 }', true],
    ['{ $.latency != 49.5 }', false],
    ['{ $.latency != -49.5 }', true],
    ['{ $.latency = 4* }', true],
    ['{ $.SomeObject IS NULL }', true],
    ['{ $.eventType IS NULL }', false],
    ['{ $.missing IS NULL }', false],
    ['{ $.flag IS TRUE }', true],
    ['{ $.flag IS FALSE }', false],
    ['{ $.off IS FALSE }', true],
    ['{ $.SomeOtherObject NOT EXISTS }', true],
    ['{ $.eventType NOT EXISTS }', false],
    ['{ $.SomeObject NOT EXISTS }', false],
    ['{ $.eventType.below NOT EXISTS }', true],
    // Of what is no text and no number, no comparison holds.
    ['{ $.users = "x" }', false],
    ['{ $.users != "x" }', false],
    ['{ $.user != "x" }', false],
    ['{ $.flag != "x" }', false],
    ['{ $.SomeObject != "x" }', false],
    ['{ $.missing != "x" }', false],
    ['{ $.missing > 1 }', false],
    ['{ $.toString NOT EXISTS }', true],
    ['{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', true],
    ['{ ($.user.id = 1) && ($.users[0].email = "Jane.Doe@example.com") }', false],
    ['{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', false],
    [
      '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = 9 && $.actions[2] = "nonmatch" }',
      true,
    ],
    [
      '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = 9) && $.actions[2] = "nonmatch" }',
      false,
    ],
    ['{ (($.coordinates[1][2] = 6)) }', true],
  ])('%s: %s', (pattern, expected) => {
    expect(matches(pattern, EVENT)).toBe(expected);
  });

  test.each(['no JSON', '[1]', '"text"', 'null', '{"a"'])(
    '%s has no fields, not even missing ones',
    (message) => {
      expect(matches('{ $.a NOT EXISTS }', message)).toBe(false);
    },
  );

  test.each([
    '{ $.a = "x"',
    '{ $.a = "x" } more',
    '{ $.a }',
    '{ a = "x" }',
    '{ $ = "x" }',
    '{ $.a = }',
    '{ $.a > "x" }',
    '{ $.a <= x }',
    '{ ($.a = 1 }',
    '{ $.a = 1 && }',
    '{ $.a = 1 & $.b = 2 }',
    '{ $.a = a@b }',
    '{ }',
    // "The variables IS NOT and EXISTS currently aren't supported."
    '{ $.a IS NOT NULL }',
    '{ $.a EXISTS }',
    '{ $.a is null }',
  ])('%s is refused', (pattern) => {
    expect(outcome(pattern)).toBe('InvalidParameterException');
  });
});

test.each<[string, string, object]>([
  ['a regular expression', '{ $.a = %x% }', {}],
  ['a regular expression among terms', 'ERROR %x%', {}],
  ['space-delimited events', '[ip, user]', {}],
  ['any element', '{ $.a[*] = "x" }', {}],
  ['any field', '{ $.* = "x" }', {}],
  ['a wildcard within a text', '{ $.a = "x*y" }', {}],
  ['a number that is compared with a text', '{ $.a = "400" }', { a: 400 }],
  ['a text that is compared with a number', '{ $.a = 400 }', { a: '400' }],
])('%s is not modelled', (_what, pattern, event) => {
  expect(outcome(pattern, event)).toBe('NotModelled');
});
