import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { functionBundles, unbundledFolder } from './function-bundles';

let staging: string | undefined;

/** A directory for this process. The CDK copies what it needs from here into the assembly. */
const stagingDirectory = (): string => {
  if (staging === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'bundled-code-'));
    process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
    staging = directory;
  }
  return staging;
};

/**
 * The code of a function. If the CDK is told to bundle nothing, it is the folder itself.
 *
 * @param scope - The construct that the function belongs to.
 * @param folder - Its folder in `lambdas/`, which has a `handler.ts`.
 * @param addFiles - Writes the files that belong beside the code into the bundle's directory.
 */
export const bundledCode = (
  scope: Construct,
  folder: string,
  addFiles: (outputDirectory: string) => void = () => {},
): lambda.Code => {
  if (!Stack.of(scope).bundlingRequired) {
    return lambda.Code.fromAsset(unbundledFolder(folder));
  }
  const bundle = functionBundles().get(folder);
  if (bundle === undefined) throw new Error(`There is no code of the function ${folder}.`);
  // Not the CDK's bundling hook: it announces every function on a terminal that should stay quiet.
  const directory = mkdtempSync(join(stagingDirectory(), `${folder}-`));
  writeFileSync(join(directory, 'index.js'), bundle.code);
  addFiles(directory);
  return lambda.Code.fromAsset(directory);
};
