import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../../consumer/command/cli';
import { createAuthority } from './certificates';
import { temporaryFolder } from './folder';

/** The authority that a company's machines trust. */
export const authority = createAuthority('Authority of a company');

const before = { ...process.env };

afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});

/** A host with these files and variables, and no other settings. */
export const hostWith = (config: string, variables: Readonly<Record<string, string>> = {}) => {
  for (const name of Object.keys(process.env)) {
    if (/^AWS_|_proxy$|^REQUESTS_/i.test(name)) delete process.env[name];
  }
  const home = temporaryFolder();
  const bundle = join(home, 'authority.pem');
  mkdirSync(join(home, '.aws'));
  writeFileSync(bundle, authority.cert);
  writeFileSync(join(home, '.aws', 'config'), config.replaceAll('BUNDLE', bundle));
  const set = Object.entries(variables).map(([name, value]) => [name, value.replaceAll('BUNDLE', bundle)]);
  Object.assign(process.env, { HOME: home, AWS_EC2_METADATA_DISABLED: 'true' }, Object.fromEntries(set));
  return { home, bundle };
};

/** Runs the command on that host. */
export const run = async (...args: readonly string[]) => {
  const said = { out: '', err: '' };
  const status = await main(args, {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    environment: { ...process.env },
    stopSignal: () => new AbortController().signal,
  });
  return { status, ...said };
};
