import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildOptions, buildSync, type Metafile } from 'esbuild';
import { readCommandLine, runScript } from './ground/command-line';

const PROJECT = join(__dirname, '..');

/** Options of both bundles. The target is the oldest Node.js that consumers may have. */
const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // ES modules first: the AWS SDK's CommonJS builds cannot be tree-shaken.
  mainFields: ['module', 'main'],
  legalComments: 'eof',
  logLevel: 'warning',
  absWorkingDir: PROJECT,
  metafile: true,
} satisfies BuildOptions;

const PEER = '@aws-sdk/client-secrets-manager';

/** The licences of the bundled packages, which require that their texts are included. */
export const LICENSES = 'THIRD-PARTY-LICENSES.txt';

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
  name: 'iam-access-key-rotation-consumer',
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

/** Writes the package that consumers install to a folder, which is emptied first. */
export const build = (folder: string): void => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const library = buildSync({
    ...COMMON,
    entryPoints: [join(__dirname, 'index.ts')],
    outfile: join(folder, 'index.js'),
    external: [PEER],
  });
  const executable = join(folder, 'rotated-credentials.js');
  const command = buildSync({
    ...COMMON,
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

/** Reads the command line of a script that writes a package to a folder. */
export const parseCommand = (script: string, byDefault: string, args: readonly string[]) =>
  readCommandLine<{ readonly kind: 'build'; readonly folder: string }>(
    `npm run ${script} --`,
    args,
    (program, hand) => {
      program
        .description('Writes the package to a folder, in place of what it has written there before.')
        .argument('[folder]', `the folder (${byDefault})`)
        .action((folder: string | undefined) =>
          hand({ kind: 'build', folder: folder === undefined ? join(PROJECT, byDefault) : resolve(folder) }),
        );
    },
  );

if (require.main === module) {
  void runScript(
    parseCommand('build:consumer', join('dist', 'consumer'), process.argv.slice(2)),
    ({ folder }) => {
      build(folder);
      return 0;
    },
  );
}
