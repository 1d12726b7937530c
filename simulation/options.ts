import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Wire } from '../embedded-aws/clients/fast-wire';
import { listed } from '../local/story/text';
import { MECHANISMS } from './mechanisms/mechanisms';
import { type NamedFault, type NamedSchedule, SHAPES, type ShapeName } from './schedule/schedule';
import { EXHAUSTIVE_MODES, type ExhaustiveMode, type Part, PROVED } from './search/exhaustive';
import { TURNINGS, type Turning } from './search/turn';

/** The kind of schedules of a run. */
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
a virtual clock, injects faults at chosen calls, and checks the guarantees
after every single one. The same seed gives the same result.

Usage: npm run simulate -- [options]

  --schedules N     number of random schedules, of up to four faults each (${DEFAULT_SCHEDULES})
  --seed S          seed of the schedules (${DEFAULT_SEED})
  --exhaustive WHAT instead: "singles", every fault at every call; "pairs",
                    every pair of faults of the crash and lost-answer kinds;
                    "interleavings", two and three executions for one user,
                    interleaved at every pair of calls; "late-reads", crashes
                    and lost answers at every call while all reads lag; or
                    "all", everything that a release has to pass
  --part K/N        with --exhaustive, the K-th of N parts, which together are
                    the whole; or "auto", the part whose turn it is
  --turn HOW        "next" gives the turn to the next part, once for each change
                    of the simulated code; "same" keeps it for the same change
  --shape SHAPE     with --exhaustive, only this situation; may be repeated:
${listed(Object.entries(SHAPES), NAME_WIDTH)}
  --replay JSON     run one schedule, and show its history; "at" says where a
                    fault happens, {"call":"iam:CreateAccessKey","nth":1}, or
                    is a number among all calls
  --without NAME    switch a safety mechanism off, to see what it protects from;
                    may be repeated, for those that have a double:
${listed(
  MECHANISMS.map(({ name, is }) => [name, is]),
  NAME_WIDTH,
)}
  --wire WIRE       "fast": the SDK's objects are passed on, and a sample is
                    played over both wires and compared; or "full": all calls
                    are serialized and signed as on their way to AWS (fast)
  --jobs N          number of processes (one per processor)
  --json            print one JSON document to standard output; progress goes to
                    standard error
  --help            print this

Exit status: 0 when every guarantee held, 1 when one did not, 2 when the command
line is wrong.
`;

/** The requested kinds of faults, and the situations to try them in. */
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

/** Placed by the number of its call, or by a description of it. */
const isPlaced = ({ at }: NamedFault): boolean =>
  typeof at === 'number' ? isCount(at) : typeof at.call === 'string' && isCount(at.nth);

const wholeNumber = (text: string, min: number, max: number): number | undefined => {
  const number = Number(text);
  return /^\d{1,10}$/.test(text) && number >= min && number <= max ? number : undefined;
};

/** The command line is wrong. The message says what is allowed. */
class Misuse extends Error {}

const wrong = (option: string, given: unknown, allowed: string): never => {
  throw new Misuse(`--${option}: ${JSON.stringify(given)} was given. Allowed: ${allowed}.`);
};

const valuesOf = (args: readonly string[]) => {
  try {
    return parseArgs({
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
    throw new Misuse((error as Error).message);
  }
};

type Values = ReturnType<typeof valuesOf>;

/** The value of an option that takes a whole number. */
const numberOf = (option: string, text: string, min: number, max: number): number =>
  wholeNumber(text, min, max) ?? wrong(option, text, `a whole number from ${min} to ${max}`);

const withoutOf = ({ without = [] }: Values): readonly string[] => {
  const names = MECHANISMS.map(({ name }) => name);
  const stranger = without.find((name) => !names.includes(name));
  return stranger === undefined ? without : wrong('without', stranger, names.join(', '));
};

const wireOf = ({ wire = 'fast' }: Values): Wire =>
  wire === 'fast' || wire === 'full' ? wire : wrong('wire', wire, 'fast, full');

const shapesOf = ({ shape: shapes }: Values): readonly ShapeName[] | undefined => {
  const unknown = shapes?.find((shape) => !(shape in SHAPES));
  return unknown === undefined
    ? (shapes as readonly ShapeName[] | undefined)
    : wrong('shape', unknown, Object.keys(SHAPES).join(', '));
};

const scheduleOf = (text: string): NamedSchedule => {
  try {
    const schedule = JSON.parse(text) as NamedSchedule;
    if (schedule.shape in SHAPES && schedule.faults.every(isPlaced)) return schedule;
  } catch {
    // Not JSON, or not a schedule: the message is the same for both.
  }
  return wrong('replay', text, 'a schedule as this command prints it');
};

const exhaustiveOf = (values: Values, without: readonly string[]): Mode => {
  const tried =
    triedOf(values.exhaustive, shapesOf(values)) ??
    wrong('exhaustive', values.exhaustive, [...EXHAUSTIVE_MODES, 'all'].join(', '));
  const part =
    values.part === undefined
      ? undefined
      : (partOf(values.part) ??
        wrong('part', values.part, `K/N, with K from 1 to N and N up to ${MAX_PARTS}, or auto`));
  if (values.schedules !== undefined || values.seed !== undefined) {
    throw new Misuse('--exhaustive takes neither --schedules nor --seed: it draws nothing at random.');
  }
  if (part === 'turn' && without.length > 0) {
    throw new Misuse('--part auto does not go with --without: turns are for the unchanged code.');
  }
  return { kind: 'exhaustive', tried, ...(part !== undefined && { part }) };
};

const randomOf = (values: Values): Mode => {
  const { schedules = `${DEFAULT_SCHEDULES}`, seed = `${DEFAULT_SEED}` } = values;
  shapesOf(values);
  if (values.shape !== undefined) throw new Misuse('--shape goes with --exhaustive.');
  if (values.part !== undefined) throw new Misuse('--part goes with --exhaustive.');
  return {
    kind: 'random',
    schedules: numberOf('schedules', schedules, 1, 10_000_000),
    seed: numberOf('seed', seed, 0, 2 ** 31 - 1),
  };
};

const commandOf = (values: Values): Command => {
  if (values.help === true) return { kind: 'help', text: HELP };
  const json = values.json === true;
  const without = withoutOf(values);
  if (values.turn !== undefined) {
    return isTurning(values.turn)
      ? { kind: 'turn', to: values.turn }
      : wrong('turn', values.turn, TURNINGS.join(', '));
  }
  const wire = wireOf(values);
  if (values.replay !== undefined) {
    return { kind: 'replay', schedule: scheduleOf(values.replay), wire, without, json };
  }
  const jobs = numberOf('jobs', values.jobs ?? `${availableParallelism()}`, 1, MAX_JOBS);
  const mode = values.exhaustive === undefined ? randomOf(values) : exhaustiveOf(values, without);
  return { kind: 'run', mode, without, jobs, wire, json };
};

/** Reads the command line. */
export const parseCommand = (args: readonly string[]): Command => {
  try {
    return commandOf(valuesOf(args));
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    return { kind: 'misuse', message: `${error.message}\nSee npm run simulate -- --help.` };
  }
};
