import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { readKey, writeKey } from '../../consumer/credentials-file';
import { runNode } from './support/child';
import { contentOf, temporaryFolder } from './support/folder';

const A = { accessKeyId: 'AKIAalice0000', secretAccessKey: 'secret-of-alice-0' };
/** What the writer puts there in its first round. */
const B = { accessKeyId: 'AKIAalice1001', secretAccessKey: 'secret-of-alice-1' };

const KILL_AT = join(__dirname, 'support', 'kill-at.cjs');

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
  `# kept\n[bob]\nregion = x\n[alice]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;

/** Runs the writer once, killed right before its n-th call of the file system, if there is such a call. */
const killedAt = async (call: number) => {
  const folder = temporaryFolder();
  const file = join(folder, 'credentials');
  fs.writeFileSync(file, contentWith(A), { mode: 0o600 });
  const { signal, status, stderr } = await runNode(['--require', KILL_AT, writer, file, 'alice', '1'], {
    KILL_FOLDER: fs.realpathSync(folder),
    KILL_AT: String(call),
  });
  const content = fs.readFileSync(file, 'latin1');
  return { folder, file, signal, status, stderr, content, leftovers: contentOf(folder).length - 1 };
};

it('a kill at any call of the file system leaves the old file or the new one, and the next run tidies up', async () => {
  const seen: { readonly isNew: boolean; readonly leftovers: number }[] = [];
  for (let call = 1; ; call += 1) {
    const { folder, file, signal, status, stderr, content, leftovers } = await killedAt(call);
    if (signal === null) {
      // It came to its end: every call has been tried.
      expect({ status, stderr, content, leftovers }).toEqual({
        status: 0,
        stderr: '',
        content: contentWith(B),
        leftovers: 0,
      });
      break;
    }
    expect(signal).toBe('SIGKILL');
    expect([contentWith(A), contentWith(B)]).toContain(content);
    for (const name of contentOf(folder)) expect(fs.statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    seen.push({ isNew: content === contentWith(B), leftovers });

    await writeKey(file, 'alice', B);
    expect(fs.readFileSync(file, 'latin1')).toBe(contentWith(B));
    expect(contentOf(folder)).toEqual(['credentials']);
  }
  // Kills before the file in the making, beside it, and after the rename: else this proves little.
  const times = (wanted: (typeof seen)[number]) =>
    seen.filter(({ isNew, leftovers }) => isNew === wanted.isNew && leftovers === wanted.leftovers).length;
  expect(times({ isNew: false, leftovers: 0 })).toBeGreaterThan(2);
  expect(times({ isNew: false, leftovers: 1 })).toBeGreaterThan(8);
  expect(times({ isNew: true, leftovers: 0 })).toBeGreaterThan(2);
  expect(times({ isNew: true, leftovers: 1 })).toBe(0);
});

it('writers of different profiles of one file lose nothing of each other', async () => {
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

it('a writer that is killed while others write costs them nothing', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'credentials');
  const real = fs.realpathSync(folder);
  const killed = [9, 14, 18].map((call) =>
    runNode(['--require', KILL_AT, writer, file, `victim${call}`, '3'], {
      KILL_FOLDER: real,
      KILL_AT: `${call + 30}`,
    }),
  );
  const [alice, ...victims] = await Promise.all([runNode([writer, file, 'alice', '20']), ...killed]);
  expect([alice?.status, alice?.stderr]).toEqual([0, '']);
  expect(victims.map(({ signal }) => signal)).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
  await writeKey(file, 'bob', B);
  expect(readKey(file, 'alice')?.accessKeyId).toBe('AKIAalice1020');
  expect(contentOf(folder)).toEqual(['credentials']);
});
