import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, type BuildResult, build, buildSync, version } from 'esbuild';
import { ContentCache, contentKey } from './content-cache';

const PROJECT = join(__dirname, '..');
const LAMBDAS = join(PROJECT, 'lambdas');

/** What says which packages there are: as they should be, and as they are installed. */
export const PACKAGE_FILES = ['package.json', 'package-lock.json', 'node_modules/.package-lock.json'];

/** Where a bundle comes from. Packages are as the lock files say. */
export const BUNDLE_SOURCES = ['lambdas', 'lib/function-bundles.ts', 'tsconfig.json', ...PACKAGE_FILES];

/** The code of each function, by its folder in `lambdas/`. */
export type FunctionBundles = Readonly<Record<string, string>>;

/** The folders in `lambdas/` that are functions: they have a `handler.ts`. */
const FUNCTION_FOLDERS: readonly string[] = readdirSync(LAMBDAS).filter((folder) =>
  existsSync(join(LAMBDAS, folder, 'handler.ts')),
);

/**
 * On this machine, without Docker. One call for all functions, because esbuild then reads and parses what they share
 * once. The target is the oldest Node.js that may run the bundles, which is the local runner's and not Lambda's.
 */
export const BUNDLING = {
  entryPoints: FUNCTION_FOLDERS.map((folder) => ({ in: join(LAMBDAS, folder, 'handler.ts'), out: folder })),
  outdir: LAMBDAS,
  write: false,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // ES modules first: the AWS SDK's CommonJS builds cannot be tree-shaken and nearly double the bundle.
  mainFields: ['module', 'main'],
  legalComments: 'none',
  logLevel: 'warning',
} satisfies BuildOptions;

const bundlesIn = ({ outputFiles }: BuildResult<typeof BUNDLING>): FunctionBundles =>
  Object.fromEntries(outputFiles.map(({ path, text }) => [basename(path, '.js'), text]));

/** This state of the functions, and the one before. */
const KEPT_BUNDLES = 2;

/** Bundles that were made in this project before. */
const projectCache = (): ContentCache<FunctionBundles> =>
  new ContentCache(join(PROJECT, '.local', 'cache', 'bundles'), KEPT_BUNDLES);

const keyOf = (): string => contentKey(PROJECT, BUNDLE_SOURCES, { esbuild: version, node: process.version });

let bundles: FunctionBundles | undefined;

/** What {@link prepareBundles} can be told. */
export interface BundlingOptions {
  /** Told when functions have to be bundled, and how many. */
  readonly onBundling?: (count: number) => void;
  /** Where bundles are kept. Default: a directory of the project that git ignores. */
  readonly cache?: ContentCache<FunctionBundles>;
}

/**
 * Bundles every function, unless nothing has changed since it was done. esbuild works beside this process, so that
 * other work can be done meanwhile.
 */
export const prepareBundles = async ({
  onBundling = () => {},
  cache = projectCache(),
}: BundlingOptions = {}): Promise<FunctionBundles> => {
  const key = keyOf();
  bundles = cache.get(key);
  if (bundles === undefined) {
    onBundling(FUNCTION_FOLDERS.length);
    bundles = bundlesIn(await build(BUNDLING));
    cache.set(key, bundles);
  }
  return bundles;
};

/** The bundle of a function. They are all made now, if {@link prepareBundles} has not been called. */
export const bundleOf = (folder: string): string => {
  bundles ??= bundlesIn(buildSync(BUNDLING));
  const bundle = bundles[folder];
  if (bundle === undefined) throw new Error(`lambdas/${folder} has no handler.ts, so it is no function.`);
  return bundle;
};
