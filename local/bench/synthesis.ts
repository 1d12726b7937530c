import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../synthesized-app';
import { median, timed } from './measure';

const LIB = join(__dirname, '..', '..', 'lib');

/** How long synthesis takes, measured by what nobody could save: loading the modules of the CDK that the app uses. */
export interface SynthesisMeasurement {
  readonly rounds: number;
  /** Medians over the rounds. */
  readonly loadMs: number;
  readonly warmMs: number;
  readonly coldMs: number;
  /** Medians of each round's ratio to loading. */
  readonly warmToLoad: number;
  readonly coldToLoad: number;
}

/** The CDK's modules that lib/ imports. */
const cdkModules = async (): Promise<readonly string[]> => {
  const files = (await readdir(LIB)).filter((name) => name.endsWith('.ts'));
  const sources = await Promise.all(files.map((name) => readFile(join(LIB, name), 'utf8')));
  const imports = sources.flatMap((source) => [...source.matchAll(/from '((?:aws-cdk-lib|cdk-nag)[^']*)'/g)]);
  return [...new Set(imports.map(([, name = '']) => name))].sort();
};

/** A process that loads modules and ends. */
const load = (modules: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const script = modules.map((name) => `require(${JSON.stringify(name)});`).join('');
    const child = spawn(process.execPath, ['-e', script], { cwd: LIB, stdio: 'ignore' });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`Loading ${modules.join(', ')} ended with ${code}`));
    });
  });

/** Does something with a directory for temporary files of its own: what compilers keep between runs is there. */
const withTemporaryFiles = async <T>(work: () => Promise<T>): Promise<T> => {
  const before = process.env.TMPDIR;
  const directory = await mkdtemp(join(tmpdir(), 'iam-access-key-rotation-bench-'));
  process.env.TMPDIR = directory;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    await rm(directory, { recursive: true, force: true });
  }
};

const synthesizeOnce = async (): Promise<void> => {
  const { dispose } = await synthesize({ users: [{ userName: 'alice' }] });
  await dispose();
};

/**
 * Measures synthesis beside loading the CDK, in turns. Cold is with nothing kept from an earlier run, as in a fresh
 * clone; warm is the run after it.
 *
 * @param tell - called after each round, with its number
 */
export const measureSynthesis = async (
  rounds: number,
  tell: (round: number) => void = () => {},
): Promise<SynthesisMeasurement> => {
  const modules = await cdkModules();
  // Files that no process has read lately are slow for whoever comes first.
  await load(modules);
  const measured: { readonly load: number; readonly warm: number; readonly cold: number }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    measured.push(
      await withTemporaryFiles(async () => {
        const cold = await timed(synthesizeOnce);
        const loaded = await timed(() => load(modules));
        const warm = await timed(synthesizeOnce);
        return { load: loaded, warm, cold };
      }),
    );
    tell(round);
  }
  const of = (pick: (round: (typeof measured)[number]) => number): number => median(measured.map(pick));
  return {
    rounds,
    loadMs: of((round) => round.load),
    warmMs: of((round) => round.warm),
    coldMs: of((round) => round.cold),
    warmToLoad: of((round) => round.warm / round.load),
    coldToLoad: of((round) => round.cold / round.load),
  };
};
