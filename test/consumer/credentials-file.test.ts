import fs from 'node:fs';
import { join } from 'node:path';
import { claim } from '../../consumer/claim';
import { readKey, writeKey } from '../../consumer/credentials-file';
import { VirtualClock } from '../../local/clock';
import { runNode } from './support/child';
import { contentOf, temporaryFolder } from './support/folder';

const A = { accessKeyId: 'AKIAOLD00000000000A', secretAccessKey: 'oldSecret0123456789' };
const B = { accessKeyId: 'AKIANEW00000000000B', secretAccessKey: 'newSecret0123456789' };
const OTHERS = '# kept\r\n[bob]\nregion = x\n\xff\x00\n';

afterEach(() => {
  jest.restoreAllMocks();
});

/** A file that holds key A for alice, and more. */
const fileWithKey = (): { readonly folder: string; readonly file: string; readonly before: string } => {
  const folder = temporaryFolder();
  const file = join(folder, 'credentials');
  const before = `${OTHERS}[alice]\naws_access_key_id = ${A.accessKeyId}\naws_secret_access_key = ${A.secretAccessKey}\n`;
  fs.writeFileSync(file, before, { encoding: 'latin1', mode: 0o600 });
  return { folder, file, before };
};

const modeOf = (file: string): number => fs.statSync(file).mode & 0o777;

describe('the file', () => {
  it('gets the key, and keeps everything else', async () => {
    const { folder, file, before } = fileWithKey();
    await expect(writeKey(file, 'alice', B)).resolves.toBe('updated');
    expect(readKey(file, 'alice')).toEqual(B);
    const after = before.replace(A.accessKeyId, B.accessKeyId).replace(A.secretAccessKey, B.secretAccessKey);
    expect(fs.readFileSync(file, 'latin1')).toBe(after);
    expect(modeOf(file)).toBe(0o600);
    expect(contentOf(folder)).toEqual(['credentials']);
  });

  it('is not written when it holds the key, but loses rights that others had', async () => {
    const { folder, file } = fileWithKey();
    fs.chmodSync(file, 0o644);
    const { ino, mtimeMs } = fs.statSync(file);
    await expect(writeKey(file, 'alice', A)).resolves.toBe('unchanged');
    expect(fs.statSync(file)).toMatchObject({ ino, mtimeMs });
    expect(modeOf(file)).toBe(0o600);
    expect(contentOf(folder)).toEqual(['credentials']);
  });

  it('is made with its folder when it is missing, for nobody but its owner', async () => {
    const folder = join(temporaryFolder(), 'home', '.aws');
    const file = join(folder, 'credentials');
    const umask = process.umask(0o277);
    try {
      await writeKey(file, 'alice', B);
    } finally {
      process.umask(umask);
    }
    expect(modeOf(file)).toBe(0o600);
    expect(fs.statSync(folder).mode & 0o077).toBe(0);
    expect(readKey(file, 'alice')).toEqual(B);
  });

  it('is never there with rights for others, not even as a file in the making', async () => {
    const { folder, file } = fileWithKey();
    fs.chmodSync(file, 0o644);
    const modes: number[] = [];
    const write = fs.writeSync;
    jest.spyOn(fs, 'writeSync').mockImplementation(((...args: Parameters<typeof write>) => {
      modes.push(
        ...contentOf(folder).map((name) => (name === 'credentials' ? 0o600 : modeOf(join(folder, name)))),
      );
      return write(...args);
    }) as typeof write);
    await writeKey(file, 'alice', B);
    expect(modes).toEqual([0o600, 0o600]);
  });

  it('is written whole when the system writes in pieces', async () => {
    const { file } = fileWithKey();
    const write = fs.writeSync as (fd: number, bytes: Uint8Array, from: number, length: number) => number;
    jest
      .spyOn(fs, 'writeSync')
      .mockImplementation(((fd: number, bytes: Uint8Array, from: number, length: number) =>
        write(fd, bytes, from, Math.min(length, 7))) as typeof fs.writeSync);
    await writeKey(file, 'alice', B);
    expect(readKey(file, 'alice')).toEqual(B);
    expect(fs.readFileSync(file, 'latin1')).toContain(OTHERS);
  });

  it.each([
    ['absolute', (folder: string) => join(folder, 'elsewhere', 'real')],
    ['relative', () => join('elsewhere', 'real')],
  ])('stays where it is when a link leads to it: %s', async (_kind, target) => {
    const { folder, file, before } = fileWithKey();
    const real = join(folder, 'elsewhere', 'real');
    fs.mkdirSync(join(folder, 'elsewhere'));
    fs.renameSync(file, real);
    fs.symlinkSync(target(folder), file);
    const second = join(folder, 'second');
    fs.symlinkSync('credentials', second);
    await writeKey(second, 'alice', B);
    expect(fs.lstatSync(file).isSymbolicLink() && fs.lstatSync(second).isSymbolicLink()).toBe(true);
    expect(readKey(real, 'alice')).toEqual(B);
    expect(before).not.toBe(fs.readFileSync(real, 'latin1'));
    expect(contentOf(join(folder, 'elsewhere'))).toEqual(['real']);
  });

  it('is made where a link leads to nothing', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'credentials');
    fs.symlinkSync(join('later', 'real'), file);
    await writeKey(file, 'alice', B);
    expect(readKey(join(folder, 'later', 'real'), 'alice')).toEqual(B);
  });

  it('cannot be a link to itself', async () => {
    const file = join(temporaryFolder(), 'credentials');
    fs.symlinkSync('credentials', file);
    await expect(writeKey(file, 'alice', B)).rejects.toThrow(
      `${file} could not be written: its symbolic links lead nowhere. It is as it was.`,
    );
  });

  it('cannot be a folder, nor be in a file', async () => {
    const { folder, file } = fileWithKey();
    await expect(writeKey(folder, 'alice', B)).rejects.toThrow(
      `${folder} could not be written: it is not a file.`,
    );
    const inFile = join(file, 'credentials');
    await expect(writeKey(inFile, 'alice', B)).rejects.toThrow(
      /could not be written: .*\. It is as it was\.$/,
    );
    expect(() => readKey(folder, 'alice')).toThrow(`${folder} could not be read: it is not a file.`);
  });

  it('cannot be UTF-16', async () => {
    const { file } = fileWithKey();
    fs.writeFileSync(file, '\ufeff[bob]', 'utf16le');
    await expect(writeKey(file, 'alice', B)).rejects.toThrow('it is encoded as UTF-16');
    expect(fs.readFileSync(file, 'utf16le')).toBe('\ufeff[bob]');
  });

  it('is left alone when programs disagree on what its profiles are', async () => {
    const { folder, file, before } = fileWithKey();
    const ambiguous = before.replace('[alice]', '[alice] (mine)');
    fs.writeFileSync(file, ambiguous, 'latin1');
    const { ino } = fs.statSync(file);
    const message = 'line 5 begins a profile for some programs, and not for others';
    await expect(writeKey(file, 'alice', B)).rejects.toThrow(`${file} could not be written: ${message}`);
    expect(() => readKey(file, 'alice')).toThrow(`${file} could not be read: ${message}`);
    expect(fs.readFileSync(file, 'latin1')).toBe(ambiguous);
    expect(fs.statSync(file).ino).toBe(ino);
    expect(contentOf(folder)).toEqual(['credentials']);
  });

  it('holds no key when there is none', () => {
    expect(readKey(join(temporaryFolder(), 'credentials'), 'alice')).toBeUndefined();
  });

  it('keeps what an editor writes to it in between', async () => {
    const { file } = fileWithKey();
    const sync = fs.fsyncSync;
    jest.spyOn(fs, 'fsyncSync').mockImplementationOnce((descriptor) => {
      sync(descriptor);
      fs.appendFileSync(file, '[carol]\n');
    });
    await writeKey(file, 'alice', B);
    expect(fs.readFileSync(file, 'latin1')).toContain('[carol]\n');
    expect(readKey(file, 'alice')).toEqual(B);
  });

  it('is left alone when it never comes to rest', async () => {
    const { folder, file } = fileWithKey();
    const sync = fs.fsyncSync;
    jest.spyOn(fs, 'fsyncSync').mockImplementation((descriptor) => {
      sync(descriptor);
      fs.appendFileSync(file, '#');
    });
    await expect(writeKey(file, 'alice', B)).rejects.toThrow('something else keeps changing it');
    expect(readKey(file, 'alice')).toEqual({ ...A });
    expect(contentOf(folder)).toEqual(['credentials']);
  });
});

describe('when the system refuses', () => {
  const REFUSALS = [
    ['openSync', 'EACCES', 'permission is denied'],
    ['openSync', 'EROFS', 'its file system is read-only'],
    ['openSync', 'EMFILE', 'the system says EMFILE'],
    ['writeSync', 'ENOSPC', 'the disk is full'],
    ['fsyncSync', 'ENOSPC', 'the disk is full'],
    ['fsyncSync', 'EDQUOT', 'the disk quota is used up'],
    ['fchmodSync', 'EPERM', 'the operation is not permitted'],
    ['renameSync', 'ENOSPC', 'the disk is full'],
    ['renameSync', 'EACCES', 'permission is denied'],
    [
      'renameSync',
      'EBUSY',
      'it is mounted by itself, as containers do with single files, so that nothing can take its place. Mount its folder',
    ],
    ['readdirSync', 'EACCES', 'permission is denied'],
  ] as const;

  it.each(REFUSALS)('%s with %s: it says so, and the file is as it was', async (call, code, reason) => {
    const { folder, file, before } = fileWithKey();
    const original = fs[call] as (...args: unknown[]) => unknown;
    let refused = false;
    jest.spyOn(fs, call).mockImplementation(((target: unknown, ...rest: unknown[]) => {
      // Reading about a process opens files, too; they are in another place.
      const concerns = typeof target === 'number' || String(target).startsWith(folder);
      if (refused || !concerns) return original(target, ...rest);
      refused = true;
      throw Object.assign(new Error(`${code}: ${folder}/.temporary`), { code });
    }) as never);
    await expect(writeKey(file, 'alice', B)).rejects.toThrow(
      `${file} could not be written: ${reason}. It is as it was.`,
    );
    expect(fs.readFileSync(file, 'latin1')).toBe(before);
    expect(contentOf(folder)).toEqual(['credentials']);
    await expect(writeKey(file, 'alice', B)).resolves.toBe('updated');
  });

  it('tells that the disk has not confirmed a file that was written', async () => {
    const { file } = fileWithKey();
    const sync = fs.fsyncSync;
    jest
      .spyOn(fs, 'fsyncSync')
      .mockImplementationOnce(sync)
      .mockImplementationOnce(() => {
        throw Object.assign(new Error('EIO'), { code: 'EIO' });
      });
    await expect(writeKey(file, 'alice', B)).rejects.toThrow('was written, but the disk did not confirm it');
    expect(readKey(file, 'alice')).toEqual(B);
  });

  it('a defect is not taken for a refusal', async () => {
    const { file, before } = fileWithKey();
    jest.spyOn(fs, 'fchmodSync').mockImplementationOnce(() => {
      throw new TypeError('a defect');
    });
    await expect(writeKey(file, 'alice', B)).rejects.toThrow(TypeError);
    expect(fs.readFileSync(file, 'latin1')).toBe(before);
  });
});

describe('claims', () => {
  const withClock = async <T>(work: () => Promise<T>): Promise<T> => {
    const clock = new VirtualClock();
    const uninstall = clock.install();
    try {
      return await clock.run(work);
    } finally {
      uninstall();
    }
  };

  /** A claim on the file, and the name it would have if it were another process's. */
  const nameAs = async (file: string, change: (parts: string[]) => void): Promise<string> => {
    const { path, release } = await claim(file);
    release();
    const [prefix = '', owner = ''] = path.split('.rotated-');
    const parts = owner.split('-');
    change(parts);
    return `${prefix}.rotated-${parts.join('-')}`;
  };

  it('make another wait until they are released', async () => {
    const { folder, file } = fileWithKey();
    const { release } = await claim(file);
    await withClock(async () => {
      const written = writeKey(file, 'alice', B);
      await new Promise((resolve) => {
        setTimeout(resolve, 10_000);
      });
      expect(readKey(file, 'alice')).toEqual(A);
      release();
      await expect(written).resolves.toBe('updated');
    });
    expect(contentOf(folder)).toEqual(['credentials']);
  });

  it('are not waited for without end', async () => {
    const { file } = fileWithKey();
    const { release } = await claim(file);
    await withClock(() =>
      expect(writeKey(file, 'alice', B)).rejects.toThrow(
        'another process has been writing it for 30 seconds',
      ),
    );
    release();
  });

  it.each([
    ['a process that has ended', async () => (await runNode(['-e', ''])).pid, undefined],
    ['an earlier process that had the ID of one that runs', async () => process.pid, '1'],
  ])('do not count, and are removed, when they are those of %s', async (_whose, pid, start) => {
    const { folder, file } = fileWithKey();
    const id = await pid();
    const left = await nameAs(file, (parts) => {
      parts[1] = String(id);
      // Where the system does not say when a process began, its age decides.
      if (start !== undefined && parts[2] !== '0') parts[2] = start;
    });
    fs.writeFileSync(left, B.secretAccessKey);
    fs.utimesSync(left, new Date(0), new Date(0));
    await expect(writeKey(file, 'alice', B)).resolves.toBe('updated');
    expect(contentOf(folder)).toEqual(['credentials']);
  });

  it('do not count when their process has ended, though its parent has not noticed', async () => {
    const { folder, file } = fileWithKey();
    const { path } = await claim(file);
    const start = path.split('-').at(-2);
    fs.utimesSync(path, new Date(0), new Date(0));
    const read = fs.readFileSync as (path: string, ...rest: unknown[]) => unknown;
    jest
      .spyOn(fs, 'readFileSync')
      .mockImplementation(((path: string, ...rest: unknown[]) =>
        path === `/proc/${process.pid}/stat`
          ? `${process.pid} (a (strange) name) Z${' 0'.repeat(18)} ${start} 0`
          : read(path, ...rest)) as typeof fs.readFileSync);
    await expect(writeKey(file, 'alice', B)).resolves.toBe('updated');
    expect(contentOf(folder)).toEqual(['credentials']);
  });

  it('of another machine or container, left by a crash a moment ago, hold the next one up but do not stop it', async () => {
    const { folder, file } = fileWithKey();
    const theirs = await nameAs(file, (parts) => {
      parts[0] = '0123456789ab';
    });
    fs.writeFileSync(theirs, '');
    const { mtimeMs } = fs.statSync(theirs);
    await withClock(async () => {
      const began = Date.now();
      // The times of files are real: what the clock skips, the claim has to be set back.
      const ageing = setInterval(() => {
        const at = new Date(mtimeMs - (Date.now() - began));
        if (fs.existsSync(theirs)) fs.utimesSync(theirs, at, at);
      }, 1000);
      await expect(writeKey(file, 'alice', B)).resolves.toBe('updated');
      clearInterval(ageing);
      expect(Date.now() - began).toBeGreaterThanOrEqual(15_000);
    });
    expect(readKey(file, 'alice')).toEqual(B);
    expect(contentOf(folder)).toEqual(['credentials']);
  });

  it('of another machine are waited for while they change', async () => {
    const { file } = fileWithKey();
    const theirs = await nameAs(file, (parts) => {
      parts[0] = '0123456789ab';
    });
    fs.writeFileSync(theirs, '');
    await withClock(() => expect(writeKey(file, 'alice', B)).rejects.toThrow('another process'));
    expect(readKey(file, 'alice')).toEqual(A);
  });

  it('that were taken away cannot replace the file any more', async () => {
    const { folder, file } = fileWithKey();
    const rename = fs.renameSync;
    jest.spyOn(fs, 'renameSync').mockImplementationOnce((from, to) => {
      // Somebody else took this process for dead.
      fs.unlinkSync(from);
      fs.appendFileSync(to, '[carol]\n');
      rename(from, to);
    });
    await expect(writeKey(file, 'alice', B)).resolves.toBe('updated');
    expect(fs.readFileSync(file, 'latin1')).toContain('[carol]\n');
    expect(contentOf(folder)).toEqual(['credentials']);
  });

  it('leave files alone that only look similar', async () => {
    const { folder, file } = fileWithKey();
    fs.writeFileSync(join(folder, '.credentials.rotated-mine'), '');
    fs.writeFileSync(join(folder, '.other.rotated-0123456789ab-1-1-0123456789abcdef'), '');
    await writeKey(file, 'alice', B);
    expect(contentOf(folder)).toHaveLength(3);
  });
});
