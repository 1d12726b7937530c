import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../embedded-aws/ground/clock';
import { type AwsServer, serve } from '../../embedded-aws/serve';
import packageFile from '../../package.json';

/*
 * The command as it is installed: another process, which finds profile, Region and endpoint by itself, as the AWS CLI does.
 */

const ROOT = join(__dirname, '..', '..');
const BIN = join(ROOT, packageFile.bin['access-key-rotation']);
const SECRET = 'iam-access-key-rotation/alice';

let directory: string;
let server: AwsServer;
const aws = new EmbeddedAws({ clock: new VirtualClock({ start: new Date() }) });

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'command-'));
  server = await serve(aws);
  aws.iam.addUser({ userName: 'alice' });
  aws.iam.addUser({ userName: 'kim' });
  aws.secretsManager.createSecret(SECRET, { secretString: '{"host":"db"}' });
  const created = new Date(aws.clock.now().getTime() - 86_400_000);
  const profiles = ['alice', 'kim'].map((userName) => {
    const { accessKeyId, secretAccessKey } = aws.iam.addAccessKey(userName, { createDate: created });
    return `[${userName}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  });
  writeFileSync(join(directory, 'credentials'), profiles.join('\n'));
  writeFileSync(
    join(directory, 'config'),
    `[profile kim]\nregion = ${aws.region}\n[profile alice]\nregion = eu-west-1\n`,
  );
  writeFileSync(join(directory, 'rotation.config.json'), JSON.stringify({ users: [{ userName: 'alice' }] }));
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

const environmentOf = (environment: Readonly<Record<string, string>>) => ({
  PATH: process.env.PATH ?? '',
  AWS_ENDPOINT_URL: server.url,
  AWS_CONFIG_FILE: join(directory, 'config'),
  AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
  ...environment,
});

const command = async (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd = directory,
) => {
  const run = promisify(execFile)(process.execPath, [BIN, ...args], { cwd, env: environmentOf(environment) });
  return run.then(
    ({ stdout, stderr }) => ({ exit: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      exit: code,
      stdout,
      stderr,
    }),
  );
};

test('it finds profile, Region and endpoint as the AWS CLI does, and shows no secret of a profile that it reads', async () => {
  const [byOption, byVariable, nobody, help] = await Promise.all([
    command(['adopt', 'alice', '--from-profile', 'alice', '--profile', 'kim'], {
      AWS_ACCESS_KEY_ID: 'AKIAOFNOBODY00000000',
      AWS_SECRET_ACCESS_KEY: 'made-up-of-nobody-000000000000',
    }),
    command(['pause', 'alice', '--reason', 'audit', '--json'], { AWS_PROFILE: 'kim' }),
    command(['pause', 'alice', '--reason', 'audit'], { AWS_PROFILE: 'nobody', AWS_REGION: aws.region }),
    command(['--help']),
  ]);
  expect([byOption.exit, byOption.stdout]).toEqual([
    0,
    expect.stringContaining(`AWSCURRENT of ${SECRET} holds the key ****`),
  ]);
  expect(byOption.stderr).toMatch(/^Checking the key \*{4}\w{4} with AWS \.\.\.\n$/);
  const [key] = aws.iam.keysOf('alice');
  expect(JSON.parse(aws.secretsManager.valueOf(SECRET) ?? '')).toMatchObject({
    host: 'db',
    AccessKeyId: key?.accessKeyId,
    SecretAccessKey: key?.secretAccessKey,
  });
  expect(byOption.stdout + byOption.stderr).not.toContain(key?.secretAccessKey);
  expect([byVariable.exit, JSON.parse(byVariable.stdout)]).toMatchObject([
    0,
    { paused: 'audit', secretId: SECRET },
  ]);
  expect([nobody.exit, nobody.stderr]).toEqual([3, expect.stringContaining('Sign in as for the AWS CLI')]);
  expect([help.exit, help.stdout]).toEqual([0, expect.stringContaining('Usage: access-key-rotation')]);
});

test('what is wrong around it is said in words, and is no defect', async () => {
  const elsewhere = mkdtempSync(join(directory, 'elsewhere-'));
  const broken: readonly (readonly [file: string, text: string])[] = [
    ['broken', '{'],
    ['none', 'null'],
  ];
  for (const [folder, text] of broken) {
    mkdirSync(join(elsewhere, folder));
    writeFileSync(join(elsewhere, folder, 'cdk.json'), text);
  }
  const kim = { AWS_PROFILE: 'kim' };
  const said = await Promise.all([
    command(['start', 'alice'], kim, join(elsewhere, 'broken')),
    command(['start', 'alice'], kim, join(elsewhere, 'none')),
    command(['start', 'alice', '--region', 'a b'], kim),
    command(['start', 'alice'], { ...kim, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }),
    command(['start', 'alice'], { ...kim, AWS_ENDPOINT_URL: 'http://nowhere.invalid' }),
  ]);
  expect(said.map(({ exit, stderr }) => [exit, stderr.split('\n').length])).toEqual([
    [2, 2],
    [2, 2],
    [2, 2],
    [3, 2],
    [3, 2],
  ]);
  expect(said.map(({ stderr }) => stderr).join('')).toMatch(
    /cdk\.json cannot be understood: .*\n.*cdk\.json cannot be understood: .*\n.*is no Region\..*\nAWS has not answered\..*ECONNREFUSED.*\n.*(Is the Region right|AWS has not answered)/,
  );
});

test('whoever reads no more ends it as other programs, also where only the progress is not read', async () => {
  const ends = (stream: 'stdout' | 'stderr', args: readonly string[]): Promise<number | null> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [BIN, ...args], {
        cwd: directory,
        env: environmentOf({ AWS_PROFILE: 'kim' }),
      });
      child[stream].destroy();
      const other = stream === 'stdout' ? child.stderr : child.stdout;
      other.resume();
      child.on('close', (code) => resolve(code));
    });
  expect(
    await Promise.all([ends('stdout', ['--help']), ends('stderr', ['pause', 'alice', '--reason', 'x'])]),
  ).toEqual([141, 0]);
});
