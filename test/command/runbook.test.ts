import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { relatedTo, sectionsOf } from '../../command/runbook';

const sections = sectionsOf(readFileSync(join(__dirname, '..', '..', 'docs', 'runbook.md'), 'utf8'));

test.each([
  ['leaked', ['A key has leaked', 'LeakedKeyInactive']],
  ['key leaked', ['A key has leaked', 'LeakedKeyGone']],
  ['rolled back', ['RolledBackByHand', 'Bring the old key back']],
  ['EMERGENCY', ['An emergency did not begin', 'EmergencyNotStarted']],
])('%j leads to sections about it', (wanted, expected) => {
  const related = relatedTo(sections, wanted);
  expect(related).toEqual(expect.arrayContaining(expected));
  expect(related.length).toBeLessThanOrEqual(8);
});

test('most words first', () => {
  const [first] = relatedTo(sections, 'rolled back hand');
  expect(first).toBe('RolledBackByHand');
});

test.each(['alice', 'key', '', 'x'.repeat(1000)])('%j leads to none', (wanted) => {
  expect(relatedTo(sections, wanted)).toEqual([]);
});
