import { readFileSync } from 'node:fs';
import { printed, README_FILE, withOutput } from '../../tools/docs/output';

test('the README shows what npm start prints (else: npx tsx tools/docs/output.ts)', async () => {
  const readme = readFileSync(README_FILE, 'utf8');

  expect(withOutput(readme, await printed())).toBe(readme);
});
