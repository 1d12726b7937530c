import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { version as esbuildVersion } from 'esbuild';
import { ContentCache, contentKey } from '../../lib/code/content-cache';
import { BUNDLE_SOURCES } from '../../lib/code/function-bundles';
import { CONFIG_CONTEXT_KEY, findConfig } from '../../lib/config';
import type { Template } from './template';

const PROJECT = join(__dirname, '..', '..');
const ENTRY = 'local/deployment/synthesis.ts';

/** A stack that forwards events to the stack of the rotations. */
export interface ForwardingApp {
  readonly stackName: string;
  readonly region: string;
  readonly template: Template;
}

/** The CDK app as `cdk deploy` would send it to AWS. */
export interface SynthesizedApp {
  readonly stackName: string;
  readonly template: Template;
  /** The stacks that forward events from other Regions. */
  readonly forwarding: readonly ForwardingApp[];
  /** Directories of the bundled functions, by the object name that the template uses. */
  readonly assets: ReadonlyMap<string, string>;
  /** Removes the files. */
  dispose(): Promise<void>;
}

/** The app could not be synthesized. The message is the app's own. */
export class SynthesisFailed extends Error {
  override readonly name = 'SynthesisFailed';
}

/** The content of cdk.json, as far as it matters here. */
interface CdkJson {
  readonly context: Readonly<Record<string, unknown>>;
}

/** Reads cdk.json. */
export const readCdkJson = async (): Promise<CdkJson> =>
  JSON.parse(await readFile(join(PROJECT, 'cdk.json'), 'utf8')) as CdkJson;

/**
 * The configuration that this checkout would deploy, or that of a file; undefined if there is none.
 *
 * @throws ConfigError if it cannot be read.
 */
export const readConfiguration = async (file?: string): Promise<unknown> =>
  file === undefined
    ? findConfig((await readCdkJson()).context[CONFIG_CONTEXT_KEY], PROJECT)?.value
    : findConfig(file, process.cwd())?.value;

/** The files that an app is made from. The lock files stand for the packages. */
export const APP_SOURCES = [...['lib', 'state-machine', ENTRY, 'cdk.json'], ...BUNDLE_SOURCES];

/** The other inputs that an app is made from. */
export interface AppInputs {
  readonly context: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly node: string;
  readonly esbuild: string;
}

/** Two apps have the same key only if they are equal byte for byte. */
export const appKey = (project: string, inputs: AppInputs): string =>
  contentKey(project, APP_SOURCES, inputs);

/** Variables that may change an app. It does not get credentials. */
const SEEN = /^(?:CDK_.*|JSII_.*|AWS_REGION|AWS_DEFAULT_REGION|NODE_OPTIONS|NODE_PATH|TZ)$/;

/** What a process needs to run at all. */
const NEEDED = ['PATH', 'HOME', 'TMPDIR'];

/**
 * The variables with which the app is synthesized. Everything that can change the result is part of its key.
 */
export const seenEnvironment = (
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(environment)
      .filter((entry): entry is [string, string] => SEEN.test(entry[0]) && entry[1] !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Runs the app as the CDK's command line tool does: context and output directory in the environment. */
const runApp = (
  { context, environment }: AppInputs,
  outputDirectory: string,
  onProgress: (text: string) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const app = spawn(process.execPath, ['--import', 'tsx', ENTRY], {
      cwd: PROJECT,
      env: {
        ...Object.fromEntries(NEEDED.map((name) => [name, process.env[name]])),
        ...environment,
        CDK_CONTEXT_JSON: JSON.stringify(context),
        CDK_OUTDIR: outputDirectory,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: Buffer[] = [];
    app.stdout.on('data', (chunk: Buffer) => onProgress(chunk.toString('utf8')));
    app.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    app.once('error', reject);
    app.once('close', (code) => {
      const failure = `Synthesizing the CDK app failed (exit status ${code}):\n`;
      if (code === 0) resolve();
      else reject(new SynthesisFailed(failure + Buffer.concat(said).toString('utf8').trim()));
    });
  });

/** What the CDK says of the parts of an assembly: a stack and its assets, besides others. */
interface AssemblyManifest {
  readonly artifacts: Readonly<
    Record<
      string,
      {
        readonly type: string;
        /** Such as `aws://111122223333/eu-west-1`. */
        readonly environment?: string;
        readonly dependencies?: readonly string[];
        readonly properties?: {
          readonly stackName?: string;
          readonly templateFile?: string;
          readonly file?: string;
        };
      }
    >
  >;
}

interface AssetManifest {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path: string; readonly packaging: string };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
}

/**
 * The files of an assembly by their path in it. Every byte is a character, as in Latin-1, so that none is
 * lost.
 */
type AppFiles = Readonly<Record<string, string>>;

const filesIn = async (directory: string): Promise<AppFiles> => {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      files.sort().map(async (file) => [relative(directory, file), await readFile(file, 'latin1')] as const),
    ),
  );
};

const writeFiles = async (directory: string, files: AppFiles): Promise<void> => {
  for (const [path, content] of Object.entries(files)) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, 'latin1');
  }
};

/** More than the tests have configurations. */
const KEPT_APPS = 16;

/** Options of {@link synthesize}. */
export interface SynthesisOptions {
  /** Called with lines about steps that take a while. */
  readonly onProgress?: (text: string) => void;
  /** Where apps are kept. Default: a directory of the project that git ignores. */
  readonly cache?: ContentCache<AppFiles>;
}

/**
 * Synthesizes the CDK app as lib/app.ts deploys it, with everything bundled, into a directory of its own. The
 * app is cached, and used again until one of its inputs changes.
 *
 * @param configuration - Of one stack; replaces the app's own.
 */
export const synthesize = async (
  configuration: unknown,
  {
    onProgress = () => {},
    cache = new ContentCache(join(PROJECT, '.local', 'cache', 'apps'), KEPT_APPS),
  }: SynthesisOptions = {},
): Promise<SynthesizedApp> => {
  const { context } = await readCdkJson();
  const inputs: AppInputs = {
    context: { ...context, [CONFIG_CONTEXT_KEY]: configuration },
    // The CDK's own checks take seconds too. An app for a real deployment is validated when it is
    // synthesized.
    environment: { ...seenEnvironment(process.env), CDK_VALIDATION: 'false' },
    node: process.version,
    esbuild: esbuildVersion,
  };
  // Before the app runs: otherwise a file that changes meanwhile would be taken for the one that the app was
  // made from.
  const key = appKey(PROJECT, inputs);
  // A directory for this use only, so that changes to the cache cannot disturb a running rotation.
  const directory = await mkdtemp(join(tmpdir(), 'iam-access-key-rotation-'));
  const dispose = () => rm(directory, { recursive: true, force: true });
  try {
    const kept = cache.get(key);
    if (kept === undefined) {
      onProgress('Synthesizing the CDK app ...\n');
      await runApp(inputs, directory, onProgress);
      cache.set(key, await filesIn(directory));
    } else {
      await writeFiles(directory, kept);
    }
    const read = async (file: string): Promise<unknown> =>
      JSON.parse(await readFile(join(directory, file), 'utf8'));
    const { artifacts } = (await read('manifest.json')) as AssemblyManifest;
    const artifactsOf = (wanted: string) =>
      Object.entries(artifacts).flatMap(([id, { type, properties, ...others }]) =>
        type === wanted ? [{ id, ...others, ...properties }] : [],
      );
    const [assetManifest] = artifactsOf('cdk:asset-manifest');
    const stacks = artifactsOf('aws:cloudformation:stack');
    const isForwarding = ({ dependencies = [] }: (typeof stacks)[number]): boolean =>
      dependencies.some((id) => stacks.some((stack) => stack.id === id));
    // The stack's name is there only if the artifact is not called after it.
    const loaded = await Promise.all(
      stacks.map(async (stack) => ({
        stackName: stack.stackName ?? stack.id,
        region: stack.environment?.split('/').at(-1) ?? '',
        template: (await read(stack.templateFile ?? '')) as Template,
        isForwarding: isForwarding(stack),
      })),
    );
    const { stackName = '', template = { Resources: {} } } =
      loaded.find((stack) => !stack.isForwarding) ?? {};
    const { files } = (await read(assetManifest?.file ?? '')) as AssetManifest;
    const assets = new Map<string, string>();
    for (const { source, destinations } of Object.values(files)) {
      if (source.packaging !== 'zip') continue;
      for (const { objectKey } of Object.values(destinations)) {
        assets.set(objectKey, join(directory, source.path));
      }
    }
    const forwarding = loaded.filter((stack) => stack.isForwarding);
    return { stackName, template, forwarding, assets, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
};
