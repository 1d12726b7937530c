import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withGuarantees } from '../../docs/guarantees';
import { INVARIANTS } from '../../local/simulation/invariants';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'guarantees.md'), 'utf8');

describe('docs/guarantees.md', () => {
  it('is what the simulation says of itself (else: npx tsx docs/guarantees.ts)', () => {
    expect(withGuarantees(page)).toBe(page);
  });

  it('has a section for each guarantee, under its number', () => {
    const sections = [...page.matchAll(/^### (\d)\. /gm)].map(([, number]) => Number(number));
    expect(sections).toEqual(Object.keys(INVARIANTS).map(Number));
  });
});
