import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { FolderRefused, LICENSES, writePackage } from '../../consumer/package-folder';

/* Real folders, and a project of a few files, so that no mistake here can harm the repository. */

const ROOT = join(__dirname, '..', '..');
const NAME = 'a-package';

let home: string;
let project: string;

/** Writes files, with the folders that they are in. */
const put = (files: Readonly<Record<string, string>>): void => {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), text);
  }
};

/** All that is there, by path. A folder has nothing to say, and a link where it leads to. */
const everything = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(home, { recursive: true, withFileTypes: true }).map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const text = entry.isSymbolicLink()
        ? readlinkSync(path)
        : entry.isFile()
          ? readFileSync(path, 'utf8')
          : '';
      return [relative(home, path), text];
    }),
  );

const manifest = (name: string, files: readonly string[] = ['lib', LICENSES]): string =>
  JSON.stringify({ name, files });

const PACKAGE = { 'package.json': manifest(NAME), 'lib/index.js': 'new', [LICENSES]: 'new' };

/** What a build of this test writes. */
const write = (folder: string): void => {
  for (const [file, text] of Object.entries(PACKAGE)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
};

const writeTo = (folder: string, how: (folder: string) => void | Promise<void> = write): Promise<void> =>
  writePackage({ project, folder, name: NAME }, how);

/** The package as it is in a folder. */
const packageIn = (folder: string) =>
  Object.fromEntries(Object.entries(PACKAGE).map(([file, text]) => [join(folder, file), text]));

beforeEach(() => {
  home = mkdtempSync(join(realpathSync(tmpdir()), 'package-folder-'));
  project = join(home, 'work', 'project');
  // The manifest of the repository has the name of the package.
  put({
    'work/project/package.json': JSON.stringify({ name: NAME }),
    'work/project/lib/index.ts': 'source',
    'somebody/letters/a.txt': 'precious',
    'somebody/lib/b.txt': 'precious',
  });
});

afterEach(() => rmSync(home, { recursive: true }));

describe('a folder is refused, and everything is left as it is', () => {
  const REFUSED: readonly (readonly [string, string, string])[] = [
    ['with files', 'somebody', 'it has files'],
    ['with a hidden file', 'hidden', 'it has files'],
    ['that is a file', 'somebody/letters/a.txt', 'it is not a folder'],
    ['below a file', 'somebody/letters/a.txt/package', 'not a directory'],
    ['that is a link to a folder', 'link', 'it is a symbolic link'],
    ['that is a link to nothing', 'nowhere', 'it is a symbolic link'],
    ['that is the project, .', 'work/project', 'this project is in it'],
    ['that is the project by a link', 'link-to-work/project', 'this project is in it'],
    ['above the project, ..', 'work/project/..', 'this project is in it'],
    ['far above the project', '.', 'this project is in it'],
    ['that is the root of everything', '/', 'this project is in it'],
    ['of the project', 'work/project/lib', 'it is in this project'],
    ['of the project that is new', 'work/project/new/folder', 'it is in this project'],
    ['of the project by a link', 'link-to-work/project/new', 'it is in this project'],
    ['that begins as dist does', 'work/project/distant', 'it is in this project'],
    ['that is another clone', 'clone', `is no package ${NAME}`],
    ['with another package', 'other', `is no package ${NAME}`],
    ['with another package, in dist', 'work/project/dist/other', `is no package ${NAME}`],
    ['with a manifest that cannot be read', 'broken', `is no package ${NAME}`],
  ];

  it.each(REFUSED)('%s', async (_which, folder, reason) => {
    symlinkSync(join(home, 'somebody'), join(home, 'link'));
    symlinkSync(join(home, 'gone'), join(home, 'nowhere'));
    symlinkSync(join(home, 'work'), join(home, 'link-to-work'));
    put({
      'hidden/.history': 'precious',
      'clone/package.json': JSON.stringify({ name: NAME }),
      'clone/lib/index.ts': 'precious',
      'other/package.json': manifest('another-package'),
      'work/project/dist/other/package.json': manifest('another-package'),
      'broken/package.json': '{',
    });
    const before = everything();
    const path = resolve(home, folder);
    const refused: unknown = await writeTo(path).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(FolderRefused);
    const { message } = refused as FolderRefused;
    expect(message).toContain(`The package is not written to ${path}: `);
    expect(message).toContain(reason);
    expect(message).toMatch(
      /Nothing was changed\. Give one outside of this project that does not exist yet, or is empty\.$/,
    );
    expect(everything()).toEqual(before);
  });
});

describe('a package is written to a folder', () => {
  const ALLOWED: readonly (readonly [string, string])[] = [
    ['that is missing', 'new'],
    ['that is missing, with those above it', 'new/one/more'],
    ['that is missing, beside the project', 'work/project-package'],
    ['that is empty', 'empty'],
    ['that is dist of the project', 'work/project/dist'],
    ['in dist of the project', 'work/project/dist/consumer'],
    ['below a link', 'link/empty'],
  ];

  it.each(ALLOWED)('%s', async (_which, folder) => {
    mkdirSync(join(home, 'empty'));
    symlinkSync(home, join(home, 'link'));
    await writeTo(join(home, folder));
    expect(everything()).toMatchObject(packageIn(folder.replace('link/', '')));
    expect(readdirSync(join(home, folder)).sort()).toEqual([LICENSES, 'lib', 'package.json'].sort());
    expect(everything()).toMatchObject({
      'somebody/lib/b.txt': 'precious',
      'work/project/lib/index.ts': 'source',
    });
  });

  it('that has the package already: what it writes is replaced, and what else is there stays', async () => {
    put({ 'ours/package.json': manifest(NAME), 'ours/lib/old.js': 'old', 'ours/a-package.tgz': 'mine' });
    await writeTo(join(home, 'ours'));
    expect(everything()).toMatchObject({ ...packageIn('ours'), 'ours/a-package.tgz': 'mine' });
    expect(everything()).not.toHaveProperty('ours/lib/old.js');
  });

  it('that is dist, though another package is in it', async () => {
    const other = { 'work/project/dist/consumer/package.json': manifest('another-package') };
    put(other);
    await writeTo(join(project, 'dist'));
    expect(everything()).toMatchObject({ ...packageIn('work/project/dist'), ...other });
  });

  it('and a link in it is replaced, not what it leads to', async () => {
    put({ 'ours/package.json': manifest(NAME) });
    symlinkSync(join(home, 'somebody', 'lib'), join(home, 'ours', 'lib'));
    await writeTo(join(home, 'ours'));
    expect(everything()).toMatchObject({ ...packageIn('ours'), 'somebody/lib/b.txt': 'precious' });
  });

  it('where a build was killed', async () => {
    put({ 'ours/.unfinished-package/lib/half.js': 'half' });
    await writeTo(join(home, 'ours'));
    expect(everything()).toMatchObject(packageIn('ours'));
    expect(readdirSync(join(home, 'ours')).sort()).toEqual([LICENSES, 'lib', 'package.json'].sort());
  });
});

it('a build that fails leaves the package that was there', async () => {
  put({ 'ours/package.json': manifest(NAME), 'ours/lib/index.js': 'old' });
  const before = everything();
  const failing = writeTo(join(home, 'ours'), async (folder) => {
    write(folder);
    await Promise.reject(new Error('the compiler has failed'));
  });
  await expect(failing).rejects.toThrow('the compiler has failed');
  expect(everything()).toEqual(before);
});

describe.each(['consumer/build.ts', 'tools/package/build.ts'])('%s', (script) => {
  it('refuses what is somebody’s with a sentence, and 2', () => {
    const before = everything();
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', join(ROOT, script), join(home, 'somebody')],
      { encoding: 'utf8', cwd: ROOT },
    );
    expect(stderr).toMatch(
      /^error: The package is not written to .+: it has files, .+\nSee npm run build\S* -- --help\.\n$/,
    );
    expect(status).toBe(2);
    expect(everything()).toEqual(before);
  });
});
