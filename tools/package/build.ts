import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as bundle, type Plugin } from 'esbuild';
import { LICENSES, licensesOf, parseCommand, sourcesOf } from '../../consumer/build';
import { runScript } from '../../consumer/ground/command-line';
import { prepareBundles } from '../../lib/code/function-bundles';
import { BUNDLE_FILE, PACKED_FUNCTIONS } from '../../lib/code/packed-bundles';
import { JSON_SCHEMA_FILE } from '../../lib/config/json-schema';
import { writeDeclarations } from './declarations';

const PROJECT = join(__dirname, '..', '..');

/** The folder of the definitions, where the code looks for them. */
const DEFINITIONS = 'state-machine';

/** The manual of the package. */
const MANUAL = join('docs', 'package.md');

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
  main: 'lib/index.js',
  types: 'types/lib/index.d.ts',
  exports: {
    '.': { types: './types/lib/index.d.ts', default: './lib/index.js' },
    [`./${JSON_SCHEMA_FILE}`]: `./${JSON_SCHEMA_FILE}`,
    './package.json': './package.json',
  },
  files: [
    ...['lib', 'types', PACKED_FUNCTIONS, DEFINITIONS],
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
    entryPoints: [join(PROJECT, 'lib', 'index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    external: [...PEERS],
    plugins: [PACKED_BUNDLES],
    legalComments: 'eof',
    logLevel: 'warning',
    absWorkingDir: PROJECT,
    metafile: true,
  });
  return sourcesOf([metafile]);
};

/**
 * Writes the package of the construct to a folder. What else is there stays, and is not packed.
 *
 * @throws Error if what the package gives cannot be declared without a package that it does not bring.
 */
export const build = async (folder: string): Promise<void> => {
  const root = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as Manifest;
  const made = manifest(root);
  for (const name of [...made.files, 'package.json'])
    rmSync(join(folder, name), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const functions = await prepareBundles();
  for (const [name, { code }] of functions) {
    mkdirSync(join(folder, PACKED_FUNCTIONS, name), { recursive: true });
    writeFileSync(join(folder, PACKED_FUNCTIONS, name, BUNDLE_FILE), code);
  }
  const sources = await bundleLibrary(join(folder, 'lib', 'index.js'));
  const definitions = readdirSync(join(PROJECT, DEFINITIONS)).filter((file) => file.endsWith('.asl.json'));
  for (const file of definitions) {
    cpSync(join(PROJECT, DEFINITIONS, file), join(folder, DEFINITIONS, file));
  }
  writeDeclarations(join(folder, 'types'), PEERS);
  writeFileSync(
    join(folder, LICENSES),
    licensesOf([...sources, ...[...functions.values()].flatMap((one) => one.sources)]),
  );
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(made, undefined, 2)}\n`);
  cpSync(join(PROJECT, JSON_SCHEMA_FILE), join(folder, JSON_SCHEMA_FILE));
  writeFileSync(join(folder, 'README.md'), withoutLinks(readFileSync(join(PROJECT, MANUAL), 'utf8')));
  cpSync(join(PROJECT, 'LICENSE'), join(folder, 'LICENSE'));
};

if (require.main === module) {
  void runScript(parseCommand('build', 'dist', process.argv.slice(2)), async ({ folder }) => {
    await build(folder);
    return 0;
  });
}
