import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');

/** Keeps requests from leaving the machine, and says where they would have gone. */
const HOOK = `
require('node:https').request = ({ host, hostname }) => {
  throw new Error('would have asked ' + (host ?? hostname));
};
`;

const PROFILE =
  '[profile sandbox]\nregion = eu-west-1\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = none\n';

/** A program that asks AWS, with a profile of these lines. */
const start = async (
  program: readonly string[],
  profile: (url: string) => string,
  environment: Record<string, string> = {},
) => {
  const scratch = mkdtempSync(join(tmpdir(), 'accept-'));
  let asked = 0;
  const fake = createServer((_request, response) => {
    asked += 1;
    response.writeHead(400).end();
  }).listen(0, '127.0.0.1');
  await once(fake, 'listening');
  const url = `http://127.0.0.1:${(fake.address() as AddressInfo).port}`;
  const [config, hook] = [join(scratch, 'config'), join(scratch, 'hook.cjs')];
  writeFileSync(config, profile(url));
  writeFileSync(hook, HOOK);
  const child = spawn(process.execPath, ['--require', hook, '--import', 'tsx', ...program], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOME: scratch,
      AWS_CONFIG_FILE: config,
      AWS_SHARED_CREDENTIALS_FILE: join(scratch, 'none'),
      AWS_PROFILE: 'sandbox',
      ...environment,
    },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  fake.close();
  fake.closeAllConnections();
  rmSync(scratch, { recursive: true });
  return { code, said, asked };
};

const ACCEPT = [join(ROOT, 'tools', 'accept', 'main.ts'), '--account', '111122223333'];
const STATEMENTS = [join(ROOT, 'test', 'e2e', 'main.ts'), '--aws-account', '111122223333'];

describe.each<[string, readonly string[], number]>([
  ['an acceptance run', ACCEPT, 2],
  ['statements that are put to AWS', STATEMENTS, 1],
])('of %s', (_program, program, refused) => {
  it.each<[string, (url: string) => string, Record<string, string>]>([
    ['in a profile for all services', (url) => `${PROFILE}endpoint_url = ${url}\n`, {}],
    [
      'in a profile for STS alone, which somebody wants to be used',
      (url) => `${PROFILE}services = fake\n\n[services fake]\nsts =\n  endpoint_url = ${url}\n`,
      { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' },
    ],
  ])(
    'an endpoint %s does not pass for AWS',
    async (_what, profile, environment) => {
      const { code, said, asked } = await start(program, profile, environment);
      expect(asked).toBe(0);
      expect(said).toContain('would have asked sts.eu-west-1.amazonaws.com');
      expect(code).toBe(refused);
    },
    60_000,
  );

  it('an endpoint in the environment is refused', async () => {
    const { code, said } = await start(program, () => PROFILE, {
      AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1',
    });
    expect(said).toContain('AWS_ENDPOINT_URL_STS leads to an emulator');
    expect(code).toBe(refused);
  }, 60_000);
});
