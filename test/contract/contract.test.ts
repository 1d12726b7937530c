import { embeddedJudge } from './judges/embedded';
import { STATEMENTS } from './statements';
import { judgeStatement, keyOf } from './suite';

describe('the embedded AWS', () => {
  test.each(STATEMENTS.map((statement) => [statement.says, statement] as const))(
    '%s',
    async (_says, statement) => {
      expect(await judgeStatement(embeddedJudge(), statement)).toEqual({ verdict: 'holds' });
    },
  );
});

test('no two statements have the same name', () => {
  const keys = STATEMENTS.map(keyOf);
  expect(new Set(keys).size).toBe(keys.length);
});
