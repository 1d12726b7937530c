import { readFileSync } from 'node:fs';
import { PAGE, played } from './page';

test('the tutorial shows what its commands print, and Ctrl-C ends it', async () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(await played(page)).toEqual({ page, status: 0, printed: '' });
});
