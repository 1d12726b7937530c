import fs from 'node:fs';
import { join } from 'node:path';
import { claim } from '../../../consumer/file/claim';
import { readKey, writeKey } from '../../../consumer/file/credentials-file';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { runNode } from '../support/child';
import { contentOf, temporaryFolder } from '../support/folder';

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

  it('is not written if it holds the key, whatever its rights', async () => {
    const { folder, file } = fileWithKey();
    fs.chmodSync(file, 0o644);
    const { ino, mtimeMs } = fs.statSync(file);
    await expect(writeKey(file, 'alice', A)).resolves.toBe('unchanged');
    expect(fs.statSync(file)).toMatchObject({ ino, mtimeMs });
    expect(modeOf(file)).toBe(0o644);
    expect(contentOf(folder)).toEqual(['credentials']);
  });

  it('is created with its folder if it is missing, for its owner only', async () => {
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

  it('never has rights for others, not even as a file in the making', async () => {
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

  it('is written completely even if the system writes in pieces', async () => {
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
  ])('stays where it is if a link leads to it: %s', async (_kind, target) => {
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

  it('is created at the target of a link that leads to nothing', async () => {
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

  it('is left alone if programs disagree on what its profiles are', async () => {
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

  it('holds no key if there is none', () => {
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

  it('is left alone if it keeps changing', async () => {
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

describe('the owner of the file', () => {
  // Only root can give files away; other users at least keep their own.
  const [uid, gid] =
    process.getuid?.() === 0 ? [4242, 4343] : [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const rights = (file: string) => {
    const { uid: user, gid: group } = fs.statSync(file);
    return { user, group, mode: modeOf(file) };
  };

  it.each([0o600, 0o640, 0o660, 0o644, 0o400])('stays as it was: mode %o', async (mode) => {
    const { file } = fileWithKey();
    fs.chmodSync(file, mode);
    fs.chownSync(file, uid, gid);
    const umask = process.umask(0o077);
    try {
      await expect(writeKey(file, 'alice', B)).resolves.toBe('updated');
    } finally {
      process.umask(umask);
    }
    expect(rights(file)).toEqual({ user: uid, group: gid, mode });
    expect(readKey(file, 'alice')).toEqual(B);
  });

  it.each([
    ['refuses', () => Object.assign(new Error('EPERM'), { code: 'EPERM' })],
    ['does it only in part', () => undefined],
  ])('or it is left alone, if the system %s', async (_what, error) => {
    const { folder, file, before } = fileWithKey();
    fs.chmodSync(file, 0o640);
    const real = fs.fstatSync;
    // As if the file belonged to another user.
    jest.spyOn(fs, 'fstatSync').mockImplementation(((descriptor: number, ...rest: []) => {
      const stats = real(descriptor, ...rest);
      if (stats.size > 0 && stats.mode % 0o1000 === 0o640) Object.assign(stats, { gid: 4343 });
      return stats;
    }) as typeof fs.fstatSync);
    jest.spyOn(fs, 'fchownSync').mockImplementation(() => {
      const refusal = error();
      if (refusal !== undefined) throw refusal;
    });
    const renamed = jest.spyOn(fs, 'renameSync');
    const write = writeKey(file, 'alice', B);
    if (error() === undefined) {
      // The group is wrong in the end, whatever the system said.
      jest.spyOn(fs, 'fchmodSync').mockImplementation(() => {});
    }
    await expect(write).rejects.toThrow(
      /could not be written: it belongs to the user \d+ and the group 4343 with the mode 0640, and this process may not/,
    );
    expect(renamed).not.toHaveBeenCalled();
    expect(fs.readFileSync(file, 'latin1')).toBe(before);
    expect(contentOf(folder)).toEqual(['credentials']);
  });

  it('does not matter on Windows, where a file has the rights of its folder', async () => {
    const { file } = fileWithKey();
    fs.chmodSync(file, 0o640);
    const platform = Object.getOwnPropertyDescriptor(process, 'platform') ?? {};
    const chown = jest.spyOn(fs, 'fchownSync');
    const opened = jest.spyOn(fs, 'openSync');
    Object.defineProperty(process, 'platform', { ...platform, value: 'win32' });
    try {
      await expect(writeKey(file, 'alice', B)).resolves.toBe('updated');
    } finally {
      Object.defineProperty(process, 'platform', platform);
    }
    expect(chown).not.toHaveBeenCalled();
    // A folder cannot be opened there either.
    expect(opened.mock.calls.map(([path]) => path)).not.toContain(join(file, '..'));
    expect(readKey(file, 'alice')).toEqual(B);
  });

  it('is kept on macOS, too', async () => {
    const { file } = fileWithKey();
    fs.chmodSync(file, 0o640);
    const platform = Object.getOwnPropertyDescriptor(process, 'platform') ?? {};
    Object.defineProperty(process, 'platform', { ...platform, value: 'darwin' });
    try {
      await expect(writeKey(file, 'alice', B)).resolves.toBe('updated');
    } finally {
      Object.defineProperty(process, 'platform', platform);
    }
    expect(modeOf(file)).toBe(0o640);
  });

  it('it must not have other names, which would keep the old key', async () => {
    const { folder, file, before } = fileWithKey();
    fs.linkSync(file, join(folder, 'second'));
    await expect(writeKey(file, 'alice', A)).resolves.toBe('unchanged');
    await expect(writeKey(file, 'alice', B)).rejects.toThrow(
      `${file} could not be written: it has 2 names (hard links), and the others would keep the old key.`,
    );
    expect(fs.readFileSync(file, 'latin1')).toBe(before);
    expect(contentOf(folder)).toEqual(['credentials', 'second']);
  });
});

describe('what SDKs find', () => {
  const before = { ...process.env };
  afterEach(() => {
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });

  const asConfig = async (work: (file: string, credentials: string) => Promise<void>): Promise<void> => {
    const [file, credentials] = [join(temporaryFolder(), 'config'), join(temporaryFolder(), 'credentials')];
    Object.assign(process.env, { AWS_CONFIG_FILE: file, AWS_SHARED_CREDENTIALS_FILE: credentials });
    await work(file, credentials);
  };

  it('is the key in the credentials file, if there is one: then none is put into the other file', () =>
    asConfig(async (file, credentials) => {
      fs.writeFileSync(credentials, '[alice]\nregion = x\n');
      await expect(writeKey(file, 'alice', A)).resolves.toBe('updated');
      await writeKey(credentials, 'alice', A);
      const written = fs.readFileSync(file, 'utf8');
      await expect(writeKey(file, 'alice', B)).rejects.toThrow(
        `${file} could not be written: the profile alice has a key in ${credentials}, which wins over one in this file.`,
      );
      expect(fs.readFileSync(file, 'utf8')).toBe(written);
      await expect(writeKey(file, 'bob', B)).resolves.toBe('updated');
    }));

  it.each([
    ['alice', '', '[profile alice]'],
    ['default', '', '[default]'],
    ['default', '[profile default]\nregion = x\n', '[profile default]'],
    ['alice', '[profile "alice"]\nregion = x\n', '[profile "alice"]'],
    ['alice', '[alice]\nregion = x\n', '[profile alice]'],
    ['alice', '[profile bob]\nregion = x\n[sso-session alice]\nsso_region = x\n', '[profile alice]'],
  ])('in the file with the configuration, the profile %s of %j is below %s', (profile, content, header) =>
    asConfig(async (file) => {
      fs.writeFileSync(file, content);
      await expect(writeKey(file, profile, B)).resolves.toBe('updated');
      const text = fs.readFileSync(file, 'utf8');
      const [, own = ''] = text.split(`${header}\n`);
      expect(own.split(/^\[/m, 1).join('')).toContain(`aws_access_key_id = ${B.accessKeyId}\n`);
      expect(text.split(B.accessKeyId)).toHaveLength(2);
      expect(readKey(file, profile)).toEqual(B);
      await expect(writeKey(file, profile, B)).resolves.toBe('unchanged');
    }),
  );

  it('is the same file by another name, if a link leads to it', () =>
    asConfig(async (file) => {
      const link = join(temporaryFolder(), 'link');
      fs.symlinkSync(file, link);
      await writeKey(link, 'alice', B);
      expect(fs.readFileSync(file, 'utf8')).toContain('[profile alice]');
    }));

  it('is unclear if the profile is there twice', () =>
    asConfig(async (file) => {
      const twice = '[profile alice]\nregion = x\n[profile "alice"]\nregion = y\n';
      fs.writeFileSync(file, twice);
      await expect(writeKey(file, 'alice', B)).rejects.toThrow(
        'it has the profile alice under several names: [profile alice], [profile "alice"]. Leave one of them.',
      );
      expect(fs.readFileSync(file, 'utf8')).toBe(twice);
    }));

  it.each<[string, string]>([
    ['no key', '[alice]\nregion = x\n'],
    [
      'another key',
      `[alice]\naws_access_key_id = ${A.accessKeyId}\naws_secret_access_key = ${A.secretAccessKey}\n`,
    ],
    [
      'another key',
      `[alice]\naws_access_key_id = ${B.accessKeyId}\naws_secret_access_key = ${B.secretAccessKey}\naws_session_token = t\n`,
    ],
  ])('is %s if the file was replaced: that is not a success', async (what, content) => {
    const { file } = fileWithKey();
    const rename = fs.renameSync;
    jest.spyOn(fs, 'renameSync').mockImplementationOnce((from, to) => {
      rename(from, to);
      fs.writeFileSync(to, content);
    });
    await expect(writeKey(file, 'alice', B)).rejects.toThrow(
      `${file} was written, but the SDK for JavaScript finds ${what} there in the profile alice.`,
    );
  });
});

describe('if the system refuses', () => {
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
      'it is mounted by itself, as containers do with single files, so it cannot be replaced. Mount its folder',
    ],
    ['readdirSync', 'EACCES', 'permission is denied'],
  ] as const;

  it.each(REFUSALS)('%s with %s: it says so, and the file is as it was', async (call, code, reason) => {
    const { folder, file, before } = fileWithKey();
    const original = fs[call] as (...args: unknown[]) => unknown;
    let refused = false;
    jest.spyOn(fs, call).mockImplementation(((target: unknown, ...rest: unknown[]) => {
      // Reading about a process opens files too; they are in another place.
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

  it('reports that the disk has not confirmed a file that was written', async () => {
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

  it('are not waited for for ever', async () => {
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
  ])('do not count, and are removed, if they belong to %s', async (_whose, pid, start) => {
    const { folder, file } = fileWithKey();
    const id = await pid();
    const left = await nameAs(file, (parts) => {
      parts[1] = String(id);
      // If the system does not say when a process began, the age of its claim decides.
      if (start !== undefined && parts[2] !== '0') parts[2] = start;
    });
    fs.writeFileSync(left, B.secretAccessKey);
    fs.utimesSync(left, new Date(0), new Date(0));
    await expect(writeKey(file, 'alice', B)).resolves.toBe('updated');
    expect(contentOf(folder)).toEqual(['credentials']);
  });

  it('do not count if their process has ended, though its parent has not noticed', async () => {
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

  it('are judged by their age if there is no /proc, as on macOS and Windows', async () => {
    const { folder, file } = fileWithKey();
    const read = fs.readFileSync as (path: unknown, ...rest: unknown[]) => unknown;
    jest.spyOn(fs, 'readFileSync').mockImplementation(((path: unknown, ...rest: unknown[]) => {
      if (String(path).startsWith('/proc/')) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
      return read(path, ...rest);
    }) as typeof fs.readFileSync);
    const { path, descriptor } = await claim(file);
    expect(path.split('-').at(-2)).toBe('0');
    // Young: its process is alive, and may be at work.
    await withClock(() => expect(writeKey(file, 'alice', B)).rejects.toThrow('another process'));
    fs.utimesSync(path, new Date(0), new Date(0));
    await expect(writeKey(file, 'alice', B)).resolves.toBe('updated');
    expect(contentOf(folder)).toEqual(['credentials']);
    fs.closeSync(descriptor);
  });

  it('of another machine or container, left by a recent crash, delay the next one but do not stop it', async () => {
    const { folder, file } = fileWithKey();
    const theirs = await nameAs(file, (parts) => {
      parts[0] = '0123456789ab';
    });
    fs.writeFileSync(theirs, '');
    const { mtimeMs } = fs.statSync(theirs);
    await withClock(async () => {
      const began = Date.now();
      // File times are real: the claim has to be set back by what the clock skips.
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

  it('that were removed can no longer replace the file', async () => {
    const { folder, file } = fileWithKey();
    const rename = fs.renameSync;
    jest.spyOn(fs, 'renameSync').mockImplementationOnce((from, to) => {
      // Another process took this one for dead.
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
