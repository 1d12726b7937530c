import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../../consumer/build';
import { readKey } from '../../consumer/file/credentials-file';
import { createAuthority } from './support/certificates';
import { type Limits, runNode } from './support/child';
import { serveAws, serveProxy } from './support/network';
import { documentOf, SECRET_ID } from './support/scene';
import { type SecretServer, serveSecret } from './support/secret-server';

const PROJECT = join(__dirname, '..', '..');
const KEY = { accessKeyId: 'AKIABUNDLE00000000A', secretAccessKey: 'secretOfTheBundle/+0123456789' };
const READER = 'AKIAREADER00000000A';

let folder: string;
let home: string;
let executable: string;
let server: SecretServer;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  // No folder above this one has modules, so the executable has to bring its own.
  home = mkdtempSync(join(tmpdir(), 'consumer-'));
  folder = join(home, 'package');
  executable = join(folder, 'rotated-credentials.js');
  await build(folder);
  server = await serveSecret(documentOf(KEY));
  environment = {
    ...server.environment,
    HOME: home,
    AWS_CONFIG_FILE: join(home, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
  };
  writeFileSync(
    join(home, 'config'),
    `[profile reader]\naws_access_key_id = ${READER}\naws_secret_access_key = secretOfTheReader0\n` +
      `[profile app]\ncredential_process = "${process.execPath}" "${executable}" credential-process --secret-id alice --profile reader\n` +
      `[profile loop]\ncredential_process = "${process.execPath}" "${executable}" credential-process --secret-id alice\n`,
  );
});

afterAll(async () => {
  await server.close();
  rmSync(home, { recursive: true });
});

it('holds everything that its manifest names, and no more', () => {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly files: readonly string[];
  };
  expect(manifest).toMatchObject({
    name: 'iam-access-key-rotation-consumer',
    bin: { 'rotated-credentials': 'rotated-credentials.js' },
    peerDependencies: { '@aws-sdk/client-secrets-manager': expect.stringMatching(/^\^3\.\d+\.\d+$/) },
  });
  expect(readdirSync(folder).sort()).toEqual([...manifest.files, 'package.json'].sort());
  expect(existsSync(join(folder, 'types', 'index.d.ts'))).toBe(true);
});

it('brings the licences of the packages in it', () => {
  const licenses = readFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  expect(licenses).toMatch(/^hpagent 1\.\d+\.\d+\n\nMIT License\n/m);
  expect(licenses).toContain('@aws-sdk/client-secrets-manager 3.');
  expect(licenses.match(/^\s+Apache License\s*$/gm)?.length).toBeLessThan(10);
});

it('has an executable for any machine with Node.js', async () => {
  expect(statSync(executable).mode & 0o111).toBe(0o111);
  expect(readFileSync(executable, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  const { status, stdout, stderr } = await runNode([executable, '--help']);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain('Usage: rotated-credentials');
});

it('its executable ends with 2 for a wrong option, and with 1 when there is no secret to read', async () => {
  const misuse = await runNode([
    executable,
    'credentials-file',
    '--secret-id',
    'a',
    '--write-profile',
    'a b',
  ]);
  expect([misuse.status, misuse.stdout]).toEqual([2, '']);
  expect(misuse.stderr).toContain("option '--write-profile <name>' argument 'a b' is invalid.");
  const failure = await runNode(
    [executable, 'credential-process', '--secret-id', SECRET_ID, '--profile', 'none'],
    environment,
  );
  expect([failure.status, failure.stdout]).toEqual([1, '']);
  expect(failure.stderr).toBe(
    `The secret ${SECRET_ID} could not be read with the profile none: there is no profile none in ${home}/config or ` +
      `${home}/credentials.\n`,
  );
});

it('its executable examines a profile', async () => {
  const aws = await serveAws(documentOf(KEY));
  const { status, stdout, stderr } = await runNode([executable, 'doctor', '--profile', 'reader', '--json'], {
    ...{ HOME: home, AWS_CONFIG_FILE: join(home, 'config'), AWS_REGION: 'eu-west-1' },
    AWS_ENDPOINT_URL: `http://127.0.0.1:${aws.port}`,
  });
  expect([status, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({ accepted: true, accessKeyIdEnd: '000A', findings: [] });
  expect(new Set(aws.asked.map(({ signer }) => signer))).toEqual(new Set([READER]));
});

it('its executable uses the proxy of the host, and trusts the host’s authorities', async () => {
  const HOST = 'secretsmanager.eu-west-1.amazonaws.com';
  const authority = createAuthority('Authority of a company');
  const aws = await serveAws(documentOf(KEY), authority.certify(HOST));
  const proxy = await serveProxy(() => aws.port);
  const bundle = join(home, 'authority.pem');
  writeFileSync(bundle, authority.cert);
  const variables = {
    ...{ HOME: home, AWS_REGION: 'eu-west-1', HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` },
    ...{ AWS_ACCESS_KEY_ID: READER, AWS_SECRET_ACCESS_KEY: 'secretOfTheReader0' },
  };
  const args = [executable, 'credential-process', '--secret-id', 'alice'];
  const trusting = await runNode(args, { ...variables, AWS_CA_BUNDLE: bundle });
  expect([trusting.status, trusting.stderr]).toEqual([0, '']);
  expect(JSON.parse(trusting.stdout)).toMatchObject({ AccessKeyId: KEY.accessKeyId });
  const wary = await runNode(args, variables);
  expect([wary.status, wary.stdout]).toEqual([1, '']);
  expect(wary.stderr).toMatch(
    /the answer came with a certificate that no authority trusted by this host has signed \(\w+\)\. If a proxy puts its own/,
  );
  expect(proxy.tunnels).toEqual([`${HOST}:443`, `${HOST}:443`]);
});

/** Writes the key as the profile app, and reads the secret as the profile reader. */
const WRITE_AS_READER = [
  ...['credentials-file', '--secret-id', 'alice'],
  ...['--write-profile', 'app', '--reader-profile', 'reader'],
];

it('its executable reads with a profile, and prints or writes the key', async () => {
  const printed = await runNode(
    [executable, 'credential-process', '--secret-id', 'alice', '--profile', 'reader'],
    environment,
  );
  expect([printed.status, printed.stderr]).toEqual([0, '']);
  expect(JSON.parse(printed.stdout)).toMatchObject({ AccessKeyId: KEY.accessKeyId });
  const written = await runNode([executable, ...WRITE_AS_READER], environment);
  expect([written.status, written.stderr]).toEqual([0, '']);
  expect(readKey(join(home, 'credentials'), 'app')).toEqual(KEY);
  expect(new Set(server.readers)).toEqual(new Set([READER]));
  rmSync(join(home, 'credentials'));
});

describe('its executable, if the system does not let it write', () => {
  const BEFORE =
    '[app]\naws_access_key_id = AKIABEFORE000000000\naws_secret_access_key = secretFromBefore0\n';
  const ARGS = ['credentials-file', '--secret-id', 'alice', '--write-profile', 'app'];
  const READER_KEYS = { AWS_ACCESS_KEY_ID: READER, AWS_SECRET_ACCESS_KEY: 'secretOfTheReader0' };

  it.each<[string, Limits, number, RegExp]>([
    [
      'a disk without room',
      { noWrites: true },
      0o755,
      /could not be written: a limit on the size of files is reached/,
    ],
    [
      'a folder that is read-only',
      { unprivileged: true },
      0o555,
      /could not be written: permission is denied/,
    ],
  ])('%s: says so, and leaves the file and its folder as they were', async (_where, limits, mode, says) => {
    const place = mkdtempSync(join(tmpdir(), 'refused-'));
    const file = join(place, 'credentials');
    writeFileSync(file, BEFORE, { mode: 0o644 });
    chmodSync(place, mode);
    chmodSync(home, 0o755);
    try {
      const { status, stdout, stderr } = await runNode(
        [executable, ...ARGS, '--file', file],
        { ...server.environment, ...READER_KEYS, HOME: place },
        undefined,
        limits,
      );
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(says);
      expect(readFileSync(file, 'utf8')).toBe(BEFORE);
      expect(readdirSync(place)).toEqual(['credentials']);
    } finally {
      chmodSync(place, 0o755);
      rmSync(place, { recursive: true });
    }
  });
});

it('its executable is a credential_process for other programs, and avoids a loop', async () => {
  const as = (profile: string) =>
    runNode([executable, 'credential-process', '--secret-id', 'alice'], {
      ...environment,
      AWS_PROFILE: profile,
    });
  const before = server.readers.length;
  // The outer process reads with the profile app, whose credential_process is a second one, which reads as
  // reader.
  const app = await as('app');
  expect([app.status, app.stderr]).toEqual([0, '']);
  expect(server.readers.slice(before)).toEqual([READER, KEY.accessKeyId]);
  const loop = await as('loop');
  expect([loop.status, loop.stdout]).toEqual([1, '']);
  expect(loop.stderr).toContain('AWS_PROFILE makes "loop" the profile that reads the secret.');
  expect(server.readers).toHaveLength(before + 2);
});

it('its executable goes on after the reader of its output is gone', async () => {
  const placeholder = await serveSecret(JSON.stringify({ kind: 'placeholder' }));
  const child = spawn(process.execPath, [executable, ...WRITE_AS_READER, '--every', 'PT10S', '--json'], {
    env: { PATH: process.env.PATH, ...environment, ...placeholder.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  child.stderr.destroy();
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  try {
    // It has reported the first failure before it asks again.
    await Promise.race([placeholder.asked(2), ended]);
    child.kill('SIGTERM');
    await expect(ended).resolves.toBe(0);
    expect(placeholder.readers).toHaveLength(2);
  } finally {
    await placeholder.close();
  }
});

it('its executable writes nothing into its working folder if there is no home', async () => {
  const { HOME: _home, AWS_SHARED_CREDENTIALS_FILE: _file, ...rest } = environment;
  for (const homeless of ['', 'relative']) {
    const { status, stderr } = await runNode(
      [executable, ...WRITE_AS_READER],
      { ...rest, HOME: homeless },
      home,
    );
    expect([status, stderr.split('\n', 1)]).toEqual([
      2,
      ['error: --file is missing: HOME names no folder, so there is no default file, and ~ cannot be used.'],
    ]);
  }
  expect(existsSync(join(home, '.aws'))).toBe(false);
});

it('has a library for require and for import', async () => {
  symlinkSync(join(PROJECT, 'node_modules'), join(home, 'node_modules'));
  const use = `rotatedCredentials({
    secretId: 'alice',
    region: 'us-east-1',
    clientConfig: { credentials: { accessKeyId: 'AKIALIBRARY0000000A', secretAccessKey: 'x' } },
  })().then(({ accessKeyId }) => console.log(accessKeyId));`;
  writeFileSync(join(home, 'a.cjs'), `const { rotatedCredentials } = require('./package/index.js');\n${use}`);
  writeFileSync(join(home, 'b.mjs'), `import { rotatedCredentials } from './package/index.js';\n${use}`);
  for (const program of ['a.cjs', 'b.mjs']) {
    const { stdout } = await runNode([join(home, program)], environment);
    expect(stdout).toBe(`${KEY.accessKeyId}\n`);
  }
});
