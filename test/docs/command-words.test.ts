import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../command/program';

const ROOT = join(__dirname, '..', '..');
const DOCUMENTS = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const TYPED = /npx --no (?:-- )?access-key-rotation ([^`|\n)]+)/g;

/** What a person types, from examples and from within sentences. */
const LINES: readonly string[] = DOCUMENTS.flatMap((document) =>
  [...readFileSync(join(ROOT, document), 'utf8').matchAll(TYPED)].map(([, words = '']) => words.trim()),
);

test('the README has some', () => {
  expect(LINES).toEqual(expect.arrayContaining(['plan alice', 'start alice --watch', 'rollback alice']));
});

test.each([...new Set(LINES)])('the command understands: %s', async (line) => {
  const { stdout } = spawnSync('sh', ['-euc', `printf '%s\\n' ${line}`], { encoding: 'utf8' });
  let err = '';
  const surroundings = {
    ...{ out: () => {}, ask: undefined, readInput: undefined, directory: ROOT },
    err: (text: string) => {
      err += text;
    },
  };
  // It is awaited, so that it must not be taken for a promise.
  const nothing = new Proxy({}, { get: (_none, name) => (name === 'then' ? undefined : async () => 0) });
  const exit = await run(stdout.trimEnd().split('\n'), surroundings, async () => nothing as never);
  expect([exit, err]).toEqual([0, '']);
});
