import { withoutWhatLooksSecret } from '../../../../lambdas/shared/text/material';

/** As long as a secret access key, and none. */
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCY=EXAMPLEKEY';
const LEFT_OUT = 'found (left out) in a log';

test('the text is as long as it has to be', () => {
  expect(SECRET.slice(0, 40)).toHaveLength(40);
});

const escaped = (escapes: Readonly<Record<string, string>>): string =>
  [...SECRET.slice(0, 40)].map((character) => escapes[character] ?? character).join('');

test.each<[string, string]>([
  ['as it is', escaped({})],
  ['of a URL', escaped({ '/': '%2F', '+': '%2B', '=': '%3D' })],
  ['of a URL, in small letters', escaped({ '/': '%2f', '+': '%2b', '=': '%3d' })],
  ['of JSON', escaped({ '/': '\\/' })],
  ['of JSON, by numbers', escaped({ '/': '\\u002F', '+': '\\u002b', '=': '\\u003d' })],
  ['of a URL in a URL', escaped({ '/': '%252F', '+': '%252B', '=': '%253D' })],
  ['of JSON in JSON', escaped({ '/': '\\\\/' })],
])('what looks like a secret is left out, %s', (_how, text) => {
  expect(withoutWhatLooksSecret(`found ${text} in a log`)).toBe(LEFT_OUT);
});

test('what is made from one is longer', () => {
  expect(withoutWhatLooksSecret(`found ${SECRET.repeat(3)} in a log`)).toBe(LEFT_OUT);
});

test.each([
  'arn:aws:states:us-east-1:111122223333:execution:IamAccessKeyRotation:0f8fad5b-d9cb-469f-a165-70867728950e',
  'aws secretsmanager get-secret-value --secret-id iam-access-key-rotation/alice --query SecretString',
  'https://example.com/a%20list%3Fof=things&more=of%20them&and=yet%20more%20of%20them',
  'an escape is one character: %2F%2F%2F%2F%2F%2F%2F%2F%2F%2F%2F%2F%2F',
  escaped({}).slice(0, 39),
])('nothing else is: %s', (text) => {
  expect(withoutWhatLooksSecret(text)).toBe(text);
});
