import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INVARIANTS } from '../../simulation/schedule/invariants';
import { withGuarantees } from '../../tools/docs/guarantees';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'guarantees.md'), 'utf8');

describe('docs/guarantees.md', () => {
  it('is what the simulation says of itself (else: npx tsx tools/docs/guarantees.ts)', () => {
    expect(withGuarantees(page)).toBe(page);
  });

  it('says when everything was last run whole, and that it has not been before the first time', () => {
    const counts = { schedules: 97_487, executions: 227_078, faults: 144_349, violations: 0 };
    const runs = [{ run: '`--seed 1`', commit: 'abc1234', ...counts }];
    const whole = { date: '2027-01-31', commit: 'abc1234', ...counts };
    expect(withGuarantees(page, { whole: null, runs: [] })).toContain('has not been run whole');
    const text = withGuarantees(page, { whole, runs });
    expect(text).toContain('last run whole on 2027-01-31, at commit abc1234: 97,487 schedules');
    expect(text).toMatch(/\| `--seed 1` +\| abc1234 +\| 97,487 +\| 227,078 +\| 144,349 +\| 0 /);
  });

  it('has a section for each guarantee, under its number', () => {
    const sections = [...page.matchAll(/^### (\d)\. /gm)].map(([, number]) => Number(number));
    expect(sections).toEqual(Object.keys(INVARIANTS).map(Number));
  });
});
