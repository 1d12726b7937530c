import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build } from 'esbuild';
import { clientsIn, functionBundles } from '../../lib/code/function-bundles';
import { median } from '../../simulation/search/measure';

const PROJECT = join(__dirname, '..', '..');

/**
 * Other ways to bundle a function, with the properties of the CDK's `NodejsFunction` for them. The sources
 * are the same.
 */
const OTHER_WAYS = {
  /** `bundleAwsSDK: true, minify: true`. */
  defaultMinified: { minify: true },
  /** `bundleAwsSDK: true`. */
  default: {},
  /**
   * No properties: the SDK stays outside, and comes from Lambda's runtime. Here it comes from node_modules.
   */
  sdkOfRuntime: { external: ['@aws-sdk/*', '@smithy/*'] },
} as const satisfies Readonly<Record<string, BuildOptions>>;

/** A way to bundle a function: the project's own, one of `NodejsFunction`, or a handler that does nothing. */
type Bundling = 'ours' | keyof typeof OTHER_WAYS | 'empty';

const BUNDLINGS: readonly Bundling[] = ['ours', 'defaultMinified', 'default', 'sdkOfRuntime', 'empty'];

const EMPTY_HANDLER = 'exports.handler = async () => {};';

/** Prints how many microseconds of CPU time a module takes to load in a fresh process. */
const LOADER =
  'const start = process.cpuUsage(); require(process.argv[1]); const { user, system } = process.cpuUsage(start); console.log(user + system)';

/** The measurements of a function. */
export interface MeasuredBundles {
  /** Its folder in `lambdas/`. */
  readonly name: string;
  /** The packages of its clients of the AWS SDK. */
  readonly clients: readonly string[];
  /** Size of its code by way of bundling, in bytes. */
  readonly bytes: Readonly<Record<Bundling, number>>;
  /**
   * How long a fresh process takes to load it, by way of bundling: the median, in milliseconds of CPU time.
   * Loading is computing, so on an idle machine this is also the elapsed time, and
   * a busy machine distorts it less.
   */
  readonly loadMs: Readonly<Record<Bundling, number>>;
}

/** How {@link measureBundles} measures. */
export interface BundleMeasurement {
  /** Folders in `lambdas/`. Default: all functions. */
  readonly names?: readonly string[];
  /** How often each bundle is loaded, each time in a fresh process. Default: 9. */
  readonly rounds?: number;
  /** The Node.js that loads them. Default: the running one. */
  readonly node?: string;
}

const byBundling = async <T>(
  value: (bundling: Bundling) => T | Promise<T>,
): Promise<Readonly<Record<Bundling, T>>> =>
  Object.fromEntries(
    await Promise.all(BUNDLINGS.map(async (bundling) => [bundling, await value(bundling)] as const)),
  ) as Record<Bundling, T>;

const loadOnce = async (node: string, file: string): Promise<number> => {
  const { stdout } = await promisify(execFile)(node, ['-e', LOADER, file], {
    env: {
      AWS_REGION: 'us-east-1',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      NODE_PATH: join(PROJECT, 'node_modules'),
    },
  });
  return Number(stdout) / 1000;
};

/**
 * Measures how large the functions are and how long they take to load, compared with what the CDK's
 * `NodejsFunction` would make of the same sources. Loads take turns, one at a time, so that a busy machine
 * slows all of them: compare only within one result.
 *
 * @throws Error if a function cannot be bundled or loaded, or if there is none of a name.
 */
export const measureBundles = async ({
  names = [...functionBundles().keys()],
  rounds = 9,
  node = process.execPath,
}: BundleMeasurement = {}): Promise<readonly MeasuredBundles[]> => {
  const directory = await mkdtemp(join(tmpdir(), 'function-bundles-'));
  const fileOf = (bundling: Bundling, name: string): string => join(directory, bundling, `${name}.js`);
  try {
    for (const bundling of BUNDLINGS) await mkdir(join(directory, bundling));
    const clients = new Map<string, readonly string[]>();
    for (const name of names) {
      const bundle = functionBundles().get(name);
      if (bundle === undefined) throw new Error(`lambdas/${name} is not a function.`);
      clients.set(name, clientsIn(bundle.sources));
      await writeFile(fileOf('ours', name), bundle.code);
      await writeFile(fileOf('empty', name), EMPTY_HANDLER);
    }
    const entryPoints = names.map((name) => ({
      in: join(PROJECT, 'lambdas', name, 'handler.ts'),
      out: name,
    }));
    for (const [bundling, options] of Object.entries(OTHER_WAYS)) {
      await build({
        ...options,
        entryPoints,
        outdir: join(directory, bundling),
        bundle: true,
        platform: 'node',
        target: 'node24',
        logLevel: 'warning',
      });
    }
    const loads = new Map<string, number[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const name of names) {
        for (const bundling of BUNDLINGS) {
          const file = fileOf(bundling, name);
          loads.set(file, [...(loads.get(file) ?? []), await loadOnce(node, file)]);
        }
      }
    }
    return await Promise.all(
      names.map(async (name) => ({
        name,
        clients: clients.get(name) ?? [],
        bytes: await byBundling(async (bundling) => (await stat(fileOf(bundling, name))).size),
        loadMs: await byBundling((bundling) => median(loads.get(fileOf(bundling, name)) ?? [])),
      })),
    );
  } finally {
    await rm(directory, { recursive: true });
  }
};
