import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONFIG_CONTEXT_KEY, MAX_USERS_PER_STACK } from '../../lib/config';
import { stackWithEverything, usersWithEverything } from '../support/everything';
import { synthesizedAsByTheCommand } from './synthesize';

const PROJECT = join(__dirname, '..', '..');
const directory = mkdtempSync(join(tmpdir(), 'template-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The template that the pinned CDK command line tool writes, with only cdk.json to go by. */
const synthesizedByTheCommand = (config: object): Buffer => {
  const file = join(directory, 'config.json');
  writeFileSync(file, JSON.stringify(config));
  const output = join(directory, 'cdk.out');
  const { status, stderr } = spawnSync(
    join(PROJECT, 'node_modules', '.bin', 'cdk'),
    ['synth', '--quiet', '--no-notices', '--output', output, '--context', `${CONFIG_CONTEXT_KEY}=${file}`],
    {
      cwd: PROJECT,
      env: {
        PATH: process.env.PATH,
        HOME: directory,
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(stderr);
  return readFileSync(join(output, 'IamAccessKeyRotation.template.json'));
};

test('as many users as a stack carries, with everything, fit as the command line tool writes the template, and a test measures the same', () => {
  const config = stackWithEverything(usersWithEverything(MAX_USERS_PER_STACK));
  const written = synthesizedByTheCommand(config);
  const measured = synthesizedAsByTheCommand(config);
  const resources = Object.keys(JSON.parse(written.toString('utf8')).Resources);
  expect(written.length).toBeLessThan(1_000_000);
  expect(resources.sort()).toEqual(Object.keys(measured.template.Resources).sort());
  // The CDK's metadata about the constructs in use differs by how the app was started.
  expect(Math.abs(written.length - measured.bytes)).toBeLessThan(1_000);
}, 300_000);
