import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AssetHashType } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

const LAMBDAS = join(__dirname, '..', 'lambdas');

/** The folders in `lambdas/` that are functions: they have a `handler.ts`. */
const functionFolders = (): readonly string[] =>
  readdirSync(LAMBDAS).filter((folder) => existsSync(join(LAMBDAS, folder, 'handler.ts')));

/**
 * Bundles every function on this machine, without Docker. One call for all, because esbuild then reads and parses what
 * they share once. The target is the oldest Node.js that may run the bundles, which is the local runner's and not
 * Lambda's.
 *
 * @returns the code of each function, by its folder.
 */
const bundleFunctions = (): ReadonlyMap<string, Uint8Array> => {
  const { outputFiles } = buildSync({
    entryPoints: functionFolders().map((folder) => ({
      in: join(LAMBDAS, folder, 'handler.ts'),
      out: folder,
    })),
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
  });
  return new Map(outputFiles.map(({ path, contents }) => [basename(path, '.js'), contents]));
};

let bundles: ReadonlyMap<string, Uint8Array> | undefined;

/** The bundle of a function. The first call bundles them all, so that a process that needs none waits for none. */
const bundleOf = (folder: string): Uint8Array => {
  bundles ??= bundleFunctions();
  const bundle = bundles.get(folder);
  if (bundle === undefined) throw new Error(`lambdas/${folder} has no handler.ts, so it is no function.`);
  return bundle;
};

/**
 * The code of a function.
 *
 * @param folder - Its folder in `lambdas/`, which has a `handler.ts`.
 * @param addFiles - Writes what belongs beside the code into the bundle's directory.
 */
export const bundledCode = (
  folder: string,
  addFiles: (outputDirectory: string) => void = () => {},
): lambda.Code =>
  lambda.Code.fromAsset(join(LAMBDAS, folder), {
    // The bundle also holds code from outside the folder, so the folder's own hash would miss changes.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: lambda.Runtime.NODEJS_24_X.bundlingImage,
      local: {
        tryBundle: (outputDirectory) => {
          writeFileSync(join(outputDirectory, 'index.js'), bundleOf(folder));
          addFiles(outputDirectory);
          return true;
        },
      },
    },
  });
