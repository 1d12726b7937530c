import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';

const LAMBDAS = join(__dirname, '..', 'lambdas');

/**
 * How a function is bundled, on this machine and without Docker. The target is the oldest Node.js that may run the
 * bundle, which is the local runner's and not Lambda's.
 */
export const BUNDLING = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // ES modules first: the AWS SDK's CommonJS builds cannot be tree-shaken and nearly double the bundle.
  mainFields: ['module', 'main'],
  // What every client of the AWS SDK brings and no function here needs.
  alias: {
    '@aws-sdk/credential-provider-node': join(LAMBDAS, 'sdk', 'credential-provider-node.ts'),
    '@smithy/core/event-streams': join(LAMBDAS, 'sdk', 'event-streams.ts'),
  },
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** A function's code in one file. */
export interface FunctionBundle {
  readonly code: Uint8Array;
  /** Paths of the files of which something is in the code, relative to the working directory. */
  readonly sources: readonly string[];
}

/** The packages of the clients of the AWS SDK among a bundle's sources. */
export const clientsIn = (sources: readonly string[]): readonly string[] => [
  ...new Set(sources.flatMap((source) => /@aws-sdk\/client-[a-z0-9-]+/.exec(source) ?? [])),
];

/** The folders in `lambdas/` that are functions: they have a `handler.ts`. */
const functionFolders = (): readonly string[] =>
  readdirSync(LAMBDAS).filter((folder) => existsSync(join(LAMBDAS, folder, 'handler.ts')));

/** One call of esbuild for all functions, which reads and parses what they share once. */
const bundleFunctions = (): ReadonlyMap<string, FunctionBundle> => {
  const { outputFiles, metafile } = buildSync({
    ...BUNDLING,
    entryPoints: functionFolders().map((folder) => ({
      in: join(LAMBDAS, folder, 'handler.ts'),
      out: folder,
    })),
    outdir: LAMBDAS,
    write: false,
    metafile: true,
  });
  const sources = new Map(
    Object.entries(metafile.outputs).map(([path, { inputs }]) => [
      basename(path),
      Object.entries(inputs).flatMap(([source, { bytesInOutput }]) => (bytesInOutput > 0 ? [source] : [])),
    ]),
  );
  return new Map(
    outputFiles.map(({ path, contents }) => [
      basename(path, '.js'),
      { code: contents, sources: sources.get(basename(path)) ?? [] },
    ]),
  );
};

let bundles: ReadonlyMap<string, FunctionBundle> | undefined;

/** The bundle of every function, by its folder in `lambdas/`. The first call makes them, for all calls after it. */
export const functionBundles = (): ReadonlyMap<string, FunctionBundle> => {
  bundles ??= bundleFunctions();
  return bundles;
};
