import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { functionBundles as madeBundles, unbundledFolder as madeFolder } from './function-bundles';

/** The folder of the package that has the bundle of each function, in a folder of its own. */
export const PACKED_FUNCTIONS = 'functions';

/** The file of a bundle. */
export const BUNDLE_FILE = 'index.js';

/** In the package all code is in one file, in a folder beside that of the functions. */
const FUNCTIONS = join(__dirname, '..', PACKED_FUNCTIONS);

let bundles: ReturnType<typeof madeBundles> | undefined;

/**
 * The bundle of every function, as the package brings it: this module takes the place of `function-bundles` there, so that whoever installs
 * the package needs neither esbuild nor what the functions are made from.
 *
 * @throws Error if the package is not complete.
 */
export const functionBundles: typeof madeBundles = () => {
  if (bundles !== undefined) return bundles;
  if (!existsSync(FUNCTIONS)) {
    throw new Error(
      `${FUNCTIONS} is missing: the package of iam-access-key-rotation is not complete. Build it again with "npm run build", or install it again.`,
    );
  }
  bundles = new Map(
    readdirSync(FUNCTIONS).map((folder) => [
      folder,
      { code: readFileSync(join(FUNCTIONS, folder, BUNDLE_FILE), 'utf8'), sources: [] },
    ]),
  );
  return bundles;
};

/** The bundle is there anyway. */
export const unbundledFolder: typeof madeFolder = (folder) => join(FUNCTIONS, folder);
