import { excerptOf } from '../../tools/docs/output';

const entry = (what: string, ...text: string[]): string[] => [
  `Mon 2026-03-02 09:00:00  ${what}`,
  ...text.map((line) => `${' '.repeat(25)}${line}`),
];

const MILESTONES = [
  'Create and store a new key',
  'Publish the new key',
  'Deactivate the old key',
  'Delete the old key',
];

const END = ['The rotation succeeded after 17 days.', '  Keys after: one'];

const outputOf = (entries: readonly string[][]): string =>
  [
    'The story: a rotation.',
    '',
    ...entries.flat(),
    '',
    'The consumers',
    '  All is well.',
    '',
    ...END,
    '',
  ].join('\n');

test('the excerpt has the milestones and the end, and says where something is left out', () => {
  const entries = MILESTONES.map((milestone) => entry(milestone, `${milestone}, done.`));

  const [first = [], ...later] = entries;
  const output = outputOf([entry('Plan the rotation', 'Due.'), first, entry('Test the new key'), ...later]);

  expect(excerptOf(output)).toBe(
    [...first, '...', ...later.flat(), 'The consumers', '  All is well.', ...END].join('\n'),
  );
});

test('what comes twice is shown once', () => {
  const entries = MILESTONES.map((milestone) => entry(milestone));

  expect(excerptOf(outputOf([...entries, entry('Publish the new key', 'Again.')]))).not.toContain('Again.');
});

test.each([...MILESTONES, 'The consumers', 'The rotation succeeded'])(
  'an output without %s is none of ours',
  (part) => {
    const whole = outputOf(MILESTONES.map((milestone) => entry(milestone)));

    expect(() => excerptOf(whole.replaceAll(part, 'Something else'))).toThrow('The output has no ');
  },
);
