import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFidelity } from '../../tools/docs/fidelity';
import { readRecord } from '../contract/record';
import { STATEMENTS } from '../contract/statements';
import { keyOf } from '../contract/suite';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'fidelity.md'), 'utf8');

describe('docs/fidelity.md', () => {
  it('is what statements and record give (else: npx tsx tools/docs/fidelity.ts)', () => {
    expect(withFidelity(page, STATEMENTS, readRecord())).toBe(page);
  });

  it('names statements that exist', () => {
    const services = new Set(STATEMENTS.map((statement) => keyOf(statement).split('/')[0]));
    const named = [...page.matchAll(/`([a-z-]+)\/([a-z0-9-]+)`/g)]
      .filter(([, service]) => services.has(service))
      .map(([, service, id]) => `${service}/${id}`);

    expect(named.length).toBeGreaterThanOrEqual(STATEMENTS.length);
    expect(STATEMENTS.map(keyOf)).toEqual(expect.arrayContaining(named));
  });
});
