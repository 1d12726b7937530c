import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AssetHashType } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { functionBundles } from './function-bundles';

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
  lambda.Code.fromAsset(join(__dirname, '..', 'lambdas', folder), {
    // The bundle also holds code from outside the folder, so the folder's own hash would miss changes.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: lambda.Runtime.NODEJS_24_X.bundlingImage,
      local: {
        tryBundle: (outputDirectory) => {
          const bundle = functionBundles().get(folder);
          if (bundle === undefined) throw new Error(`lambdas/${folder} has no handler.ts to bundle.`);
          writeFileSync(join(outputDirectory, 'index.js'), bundle.code);
          addFiles(outputDirectory);
          return true;
        },
      },
    },
  });
