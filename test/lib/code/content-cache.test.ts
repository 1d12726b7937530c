import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ContentCache, contentKey } from '../../../lib/code/content-cache';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'content-cache-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a key', () => {
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  };
  const key = (values: unknown = { node: 'v20' }, paths = ['lib', 'lock.json', 'absent']): string =>
    contentKey(directory, paths, values);

  beforeEach(() => {
    write('lib/a.ts', 'one');
    write('lib/deep/b.ts', 'two');
    write('lock.json', '{}');
    write('README.md', 'not asked for');
  });

  test.each<[string, () => void]>([
    ['a file has different content', () => write('lib/a.ts', 'ones')],
    ['a file in a nested directory has different content', () => write('lib/deep/b.ts', '')],
    ['a single file has different content', () => write('lock.json', '{"a":1}')],
    ['a file is added', () => write('lib/c.ts', '')],
    ['a file is removed', () => rmSync(join(directory, 'lib/a.ts'))],
    [
      'a file has a different name',
      () => renameSync(join(directory, 'lib/a.ts'), join(directory, 'lib/z.ts')),
    ],
    ['a missing file appears', () => write('absent', '')],
    [
      'two files swap their contents',
      () => {
        write('lib/a.ts', 'two');
        write('lib/deep/b.ts', 'one');
      },
    ],
    [
      'the end of one part becomes the beginning of the next',
      () => {
        write('lib/a.ts', 'on');
        write('lib/deep/b.ts', 'etwo');
      },
    ],
    [
      'a directory is empty',
      () => {
        rmSync(join(directory, 'lib'), { recursive: true });
        mkdirSync(join(directory, 'lib'));
      },
    ],
  ])('changes when %s', (_what, change) => {
    const before = key();
    change();
    expect(key()).not.toBe(before);
  });

  test.each<[unknown]>([[{ node: 'v22' }], [{}], [{ node: 'v20', esbuild: '1' }], ['v20']])(
    'changes with the values %j',
    (values) => {
      expect(key(values)).not.toBe(key());
    },
  );

  test('stays if only time stamps, other files and the location have changed', () => {
    const before = key();
    utimesSync(join(directory, 'lib/a.ts'), 1, 1);
    write('README.md', 'changed');
    const elsewhere = `${directory}-moved`;
    renameSync(directory, elsewhere);
    directory = elsewhere;
    expect(key()).toBe(before);
  });
});

describe('a cache', () => {
  const files = (): readonly string[] => readdirSync(directory).sort();
  const used = (name: string, second: number): void => utimesSync(join(directory, name), second, second);

  test('is empty at first, then has what was stored, as long as that is undamaged', () => {
    const cache = new ContentCache<{ text: string }>(join(directory, 'made', 'when-needed'), 3);
    expect(cache.get('a')).toBeUndefined();
    cache.set('a', { text: 'ä\n1' });
    expect(cache.get('a')).toEqual({ text: 'ä\n1' });
    expect(cache.get('b')).toBeUndefined();
  });

  test.each<[string, (text: string) => string]>([
    ['cut off', (text) => text.slice(0, -1)],
    ['empty', () => ''],
    ['without its first line', (text) => text.slice(text.indexOf('\n') + 1)],
    ['changed in one character', (text) => text.replace('value', 'vague')],
    ['longer', (text) => `${text} `],
  ])('treats a file that is %s as missing, and accepts a new one', (_how, damage) => {
    const cache = new ContentCache<string>(directory, 3);
    cache.set('a', 'the value');
    const file = join(directory, 'a');
    writeFileSync(file, damage(readFileSync(file, 'utf8')));
    expect(cache.get('a')).toBeUndefined();
    cache.set('a', 'the value');
    expect(cache.get('a')).toBe('the value');
  });

  test.each([
    [1, ['c']],
    [2, ['a', 'c']],
    [3, ['a', 'b', 'c']],
  ])('keeps the %d most recently used', (keep, kept) => {
    const all = new ContentCache<number>(directory, 10);
    all.set('a', 1);
    all.set('b', 2);
    used('a', 1);
    used('b', 2);
    // Read, so it counts as younger now.
    expect(all.get('a')).toBe(1);
    new ContentCache<number>(directory, keep).set('c', 3);
    expect(files()).toEqual(kept);
  });

  test('removes what a dead process has left unfinished', () => {
    writeFileSync(join(directory, 'a.draft'), 'half');
    used('a.draft', 1);
    new ContentCache<number>(directory, 1).set('b', 2);
    expect(files()).toEqual(['b']);
  });

  test('works without storage if nothing can be written', () => {
    writeFileSync(join(directory, 'file'), '');
    const cache = new ContentCache<number>(join(directory, 'file'), 1);
    cache.set('a', 1);
    expect(cache.get('a')).toBeUndefined();
  });

  test('is complete at every moment while two processes write the same result', async () => {
    const writer = `
      const { ContentCache } = require(${JSON.stringify(join(__dirname, '..', '..', '..', 'lib', 'code', 'content-cache.ts'))});
      const cache = new ContentCache(${JSON.stringify(directory)}, 3);
      for (let round = 0; round < 40; round += 1) cache.set('a', 'x'.repeat(100_000));`;
    const write = () =>
      new Promise<number | null>((resolve, reject) => {
        spawn(process.execPath, ['--import', 'tsx', '-e', writer], { stdio: 'inherit' })
          .once('error', reject)
          .once('close', resolve);
      });
    const cache = new ContentCache<string>(directory, 3);
    let writing = true;
    const written = Promise.all([write(), write()]).finally(() => {
      writing = false;
    });
    let seen = 0;
    while (writing) {
      const text = cache.get('a');
      // Nothing before the first write; after that, never nothing again.
      if (text !== undefined) seen += 1;
      if (text === undefined && seen > 0) throw new Error('The result was gone for a moment.');
      await new Promise(setImmediate);
    }
    expect(await written).toEqual([0, 0]);
    expect(seen).toBeGreaterThan(0);
    expect(files()).toEqual(['a']);
  });
});
