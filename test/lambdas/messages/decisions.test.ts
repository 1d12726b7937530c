import { readFileSync } from 'node:fs';
import { drawDecisions, PAGE_FILE } from './draw';

test('the page says what decisions say (else: npx tsx test/lambdas/messages/page.ts)', () => {
  const decisions = drawDecisions();
  expect(readFileSync(PAGE_FILE, 'utf8').slice(0, decisions.length)).toBe(decisions);
});
