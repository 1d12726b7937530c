import { readFileSync } from 'node:fs';
import { PAGE, played } from './page';

test('the tutorial shows what its commands print (else: npx tsx test/local/story/tutorial/page.ts), and Ctrl-C ends it', async () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(await played(page)).toEqual({ page, status: 0, printed: '' });
});
