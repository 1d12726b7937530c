import { readFileSync } from 'node:fs';
import { PAGES, played } from './page';

test('the tutorial shows what its commands print (else: npx tsx test/local/story/tutorial/page.ts), and Ctrl-C ends it', async () => {
  const page = readFileSync(PAGES.tutorial, 'utf8');
  expect(await played(page)).toEqual({ page, status: 0, printed: '' });
});
