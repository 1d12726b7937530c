import { join } from 'node:path';
import { AssetHashType } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

const LAMBDAS = join(__dirname, '..', 'lambdas');

/**
 * Bundles a function on this machine, without Docker. The target is the oldest Node.js that may run the bundle,
 * which is the local runner's and not Lambda's.
 */
const bundle = (folder: string, outputDirectory: string): void => {
  buildSync({
    entryPoints: [join(LAMBDAS, folder, 'handler.ts')],
    outfile: join(outputDirectory, 'index.js'),
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
          bundle(folder, outputDirectory);
          addFiles(outputDirectory);
          return true;
        },
      },
    },
  });
