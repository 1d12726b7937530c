import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const CELL = /(?<!\\)\|/;

/** The rows of the table: file and code. */
const rows = readFileSync(join(ROOT, 'docs', 'mutants.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \S+\.ts /.test(line))
  .map((line) => line.split(CELL).map((cell) => cell.trim().replaceAll('\\|', '|')))
  .map(([, file = '', code = '']) => [file, code.replaceAll('`', '')] as const);

/** Without regard to how a line is broken. */
const plain = (text: string): string => text.replaceAll(/\s+/g, ' ');

test('there are reasons to read', () => {
  expect(rows.length).toBeGreaterThan(10);
});

test.each(rows)('a change that no test notices is still about code that is there: %s %s', (file, code) => {
  expect(plain(readFileSync(join(ROOT, 'lambdas', file), 'utf8'))).toContain(plain(code));
});
