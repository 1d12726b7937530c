import { PARTS } from '../../simulation/search/turn';

/** One step of the proof of a release: a command that succeeds, or does not. */
export interface Step {
  readonly name: string;
  /** What holds when the command has succeeded. */
  readonly proves: string;
  readonly command: readonly [string, ...string[]];
  /** Beside what this process has in its environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** About how long it takes on two cores that nothing else uses. */
  readonly minutes: number;
  /** Its standard output is a document of the simulation, whose figures add up to those of the whole run. */
  readonly isPart?: boolean;
  /** Without it nothing that follows is worth its time. It is quick, and runs always. */
  readonly isGate?: boolean;
}

const npm = (script: string, ...options: readonly string[]): Step['command'] => [
  'npm',
  ...['run', '--silent', script],
  ...(options.length > 0 ? ['--', ...options] : []),
];

const tsx = (file: string, ...options: readonly string[]): Step['command'] => [
  process.execPath,
  ...['--import', 'tsx', file, ...options],
];

const PART_NUMBERS = Array.from({ length: PARTS }, (_, index) => index + 1);

/**
 * Everything that has to hold before a release, the cheap first. Each runs what `.ci/run` runs of it, or the whole where that runs a
 * part.
 *
 * @param version - What is to be released.
 * @param commit - The commit that is examined.
 */
export const stepsOf = (version: string, commit: string): readonly Step[] => [
  {
    name: 'ready',
    proves: 'nothing is uncommitted; version, lock file, changelog, documents and recording agree',
    command: tsx('tools/release/ready.ts', commit),
    minutes: 0.1,
    isGate: true,
  },
  { name: 'build', proves: 'the package of the construct builds', command: npm('build'), minutes: 0.5 },
  {
    name: 'build-consumer',
    proves: 'the package of consumers builds',
    command: npm('build:consumer'),
    minutes: 0.2,
  },
  { name: 'synth', proves: 'the app passes cdk-nag', command: npm('synth'), minutes: 0.5 },
  {
    name: 'recording',
    proves: `today's functions write what the recording of ${version} says`,
    command: npm('record', '--compare', version),
    minutes: 1.5,
  },
  { name: 'test', proves: 'lint, types, dead code, tests', command: npm('test'), minutes: 5 },
  {
    name: 'proof',
    proves: 'long proofs: all rows, every recorded execution of each release, every denial',
    command: npm('test:proof'),
    environment: { DENIALS: 'all' },
    minutes: 30,
  },
  {
    name: 'e2e',
    proves: 'the app on emulators, and its templates before judges, that others wrote',
    command: npm('test:e2e'),
    minutes: 6,
  },
  {
    name: 'random',
    proves: '20,000 random schedules of faults violate no guarantee',
    command: npm('simulate', '--schedules', '20000', '--seed', '1'),
    minutes: 10,
  },
  ...PART_NUMBERS.map((number) => ({
    name: `exhaustive-${number}`,
    proves: `no fault at any call violates a guarantee: part ${number} of ${PARTS}`,
    command: npm('simulate', '--exhaustive', 'all', '--part', `${number}/${PARTS}`, '--json'),
    minutes: 7,
    isPart: true,
  })),
  {
    name: 'mutation',
    proves: 'tests notice when a rule changes',
    command: npm('test:mutation'),
    minutes: 60,
  },
];
