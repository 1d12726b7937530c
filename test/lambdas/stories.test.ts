import { readFileSync } from 'node:fs';
import { drawDecisions, drawStories, PAGE_FILE } from './messages/page';

test('the page says what the functions say (else: npx tsx test/lambdas/messages/page.ts)', async () => {
  const page = readFileSync(PAGE_FILE, 'utf8');
  expect(page.slice(drawDecisions().length + 1)).toBe(await drawStories());
});
