import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, buildSync, type Metafile } from 'esbuild';
import { LICENSES, runBuild, writePackage } from './package-folder';

const PROJECT = join(__dirname, '..');

/** How everything is made one file. The target is the oldest Node.js that consumers, and those who deploy, may have. */
export const ONE_FILE = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // ES modules first: the AWS SDK's CommonJS builds cannot be tree-shaken.
  mainFields: ['module', 'main'],
  legalComments: 'eof',
  logLevel: 'warning',
  absWorkingDir: PROJECT,
  metafile: true as const,
} satisfies BuildOptions;

const NAME = 'iam-access-key-rotation-consumer';

const PEER = '@aws-sdk/client-secrets-manager';

/** The files that bundles are made from. */
export const sourcesOf = (bundles: readonly Metafile[]): readonly string[] =>
  bundles.flatMap(({ inputs }) => Object.keys(inputs));

/**
 * Packages, each list followed by its licence's text. The AWS SDK has many packages and one text.
 *
 * @param sources - Paths of files of packages, and of others.
 */
export const licensesOf = (sources: readonly string[]): string => {
  const folders = sources.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  const packages = new Map<string, Set<string>>();
  for (const folder of new Set(folders)) {
    const file = readdirSync(join(PROJECT, folder)).find((name) => /^licen[cs]e/i.test(name));
    const { name, version, license } = JSON.parse(
      readFileSync(join(PROJECT, folder, 'package.json'), 'utf8'),
    ) as { readonly [field in 'name' | 'version' | 'license']: string };
    const text = file === undefined ? license : readFileSync(join(PROJECT, folder, file), 'utf8');
    packages.set(text, (packages.get(text) ?? new Set()).add(`${name} ${version}`));
  }
  return [...packages]
    .map(([text, names]) => `${[...names].sort().join('\n')}\n\n${text.trim()}\n`)
    .join('\n\n');
};

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The package's own manifest. The SDK comes from the application, so that there is only one copy of it. */
const manifest = ({ version, license, dependencies }: Manifest) => ({
  name: NAME,
  version,
  description: 'Access keys for AWS SDK clients that follow a rotation.',
  license,
  main: 'index.js',
  types: 'types/index.d.ts',
  bin: { 'rotated-credentials': 'rotated-credentials.js' },
  files: ['index.js', 'types', 'rotated-credentials.js', 'README.md', 'LICENSE', LICENSES],
  engines: { node: '>=20.0.0' },
  peerDependencies: { [PEER]: `^${dependencies[PEER]}` },
});

/** Writes the package to a folder that is empty. */
const write = (folder: string): void => {
  const library = buildSync({
    ...ONE_FILE,
    entryPoints: [join(__dirname, 'index.ts')],
    outfile: join(folder, 'index.js'),
    external: [PEER],
  });
  const executable = join(folder, 'rotated-credentials.js');
  const command = buildSync({
    ...ONE_FILE,
    entryPoints: [join(__dirname, 'main.ts')],
    outfile: executable,
    minify: true,
    banner: { js: '#!/usr/bin/env node' },
  });
  chmodSync(executable, 0o755);
  writeFileSync(join(folder, LICENSES), licensesOf(sourcesOf([library.metafile, command.metafile])));
  const compiler = join(PROJECT, 'node_modules', 'typescript', 'bin', 'tsc');
  const settings = join(__dirname, 'tsconfig.types.json');
  execFileSync(process.execPath, [compiler, '-p', settings, '--outDir', join(folder, 'types')], {
    stdio: 'inherit',
  });
  const root = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as Manifest;
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(root), undefined, 2)}\n`);
  copyFileSync(join(__dirname, 'README.md'), join(folder, 'README.md'));
  copyFileSync(join(PROJECT, 'LICENSE'), join(folder, 'LICENSE'));
};

/**
 * Writes the package that consumers install to a folder.
 *
 * @throws FolderRefused if the folder could be somebody's.
 */
export const build = (folder: string): Promise<void> =>
  writePackage({ project: PROJECT, folder, name: NAME }, write);

if (require.main === module) void runBuild('build:consumer', join('dist', 'consumer'), build);
