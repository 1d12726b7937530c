import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { readKey, writeKey } from '../../consumer/file/credentials-file';
import { runNode } from './support/child';
import { contentOf, temporaryFolder } from './support/folder';

const A = { accessKeyId: 'AKIAalice0000', secretAccessKey: 'secret-of-alice-0' };
/** The key that the writer puts there in its first round. */
const B = { accessKeyId: 'AKIAalice1001', secretAccessKey: 'secret-of-alice-1' };

const DISTURB_AT = join(__dirname, 'support', 'disturb-at.cjs');

let tools: string;
let writer: string;

beforeAll(() => {
  tools = fs.mkdtempSync(join(tmpdir(), 'writer-'));
  writer = join(tools, 'writer.js');
  buildSync({
    entryPoints: [join(__dirname, 'support', 'writer.ts')],
    outfile: writer,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'warning',
  });
});

afterAll(() => {
  fs.rmSync(tools, { recursive: true });
});

const contentWith = ({ accessKeyId, secretAccessKey }: typeof A): string =>
  `[alice]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
const OTHERS = '# kept\n[bob]\nregion = x\n';

/** Runs the writer once, disturbed right before its n-th call of the file system, if there is such a call. */
const disturbed = (file: string, folder: string, call: number, linkTo?: string) =>
  runNode(['--require', DISTURB_AT, writer, file, 'alice', '1'], {
    DISTURB_FOLDER: fs.realpathSync(folder),
    DISTURB_AT: String(call),
    ...(linkTo !== undefined && { DISTURB_BY_LINKS_TO: linkTo }),
  });

interface Place {
  /** The path that the writer is given. */
  readonly file: string;
  /** Where that leads. */
  readonly real: string;
  readonly before: string | undefined;
  readonly after: string;
}

const existing = (file: string, real = file): Place => {
  const before = `${OTHERS}${contentWith(A)}`;
  fs.mkdirSync(dirname(real), { recursive: true });
  fs.writeFileSync(real, before, { mode: 0o600 });
  return { file, real, before, after: `${OTHERS}${contentWith(B)}` };
};

const missing = (file: string): Place => ({ file, real: file, before: undefined, after: contentWith(B) });

const linked = (folder: string): Place => {
  const file = join(folder, 'link');
  fs.symlinkSync(join('elsewhere', 'credentials'), file);
  return existing(file, join(folder, 'elsewhere', 'credentials'));
};

const contentIfAny = (file: string): string | undefined =>
  fs.existsSync(file) ? fs.readFileSync(file, 'latin1') : undefined;

const filesBeside = (file: string): readonly string[] =>
  fs.existsSync(dirname(file)) ? contentOf(dirname(file)).filter((name) => name !== basename(file)) : [];

it.each<[string, (folder: string) => Place]>([
  ['a file', (folder) => existing(join(folder, 'credentials'))],
  ['a file that does not exist yet', (folder) => missing(join(folder, 'credentials'))],
  [
    'a file in a folder that does not exist yet',
    (folder) => missing(join(folder, 'home', '.aws', 'credentials')),
  ],
  ['a file behind a link', linked],
])(
  'a kill at any call of the file system leaves the old or the new file: %s; the next run tidies up',
  async (_what, prepare) => {
    const seen: { readonly isNew: boolean; readonly leftovers: number }[] = [];
    for (let call = 1; ; call += 1) {
      const folder = temporaryFolder();
      const { file, real, before, after } = prepare(folder);
      const { signal, status, stderr } = await disturbed(file, folder, call);
      const content = contentIfAny(real);
      const leftovers = filesBeside(real).length;
      if (signal === null) {
        // It ran to its end: every call has been tried.
        expect({ status, stderr, content, leftovers }).toEqual({
          status: 0,
          stderr: '',
          content: after,
          leftovers: 0,
        });
        break;
      }
      expect(signal).toBe('SIGKILL');
      expect([before, after]).toContain(content);
      for (const name of filesBeside(real)) {
        expect(fs.statSync(join(dirname(real), name)).mode & 0o777).toBe(0o600);
      }
      if (content !== undefined) expect(fs.statSync(real).mode & 0o777).toBe(0o600);
      seen.push({ isNew: content === after, leftovers });

      await writeKey(file, 'alice', B);
      expect(fs.readFileSync(real, 'latin1')).toBe(after);
      expect(fs.lstatSync(file).isSymbolicLink()).toBe(file !== real);
      expect(filesBeside(real)).toEqual([]);
    }
    // Kills happened before the file in the making, beside it, and after the rename: otherwise this proves
    // little.
    const times = (wanted: (typeof seen)[number]) =>
      seen.filter(({ isNew, leftovers }) => isNew === wanted.isNew && leftovers === wanted.leftovers).length;
    expect(times({ isNew: false, leftovers: 0 })).toBeGreaterThan(2);
    expect(times({ isNew: false, leftovers: 1 })).toBeGreaterThan(8);
    expect(times({ isNew: true, leftovers: 0 })).toBeGreaterThan(2);
    expect(times({ isNew: true, leftovers: 1 })).toBe(0);
  },
);

it('nothing is written through a link that is put in the place of the file in the making', async () => {
  const messages = new Set<string>();
  for (let call = 1; ; call += 1) {
    const folder = temporaryFolder();
    const victim = join(temporaryFolder(), 'victim');
    fs.writeFileSync(victim, 'not yours', { mode: 0o644 });
    const before = fs.statSync(victim);
    const { file } = existing(join(folder, 'credentials'));
    const { status, stdout, stderr } = await disturbed(file, folder, call, victim);
    expect(fs.readFileSync(victim, 'latin1')).toBe('not yours');
    const { mode, uid, gid, mtimeMs, ino } = fs.statSync(victim);
    expect({ mode, uid, gid, mtimeMs, ino }).toEqual({
      mode: before.mode,
      uid: before.uid,
      gid: before.gid,
      mtimeMs: before.mtimeMs,
      ino: before.ino,
    });
    // Between our last look and the rename, a link itself becomes the file: the owner of the folder can do
    // that anyway.
    if (status !== 0) messages.add(/Error: \S+ could not be written: (.*?)\. It is/.exec(stderr)?.[1] ?? '');
    if (stdout.includes('was not disturbed')) break;
  }
  expect([...messages]).toContain(
    'another user is replacing files in its folder, so it cannot be written safely',
  );
});

it('writers of different profiles of one file do not lose each other’s changes', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'credentials');
  fs.writeFileSync(file, '# kept\n[bob]\nregion = x\n', { mode: 0o600 });
  const profiles = ['alice', 'carol', 'dave', 'erin', 'frank'];
  const rounds = 25;
  const ended = await Promise.all(
    profiles.map((profile) => runNode([writer, file, profile, String(rounds)])),
  );
  expect(ended.map(({ status, stderr }) => [status, stderr])).toEqual(profiles.map(() => [0, '']));
  for (const profile of profiles) {
    expect(readKey(file, profile)).toEqual({
      accessKeyId: `AKIA${profile}${1000 + rounds}`,
      secretAccessKey: `secret-of-${profile}-${rounds}`,
    });
  }
  expect(fs.readFileSync(file, 'latin1')).toMatch(/^# kept\n\[bob\]\nregion = x\n/);
  expect(contentOf(folder)).toEqual(['credentials']);
});

it('a writer that is killed while others write does them no harm', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'credentials');
  const real = fs.realpathSync(folder);
  const killed = [9, 14, 18].map((call) =>
    runNode(['--require', DISTURB_AT, writer, file, `victim${call}`, '3'], {
      DISTURB_FOLDER: real,
      DISTURB_AT: `${call + 30}`,
    }),
  );
  const [alice, ...victims] = await Promise.all([runNode([writer, file, 'alice', '20']), ...killed]);
  expect([alice?.status, alice?.stderr]).toEqual([0, '']);
  expect(victims.map(({ signal }) => signal)).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
  await writeKey(file, 'bob', B);
  expect(readKey(file, 'alice')?.accessKeyId).toBe('AKIAalice1020');
  expect(contentOf(folder)).toEqual(['credentials']);
});
