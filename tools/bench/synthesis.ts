import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONFIG_CONTEXT_KEY } from '../../lib/config';
import { readCdkJson, synthesize } from '../../local/deployment/synthesized-app';
import { median, timed } from '../../simulation/search/measure';

const PROJECT = join(__dirname, '..', '..');

/** What is kept from run to run, and made again if it is missing. */
const KEPT = join(PROJECT, '.local', 'cache');

/** What is measured, each in turn in every round. */
export const SYNTHESIS_STEPS = {
  topic: 'an app of the CDK with one topic, and nothing of ours',
  deploymentCold: 'cdk synth, nothing kept',
  deploymentWarm: 'cdk synth, again',
  runnerCold: 'npm start, nothing kept',
  runnerWarm: 'npm start, again',
} as const;

export type SynthesisStep = keyof typeof SYNTHESIS_STEPS;

/** How long synthesis takes, relative to the CDK's minimum. */
export interface SynthesisMeasurement {
  readonly rounds: number;
  /** Medians over the rounds: the ratio to the topic of the same round, and milliseconds. */
  readonly steps: Readonly<Record<SynthesisStep, { readonly toTopic: number; readonly ms: number }>>;
}

/** A minimal CDK app. It is validated as our app is. */
const TOPIC_APP = `
  const { App, Stack } = require('aws-cdk-lib');
  const { Topic } = require('aws-cdk-lib/aws-sns');
  const app = new App();
  new Topic(new Stack(app, 'Topics'), 'Topic', { enforceSSL: true });
  app.synth();
`;

/** Runs Node.js to its end. */
const node = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: PROJECT,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`It ended with status ${code}: ${Buffer.concat(said).toString('utf8')}`));
    });
  });

const inDirectory = async <T>(work: (directory: string) => Promise<T>): Promise<T> => {
  const directory = await mkdtemp(join(tmpdir(), 'iam-access-key-rotation-bench-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

/**
 * Does something with its own directory for temporary files, where compilers keep their caches between runs.
 */
const withTemporaryFiles = async <T>(work: () => Promise<T>): Promise<T> =>
  inDirectory(async (directory) => {
    const before = process.env.TMPDIR;
    process.env.TMPDIR = directory;
    try {
      return await work();
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
  });

const forget = (): Promise<void> => rm(KEPT, { recursive: true, force: true });

/** Runs an app as the CDK's command line tool does. */
const runApp = async (args: readonly string[]): Promise<void> => {
  const context = {
    ...(await readCdkJson()).context,
    [CONFIG_CONTEXT_KEY]: { users: [{ userName: 'alice' }] },
  };
  await inDirectory((directory) =>
    node(args, { CDK_CONTEXT_JSON: JSON.stringify(context), CDK_OUTDIR: directory }),
  );
};

/** The app that `cdk synth` and `cdk deploy` run. */
const synthesizeForDeployment = (): Promise<void> => runApp(['--import', 'tsx', join('lib', 'app.ts')]);

const synthesizeTopic = (): Promise<void> => runApp(['-e', TOPIC_APP]);

const synthesizeForRunner = async (): Promise<void> => {
  const { dispose } = await synthesize({ users: [{ userName: 'alice' }] });
  await dispose();
};

/**
 * Measures synthesis relative to that of one topic, in turns. "Nothing kept" is as in a fresh clone; the
 * caches of the TypeScript compilers are removed too.
 *
 * @param tell - Called with what has been measured.
 */
export const measureSynthesis = async (
  rounds: number,
  tell: (progress: string) => void = () => {},
): Promise<SynthesisMeasurement> => {
  // Files that no process has read lately are slow for the first one.
  await synthesizeTopic();
  const measured: Readonly<Record<SynthesisStep, number>>[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const topic = await timed(synthesizeTopic);
    const deployment = await withTemporaryFiles(async () => {
      await forget();
      return { cold: await timed(synthesizeForDeployment), warm: await timed(synthesizeForDeployment) };
    });
    const runner = await withTemporaryFiles(async () => {
      await forget();
      return { cold: await timed(synthesizeForRunner), warm: await timed(synthesizeForRunner) };
    });
    measured.push({
      topic,
      deploymentCold: deployment.cold,
      deploymentWarm: deployment.warm,
      runnerCold: runner.cold,
      runnerWarm: runner.warm,
    });
    tell(`round ${round} of ${rounds}`);
  }
  const steps = (Object.keys(SYNTHESIS_STEPS) as SynthesisStep[]).map((step) => [
    step,
    {
      toTopic: median(measured.map((round) => round[step] / round.topic)),
      ms: median(measured.map((round) => round[step])),
    },
  ]);
  return { rounds, steps: Object.fromEntries(steps) };
};
