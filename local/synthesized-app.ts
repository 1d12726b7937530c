import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONFIG_CONTEXT_KEY } from '../lib/config';
import type { Template } from './template';

const PROJECT = join(__dirname, '..');
const STACK = 'IamAccessKeyRotation';

/** The CDK app as `cdk deploy` would send it to AWS. */
export interface SynthesizedApp {
  readonly stackName: string;
  readonly template: Template;
  /** Directories of the bundled functions, by the object name that the template uses. */
  readonly assets: ReadonlyMap<string, string>;
  /** Removes the files. */
  dispose(): Promise<void>;
}

/** The app could not be synthesized. The message is what the app said. */
export class SynthesisFailed extends Error {
  override readonly name = 'SynthesisFailed';
}

/** What cdk.json holds, as far as it matters here. */
export interface CdkJson {
  readonly context: Readonly<Record<string, unknown>>;
}

/** Reads cdk.json. */
export const readCdkJson = async (): Promise<CdkJson> =>
  JSON.parse(await readFile(join(PROJECT, 'cdk.json'), 'utf8')) as CdkJson;

/** Runs the app as the CDK's command line tool does: context and output directory in the environment. */
const runApp = (context: unknown, outputDirectory: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const app = spawn(process.execPath, ['--import', 'tsx', join('lib', 'app.ts')], {
      cwd: PROJECT,
      env: { ...process.env, CDK_CONTEXT_JSON: JSON.stringify(context), CDK_OUTDIR: outputDirectory },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: Buffer[] = [];
    const listen = (chunk: Buffer) => said.push(chunk);
    app.stdout.on('data', listen);
    app.stderr.on('data', listen);
    app.once('error', reject);
    app.once('close', (code) => {
      const failure = `Synthesizing the CDK app failed (exit status ${code}):\n`;
      if (code === 0) resolve();
      else reject(new SynthesisFailed(failure + Buffer.concat(said).toString('utf8').trim()));
    });
  });

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
 * Synthesizes the CDK app, lib/app.ts as it stands, with everything bundled, into a directory of its own.
 *
 * @param configuration - takes the place of the app's configuration in cdk.json
 */
export const synthesize = async (configuration: unknown): Promise<SynthesizedApp> => {
  const directory = await mkdtemp(join(tmpdir(), 'iam-access-key-rotation-'));
  const dispose = () => rm(directory, { recursive: true, force: true });
  try {
    const { context } = await readCdkJson();
    await runApp({ ...context, [CONFIG_CONTEXT_KEY]: configuration }, directory);
    const read = async (name: string): Promise<unknown> =>
      JSON.parse(await readFile(join(directory, `${STACK}.${name}.json`), 'utf8'));
    const template = (await read('template')) as Template;
    const { files } = (await read('assets')) as AssetManifest;
    const assets = new Map<string, string>();
    for (const { source, destinations } of Object.values(files)) {
      if (source.packaging !== 'zip') continue;
      for (const { objectKey } of Object.values(destinations)) {
        assets.set(objectKey, join(directory, source.path));
      }
    }
    return { stackName: STACK, template, assets, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
};
