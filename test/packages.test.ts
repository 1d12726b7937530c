import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import cdkJson from '../cdk.json';
import manifest from '../package.json';
import lock from '../package-lock.json';

/*
 * What is installed is what was checked: the lock file knows each package by its content, and says nothing of where it
 * comes from. docs/security.md says more.
 */

interface Locked {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly dev?: boolean;
}

const packages = Object.entries(lock.packages as Readonly<Record<string, Locked>>);
const integrityOf = new Map(packages.map(([path, { integrity }]) => [path, integrity]));

/** Packages in whose tarballs others come, which have no tarball of their own. */
const BUNDLERS: Readonly<Record<string, string>> = {
  'node_modules/aws-cdk-lib': 'the CDK brings the versions that it was tested with',
  'node_modules/@aws-cdk/cloud-assembly-schema': 'the CDK brings the versions that it was tested with',
};

/** Entries that are folders of this repository. */
const FOLDERS: Readonly<Record<string, string>> = {
  '': 'the project itself',
  'embedded-aws': 'a workspace',
  'node_modules/@iam-access-key-rotation/embedded-aws': 'a link to the workspace',
};

const bundlerOf = (path: string): string | undefined =>
  Object.keys(BUNDLERS).find((bundler) => path.startsWith(`${bundler}/node_modules/`));

const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;

test('each package that comes in a tarball of its own is known by the content of that', () => {
  const unknown = packages.filter(([, { integrity = '' }]) => !SHA512.test(integrity)).map(([path]) => path);
  expect(unknown.filter((path) => !(path in FOLDERS) && bundlerOf(path) === undefined)).toEqual([]);
});

test('what comes in the tarball of another package is covered by the integrity of that', () => {
  const bundled = packages.filter(([, { inBundle }]) => inBundle === true).map(([path]) => path);
  const bundlers = new Set(bundled.map(bundlerOf));
  expect([...bundlers].sort()).toEqual(Object.keys(BUNDLERS).sort());
  for (const bundler of Object.keys(BUNDLERS)) expect(integrityOf.get(bundler)).toMatch(SHA512);
  // Nothing stands there that the tarball does not bring.
  const beneath = packages.map(([path]) => path).filter((path) => bundlerOf(path) !== undefined);
  expect(beneath).toEqual(bundled);
});

test('no package says where it comes from, so that npm asks the registry that is configured: .npmrc', () => {
  expect(packages.filter(([, { resolved, link }]) => resolved !== undefined && link !== true)).toEqual([]);
});

test.each(Object.keys(FOLDERS))('%j is a folder, for which there is nothing to check', (path) => {
  expect(integrityOf.has(path)).toBe(true);
  expect(integrityOf.get(path)).toBeUndefined();
});

/* Which packages code may import, Biome knows: noUndeclaredDependencies in biome.json. What commands run, it does not. */
describe('what synthesis runs is installed without the tools of developers', () => {
  const dependencies: Readonly<Record<string, string>> = manifest.dependencies;

  test('the programs that cdk.json names', () => {
    const imported = [...cdkJson.app.matchAll(/--import (\S+)/g)].map(([, name]) => name);
    expect(imported).toEqual(['tsx']);
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(imported));
  });

  test('the command line tool of the CDK, at a version that reads what the library writes', () => {
    const [command = ''] = manifest.scripts.synth.split(' ');
    const installed = JSON.parse(
      readFileSync(join(__dirname, '..', 'node_modules/aws-cdk/package.json'), 'utf8'),
    );
    expect(Object.keys(installed.bin)).toContain(command);
    expect(dependencies['aws-cdk']).toBe(installed.version);
  });

  test('everything that these need', () => {
    const names = Object.keys(dependencies).map((name) => `node_modules/${name}`);
    expect(packages.filter(([path, { dev }]) => names.includes(path) && dev === true)).toEqual([]);
  });
});
