import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withAssumptions } from '../../tools/docs/assumptions';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'assumptions.md'), 'utf8');

describe('docs/assumptions.md', () => {
  it('is what the simulation says of itself (else: npx tsx tools/docs/assumptions.ts)', () => {
    expect(withAssumptions(page)).toBe(page);
  });
});
