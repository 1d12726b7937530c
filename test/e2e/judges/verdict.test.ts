import { report, verdictsOn } from './verdict';

const FOUND = { rule: 'W1', on: 'AWS::SQS::Queue', says: 'no encryption' };
const REASON = { rules: ['W1'], on: ['AWS::SQS::Queue'], because: 'it is empty' };

describe('verdicts on findings', () => {
  test.each([
    ['nothing', [], [], []],
    ['one with a reason', [FOUND], [REASON], [['explained', 1, 'it is empty']]],
    ['many alike', [FOUND, FOUND, FOUND], [REASON], [['explained', 3, 'it is empty']]],
    ['one without a reason', [FOUND], [], [['UNEXPLAINED', 1, 'no encryption']]],
    [
      'one whose reason is another rule’s',
      [FOUND],
      [{ ...REASON, rules: ['W2'] }],
      [
        ['UNEXPLAINED', 1, 'no encryption'],
        ['NO LONGER FOUND', 0, 'it is empty'],
      ],
    ],
    [
      'one whose reason is another resource’s',
      [FOUND],
      [{ ...REASON, on: ['AWS::SNS::Topic'] }],
      [
        ['NO LONGER FOUND', 0, 'it is empty'],
        ['UNEXPLAINED', 1, 'no encryption'],
      ],
    ],
    ['a reason without a finding', [], [REASON], [['NO LONGER FOUND', 0, 'it is empty']]],
    [
      'a reason for two rules, of which one finds something',
      [FOUND],
      [{ ...REASON, rules: ['W1', 'W2'] }],
      [
        ['NO LONGER FOUND', 0, 'it is empty'],
        ['explained', 1, 'it is empty'],
      ],
    ],
    [
      'one with its reason beside it',
      [{ ...FOUND, because: 'said there' }],
      [],
      [['explained', 1, 'said there']],
    ],
    [
      'two of a kind with a reason each',
      [
        { ...FOUND, because: 'one' },
        { ...FOUND, because: 'two' },
      ],
      [],
      [
        ['explained', 1, 'one'],
        ['explained', 1, 'two'],
      ],
    ],
  ])('%s', (_what, findings, reasons, expected) => {
    expect(
      verdictsOn(findings, reasons).map(({ verdict, found, because }) => [verdict, found, because]),
    ).toEqual(expected);
  });

  test('a table has what is not in order first, and one line for what has one reason', () => {
    const findings = [
      { ...FOUND, rule: 'A1' },
      { ...FOUND, rule: 'A2' },
      { ...FOUND, rule: 'Y' },
      { ...FOUND, rule: 'Z' },
    ];
    expect(report('judge', verdictsOn(findings, [{ ...REASON, rules: ['A1', 'A2'] }]))).toBe(
      [
        'judge: NOT in order: 2 of 4 kinds of findings',
        '| UNEXPLAINED | 1 | Y | AWS::SQS::Queue | no encryption |',
        '| UNEXPLAINED | 1 | Z | AWS::SQS::Queue | no encryption |',
        '| explained | 2 | A1, A2 | AWS::SQS::Queue | it is empty |',
      ].join('\n'),
    );
    expect(report('judge', verdictsOn([FOUND], [REASON]))).toMatch(/^judge: in order\..+: 1\n/);
  });
});
