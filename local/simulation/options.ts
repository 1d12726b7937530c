import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Wire } from '../aws/fast-wire';
import { listed } from '../text';
import { EXHAUSTIVE_MODES, type ExhaustiveMode, type Part, PROVED } from './exhaustive';
import { MECHANISMS } from './mechanisms';
import { type NamedFault, type NamedSchedule, SHAPES, type ShapeName } from './schedule';
import { TURNINGS, type Turning } from './turn';

/** What the schedules of a run are. */
export type Mode =
  | { readonly kind: 'random'; readonly schedules: number; readonly seed: number }
  | {
      readonly kind: 'exhaustive';
      readonly tried: readonly (readonly [ExhaustiveMode, readonly ShapeName[]])[];
      /** Default: everything. `turn` is the part whose turn it is. */
      readonly part?: Part | 'turn';
    };

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'misuse'; readonly message: string }
  /** Say which part of the exhaustive runs a change has to run. */
  | { readonly kind: 'turn'; readonly to: Turning }
  | {
      readonly kind: 'replay';
      readonly schedule: NamedSchedule;
      readonly wire: Wire;
      /** Names of safety mechanisms to switch off. */
      readonly without: readonly string[];
      readonly json: boolean;
    }
  | {
      readonly kind: 'run';
      readonly mode: Mode;
      /** Names of safety mechanisms to switch off. */
      readonly without: readonly string[];
      readonly jobs: number;
      readonly wire: Wire;
      readonly json: boolean;
    };

const DEFAULT_SCHEDULES = 1_000;
const DEFAULT_SEED = 1;
const MAX_JOBS = 64;
const MAX_PARTS = 10_000;

/** Wide enough for the longest name of a mechanism. */
const NAME_WIDTH = 28;

const HELP = `Looks for a failure that loses a key: runs rotations against an embedded AWS on
a virtual clock, lets faults strike at chosen calls, and checks the guarantees
after every single one. The same seed finds the same.

Usage: npm run simulate -- [options]

  --schedules N     so many random schedules of up to four faults (${DEFAULT_SCHEDULES})
  --seed S          seed of the schedules (${DEFAULT_SEED})
  --exhaustive WHAT instead: "singles", every fault at every call; "pairs",
                    every pair of faults of the crash and lost-answer kinds;
                    "interleavings", two and three executions for one user,
                    interleaved at every pair of calls; or "all", everything
                    that is proved of a release
  --part K/N        with --exhaustive, the K-th of N parts, which together are
                    the whole; or "auto", the part whose turn it is
  --turn HOW        "next" gives the turn to the next part, once for each change
                    of what is simulated; "same" keeps it, when more is changed
  --shape SHAPE     with --exhaustive, only this situation; may be repeated:
${listed(Object.entries(SHAPES), NAME_WIDTH)}
  --replay JSON     run one schedule, and show its history; "at" says where a
                    fault strikes, {"call":"iam:CreateAccessKey","nth":1}, or
                    is a number among all calls
  --without NAME    switch a safety mechanism off, to see what it is good for;
                    may be repeated, for those that have a double:
${listed(
  MECHANISMS.map(({ name, is }) => [name, is]),
  NAME_WIDTH,
)}
  --wire WIRE       "fast": the SDK's objects are handed over, and a sample is
                    played over both wires and compared; or "full": all calls
                    are serialized and signed as on their way to AWS (fast)
  --jobs N          so many processes (one per processor)
  --json            print one JSON document to standard output; progress goes to
                    standard error
  --help            print this

Exit status: 0 when every guarantee held, 1 when one did not, 2 when the command
line is wrong.
`;

/** What is asked for, and in which situations. */
const triedOf = (
  what: unknown,
  shapes: readonly ShapeName[] | undefined,
): Extract<Mode, { kind: 'exhaustive' }>['tried'] | undefined => {
  if (what === 'all') {
    return EXHAUSTIVE_MODES.map((mode) => [
      mode,
      PROVED[mode].filter((shape) => shapes?.includes(shape) ?? true),
    ]);
  }
  const mode = EXHAUSTIVE_MODES.find((one) => one === what);
  return mode && [[mode, shapes ?? (Object.keys(SHAPES) as ShapeName[])]];
};

const isTurning = (how: unknown): how is Turning => TURNINGS.some((one) => one === how);

/** `K/N`, or `auto`. */
const partOf = (text: unknown): Part | 'turn' | undefined => {
  if (text === 'auto') return 'turn';
  const [number, of, ...more] = String(text)
    .split('/')
    .map((piece) => wholeNumber(piece, 1, MAX_PARTS));
  return number !== undefined && of !== undefined && number <= of && more.length === 0
    ? { number, of }
    : undefined;
};

const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) > 0;

/** By the number of its call, or by what its call is. */
const isPlaced = ({ at }: NamedFault): boolean =>
  typeof at === 'number' ? isCount(at) : typeof at.call === 'string' && isCount(at.nth);

const wholeNumber = (text: string, min: number, max: number): number | undefined => {
  const number = Number(text);
  return /^\d{1,10}$/.test(text) && number >= min && number <= max ? number : undefined;
};

/** Reads the command line. */
export const parseCommand = (args: readonly string[]): Command => {
  const misuse = (message: string): Command => ({
    kind: 'misuse',
    message: `${message}\nSee npm run simulate -- --help.`,
  });
  const wrong = (option: string, given: unknown, allowed: string): Command =>
    misuse(`--${option}: ${JSON.stringify(given)} was given. Allowed: ${allowed}.`);
  let values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  try {
    values = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        json: { type: 'boolean' },
        schedules: { type: 'string' },
        seed: { type: 'string' },
        exhaustive: { type: 'string' },
        part: { type: 'string' },
        turn: { type: 'string' },
        shape: { type: 'string', multiple: true },
        replay: { type: 'string' },
        without: { type: 'string', multiple: true },
        jobs: { type: 'string' },
        wire: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return misuse((error as Error).message);
  }
  if (values.help === true) return { kind: 'help', text: HELP };
  const json = values.json === true;
  const without = (values.without ?? []) as readonly string[];
  const stranger = without.find((name) => !MECHANISMS.some((mechanism) => mechanism.name === name));
  if (stranger !== undefined) {
    return wrong('without', stranger, MECHANISMS.map(({ name }) => name).join(', '));
  }
  if (values.turn !== undefined) {
    return isTurning(values.turn)
      ? { kind: 'turn', to: values.turn }
      : wrong('turn', values.turn, TURNINGS.join(', '));
  }
  const wire = values.wire ?? 'fast';
  if (wire !== 'fast' && wire !== 'full') return wrong('wire', wire, 'fast, full');
  if (values.replay !== undefined) {
    try {
      const schedule = JSON.parse(String(values.replay)) as NamedSchedule;
      if (!(schedule.shape in SHAPES) || !schedule.faults.every(isPlaced)) throw new Error('no schedule');
      return { kind: 'replay', schedule, wire, without, json };
    } catch {
      return wrong('replay', values.replay, 'a schedule as this command prints it');
    }
  }
  const jobsText = String(values.jobs ?? availableParallelism());
  const jobs = wholeNumber(jobsText, 1, MAX_JOBS);
  if (jobs === undefined) return wrong('jobs', jobsText, `a whole number from 1 to ${MAX_JOBS}`);

  const shapes = values.shape as readonly ShapeName[] | undefined;
  const unknown = shapes?.find((shape) => !(shape in SHAPES));
  if (unknown !== undefined) return wrong('shape', unknown, Object.keys(SHAPES).join(', '));
  if (values.exhaustive !== undefined) {
    const tried = triedOf(values.exhaustive, shapes);
    if (tried === undefined) {
      return wrong('exhaustive', values.exhaustive, [...EXHAUSTIVE_MODES, 'all'].join(', '));
    }
    const part = values.part === undefined ? undefined : partOf(values.part);
    if (values.part !== undefined && part === undefined) {
      return wrong('part', values.part, `K/N, with K from 1 to N and N up to ${MAX_PARTS}, or auto`);
    }
    if (values.schedules !== undefined || values.seed !== undefined) {
      return misuse('--exhaustive takes neither --schedules nor --seed: it leaves nothing to chance.');
    }
    if (part === 'turn' && without.length > 0) {
      return misuse('--part auto does not go with --without: it is the turn of what is simulated as it is.');
    }
    const mode: Mode = { kind: 'exhaustive', tried, ...(part !== undefined && { part }) };
    return { kind: 'run', mode, without, jobs, wire, json };
  }
  if (values.shape !== undefined) return misuse('--shape goes with --exhaustive.');
  if (values.part !== undefined) return misuse('--part goes with --exhaustive.');
  const schedulesText = String(values.schedules ?? DEFAULT_SCHEDULES);
  const schedules = wholeNumber(schedulesText, 1, 10_000_000);
  if (schedules === undefined) {
    return wrong('schedules', schedulesText, 'a whole number from 1 to 10000000');
  }
  const seedText = String(values.seed ?? DEFAULT_SEED);
  const seed = wholeNumber(seedText, 0, 2 ** 31 - 1);
  if (seed === undefined) return wrong('seed', seedText, `a whole number from 0 to ${2 ** 31 - 1}`);
  return { kind: 'run', mode: { kind: 'random', schedules, seed }, without, jobs, wire, json };
};
