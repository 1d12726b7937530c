import { judgeStatements } from '../../../tools/accept/statements';

const deviates = (text: string) => ({ deviates: text });

test.each<[string, Parameters<typeof judgeStatements>, ReturnType<typeof judgeStatements>]>([
  ['none', [{}], { hold: 0, unexpected: [], known: [] }],
  ['all hold', [{ 'iam/a': 'holds', 'iam/b': 'holds' }], { hold: 2, unexpected: [], known: [] }],
  [
    'AWS does otherwise',
    [{ 'iam/a': 'holds', 'iam/b': deviates('a third key is accepted') }],
    { hold: 1, unexpected: ['iam/b: a third key is accepted'], known: [] },
  ],
  [
    'a deviation that is known of an emulator',
    [{ 'iam/b': deviates('x') }, { 'iam/b': 'x' }],
    { hold: 0, unexpected: [], known: ['iam/b: x'] },
  ],
  [
    'another deviation than the known one',
    [{ 'iam/b': deviates('y') }, { 'iam/b': 'x' }],
    { hold: 0, unexpected: ['iam/b: y'], known: [] },
  ],
  [
    'a known deviation that is gone',
    [{ 'iam/b': 'holds' }, { 'iam/b': 'x' }],
    { hold: 1, unexpected: ['iam/b: holds, and was known as a deviation: x'], known: [] },
  ],
  [
    'a statement that could not be put is no statement that holds',
    [{ 'iam/b': 'not modelled' }],
    { hold: 0, unexpected: ['iam/b: not modelled'], known: [] },
  ],
])('%s', (_what, args, result) => {
  expect(judgeStatements(...args)).toEqual(result);
});
