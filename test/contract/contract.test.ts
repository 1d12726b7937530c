import { judgeSchedule } from '../../lib/config/schedule-expression';
import { guarded } from './guard';
import { embeddedJudge } from './judges/embedded';
import { readRecord } from './record';
import { STATEMENTS } from './statements';
import { ACCEPTED_SCHEDULES, REFUSED_SCHEDULES } from './statements/scheduler';
import { judgeStatement, keyOf, newRunId } from './suite';

const recorded = readRecord();

describe('the embedded AWS', () => {
  it.each(STATEMENTS.map((statement) => [keyOf(statement), statement] as const))(
    'answers %s as recorded, and never deviates',
    async (key, statement) => {
      const runId = newRunId();
      const verdict = await judgeStatement(guarded(embeddedJudge(), runId), statement, runId);
      expect(verdict).toEqual(recorded.verdicts.embedded[key]);
      expect(['holds', 'not modelled']).toContain(verdict);
    },
  );
});

describe('the statements', () => {
  it('have unique keys', () => {
    const keys = STATEMENTS.map(keyOf);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each(Object.entries(recorded.verdicts))('are those in the record of %s', (_judge, verdicts) => {
    expect(Object.keys(verdicts)).toEqual(STATEMENTS.map(keyOf));
  });

  it.each(ACCEPTED_SCHEDULES)('hold %s for a schedule, as the configuration does', (expression) => {
    expect(judgeSchedule(expression, 'Europe/Berlin').kind).toBe('recurring');
  });

  it.each(REFUSED_SCHEDULES)('hold %s for no schedule, as the configuration does', (expression) => {
    expect(judgeSchedule(expression, 'Europe/Berlin').kind).toBe('invalid');
  });
});
