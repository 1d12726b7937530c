import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, type BuildResult, build, buildSync, version } from 'esbuild';
import { ContentCache, contentKey, PACKAGE_FILES } from './content-cache';

const PROJECT = join(__dirname, '..', '..');
const LAMBDAS = join(PROJECT, 'lambdas');

/** The files that bundles are made from. Packages are as the lock files say. */
export const BUNDLE_SOURCES = [
  'lambdas',
  'consumer/ground/shell-word.ts',
  'lib/code/function-bundles.ts',
  'tsconfig.json',
  ...PACKAGE_FILES,
];

/**
 * How a function is bundled: on this machine and without Docker. The target is the oldest Node.js that may
 * run the bundle, which is the local runner's and not Lambda's.
 */
export const BUNDLING = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // ES modules first: the AWS SDK's CommonJS builds cannot be tree-shaken and nearly double the bundle.
  mainFields: ['module', 'main'],
  // Every client of the AWS SDK brings these, and no function here needs them.
  alias: {
    '@aws-sdk/credential-provider-node': join(LAMBDAS, 'shared', 'sdk', 'credential-provider-node.ts'),
    '@smithy/core/event-streams': join(LAMBDAS, 'shared', 'sdk', 'event-streams.ts'),
  },
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** A function's code in one file. */
interface FunctionBundle {
  readonly code: string;
  /** Paths of the files that contribute code, relative to the working directory. */
  readonly sources: readonly string[];
}

/** The packages of AWS SDK clients among a bundle's sources. */
export const clientsIn = (sources: readonly string[]): readonly string[] => [
  ...new Set(sources.flatMap((source) => /@aws-sdk\/client-[a-z0-9-]+/.exec(source) ?? [])),
];

/** The folders in `lambdas/` that are functions: they have a `handler.ts`. */
const functionFolders = (): readonly string[] =>
  readdirSync(LAMBDAS).filter((folder) => existsSync(join(LAMBDAS, folder, 'handler.ts')));

/** One call of esbuild for all functions: it reads and parses shared files once. */
const allFunctions = (folders: readonly string[]) =>
  ({
    ...BUNDLING,
    entryPoints: folders.map((folder) => ({ in: join(LAMBDAS, folder, 'handler.ts'), out: folder })),
    outdir: LAMBDAS,
    write: false,
    metafile: true,
  }) satisfies BuildOptions;

/** The bundle of every function, by its folder in `lambdas/`. */
type FunctionBundles = ReadonlyMap<string, FunctionBundle>;

const bundlesIn = ({
  outputFiles,
  metafile,
}: BuildResult<ReturnType<typeof allFunctions>>): FunctionBundles => {
  const sources = new Map(
    Object.entries(metafile.outputs).map(([path, { inputs }]) => [
      basename(path),
      Object.entries(inputs).flatMap(([source, { bytesInOutput }]) => (bytesInOutput > 0 ? [source] : [])),
    ]),
  );
  return new Map(
    outputFiles.map(({ path, text }) => [
      basename(path, '.js'),
      { code: text, sources: sources.get(basename(path)) ?? [] },
    ]),
  );
};

/** Bundles, as the cache keeps them. */
export type KeptBundles = readonly (readonly [string, FunctionBundle])[];

/** The current state of the functions, and the previous one. */
const KEPT_BUNDLES = 2;

const projectCache = (): ContentCache<KeptBundles> =>
  new ContentCache(join(PROJECT, '.local', 'cache', 'bundles'), KEPT_BUNDLES);

const keyOfBundles = (): string =>
  contentKey(PROJECT, BUNDLE_SOURCES, { esbuild: version, node: process.version });

let bundles: FunctionBundles | undefined;

/** Options of {@link prepareBundles}. */
interface PreparationOptions {
  /** Called when functions have to be bundled, with their number. */
  readonly onBundling?: (count: number) => void;
  /** Where bundles are kept. Default: a directory of the project that git ignores. */
  readonly cache?: ContentCache<KeptBundles>;
}

/**
 * Bundles every function, unless nothing has changed since the last time. esbuild runs beside this process,
 * which can do something else meanwhile.
 */
export const prepareBundles = async ({
  onBundling = () => {},
  cache = projectCache(),
}: PreparationOptions = {}): Promise<FunctionBundles> => {
  const key = keyOfBundles();
  const kept = cache.get(key);
  if (kept === undefined) {
    const folders = functionFolders();
    onBundling(folders.length);
    bundles = bundlesIn(await build(allFunctions(folders)));
    cache.set(key, [...bundles]);
  } else {
    bundles = new Map(kept);
  }
  return bundles;
};

/**
 * The bundle of every function. They are made now if neither {@link prepareBundles} nor the cache has them.
 */
export const functionBundles = (): FunctionBundles => {
  if (bundles === undefined) {
    const cache = projectCache();
    const key = keyOfBundles();
    const kept = cache.get(key);
    bundles = kept === undefined ? bundlesIn(buildSync(allFunctions(functionFolders()))) : new Map(kept);
    if (kept === undefined) cache.set(key, [...bundles]);
  }
  return bundles;
};

/** What stands for the code of a function where nothing is bundled: its folder, which no deployment sees. */
export const unbundledFolder = (folder: string): string => join(LAMBDAS, folder);
