import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as bundle, type Plugin } from 'esbuild';
import { licensesOf, ONE_FILE, sourcesOf } from '../../consumer/build';
import { LICENSES, runBuild, writePackage } from '../../consumer/package-folder';
import { prepareBundles } from '../../lib/code/function-bundles';
import { BUNDLE_FILE, PACKED_FUNCTIONS } from '../../lib/code/packed-bundles';
import { JSON_SCHEMA_FILE } from '../../lib/config/json-schema';
import { writeDeclarations } from './declarations';

const PROJECT = join(__dirname, '..', '..');

/** The folder of the definitions, where the code looks for them. */
const DEFINITIONS = 'state-machine';

/** The manual of the package. */
const MANUAL = join('docs', 'package.md');

/** The command for people, where it looks for the runbook beside its folder. */
const COMMAND = join('command', 'access-key-rotation.js');
const PAGES_OF_COMMAND = ['runbook.md', 'command.md'];

/** A page without its links to other pages of the repository, which the package does not have. */
const withoutLinks = (page: string): string => page.replaceAll(/\[([^\]]+)\]\((?!https?:)[^)]+\)/g, '$1');

/** What comes from the app that uses the package: there must be one copy of it only. */
const PEERS = ['aws-cdk-lib', 'constructs'] as const;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The package's own manifest. The peers are those that tests run with, or later ones of the same major version. */
const manifest = ({ name, version, description, license, engines, dependencies }: Manifest) => ({
  name,
  version,
  description,
  license,
  private: true,
  bin: { 'access-key-rotation': COMMAND },
  main: 'lib/index.js',
  types: 'types/lib/index.d.ts',
  exports: {
    '.': { types: './types/lib/index.d.ts', default: './lib/index.js' },
    [`./${JSON_SCHEMA_FILE}`]: `./${JSON_SCHEMA_FILE}`,
    './package.json': './package.json',
  },
  files: [
    ...['lib', 'types', 'command', 'docs', PACKED_FUNCTIONS, DEFINITIONS],
    ...[JSON_SCHEMA_FILE, 'README.md', 'LICENSE', LICENSES],
  ],
  engines,
  peerDependencies: Object.fromEntries(PEERS.map((peer) => [peer, `^${dependencies[peer]}`])),
});

/** In the package, functions are bundled already. */
const PACKED_BUNDLES: Plugin = {
  name: 'packed-bundles',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/function-bundles$/ }, () => ({
      path: join(PROJECT, 'lib', 'code', 'packed-bundles.ts'),
    }));
  },
};

/** Everything of `lib` in one file. What it is made from. */
const bundleLibrary = async (outfile: string): Promise<readonly string[]> => {
  const { metafile } = await bundle({
    ...ONE_FILE,
    entryPoints: [join(PROJECT, 'lib', 'index.ts')],
    outfile,
    external: [...PEERS],
    plugins: [PACKED_BUNDLES],
  });
  return sourcesOf([metafile]);
};

/** The command in one file, with the SDK: whoever installs the package installs nothing else. What it is made from. */
const bundleCommand = async (outfile: string): Promise<readonly string[]> => {
  const { metafile } = await bundle({
    ...ONE_FILE,
    entryPoints: [join(PROJECT, 'command', 'main.ts')],
    outfile,
    minify: true,
    // Errors are told apart by their names.
    keepNames: true,
    banner: { js: '#!/usr/bin/env node' },
  });
  // Also where it is run without being installed.
  chmodSync(outfile, 0o755);
  return sourcesOf([metafile]);
};

/** Writes the package to a folder that is empty. */
const write = async (folder: string, root: Manifest): Promise<void> => {
  const functions = await prepareBundles();
  for (const [name, { code }] of functions) {
    mkdirSync(join(folder, PACKED_FUNCTIONS, name), { recursive: true });
    writeFileSync(join(folder, PACKED_FUNCTIONS, name, BUNDLE_FILE), code);
  }
  const sources = [
    ...(await bundleLibrary(join(folder, 'lib', 'index.js'))),
    ...(await bundleCommand(join(folder, COMMAND))),
  ];
  const definitions = readdirSync(join(PROJECT, DEFINITIONS)).filter((file) => file.endsWith('.asl.json'));
  for (const file of definitions) {
    cpSync(join(PROJECT, DEFINITIONS, file), join(folder, DEFINITIONS, file));
  }
  writeDeclarations(join(folder, 'types'), PEERS);
  writeFileSync(
    join(folder, LICENSES),
    licensesOf([...sources, ...[...functions.values()].flatMap((one) => one.sources)]),
  );
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(root), undefined, 2)}\n`);
  cpSync(join(PROJECT, JSON_SCHEMA_FILE), join(folder, JSON_SCHEMA_FILE));
  writeFileSync(join(folder, 'README.md'), withoutLinks(readFileSync(join(PROJECT, MANUAL), 'utf8')));
  mkdirSync(join(folder, 'docs'), { recursive: true });
  for (const page of PAGES_OF_COMMAND) {
    writeFileSync(
      join(folder, 'docs', page),
      withoutLinks(readFileSync(join(PROJECT, 'docs', page), 'utf8')),
    );
  }
  cpSync(join(PROJECT, 'LICENSE'), join(folder, 'LICENSE'));
};

/**
 * Writes the package of the construct to a folder. What else is there stays, and is not packed.
 *
 * @throws FolderRefused if the folder could be somebody's.
 * @throws Error if what the package gives cannot be declared without a package that it does not bring.
 */
const build = (folder: string): Promise<void> => {
  const root = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as Manifest;
  return writePackage({ project: PROJECT, folder, name: root.name }, (made) => write(made, root));
};

if (require.main === module) void runBuild('build', 'dist', build);
