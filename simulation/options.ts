import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import { type HelpOrMisuse, Misuse, readCommandLine, wholeNumber } from '../consumer/ground/command-line';
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
  | HelpOrMisuse
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

const MAX_JOBS = 64;
const MAX_PARTS = 10_000;

/** The options as commander has read them. */
interface Options {
  readonly schedules: number;
  readonly seed: number;
  readonly exhaustive?: ExhaustiveMode | 'all';
  readonly part?: Part | 'turn';
  readonly turn?: Turning;
  readonly shape?: readonly ShapeName[];
  readonly replay?: NamedSchedule;
  readonly without: readonly string[];
  readonly wire: Wire;
  readonly jobs: number;
  readonly json: boolean;
}

/** `K/N`, or `auto`. */
const partOf = (text: string): Part | 'turn' => {
  if (text === 'auto') return 'turn';
  const [, number = 0, of = 0] = (/^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? []).map(Number);
  if (number >= 1 && number <= of && of <= MAX_PARTS) return { number, of };
  throw new Misuse(`Allowed: K/N, with K from 1 to N and N up to ${MAX_PARTS}, or auto.`);
};

const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) > 0;

/** Placed by the number of its call, or by a description of it. */
const isPlaced = ({ at }: NamedFault): boolean =>
  typeof at === 'number' ? isCount(at) : typeof at.call === 'string' && isCount(at.nth);

const scheduleOf = (text: string): NamedSchedule => {
  try {
    const schedule = JSON.parse(text) as NamedSchedule;
    if (Object.hasOwn(SHAPES, schedule.shape) && schedule.faults.every(isPlaced)) return schedule;
  } catch {
    // Not JSON, or not a schedule: the message is the same for both.
  }
  throw new Misuse('Allowed: a schedule as this command prints it.');
};

/** The requested kinds of faults, and the situations to try them in. */
const triedOf = (
  what: ExhaustiveMode | 'all',
  shapes: readonly ShapeName[] | undefined,
): Extract<Mode, { kind: 'exhaustive' }>['tried'] =>
  what === 'all'
    ? EXHAUSTIVE_MODES.map((mode) => [mode, PROVED[mode].filter((shape) => shapes?.includes(shape) ?? true)])
    : [[what, shapes ?? (Object.keys(SHAPES) as ShapeName[])]];

const modeOf = ({ exhaustive, part, shape, schedules, seed, without }: Options): Mode => {
  if (exhaustive === undefined) {
    if (shape !== undefined) throw new Misuse('--shape goes with --exhaustive.');
    if (part !== undefined) throw new Misuse('--part goes with --exhaustive.');
    return { kind: 'random', schedules, seed };
  }
  if (part === 'turn' && without.length > 0) {
    throw new Misuse('--part auto does not go with --without: turns are for the unchanged code.');
  }
  return { kind: 'exhaustive', tried: triedOf(exhaustive, shape), ...(part !== undefined && { part }) };
};

const commandOf = (options: Options): Command => {
  const { turn, replay: schedule, without, jobs, wire, json } = options;
  if (turn !== undefined) return { kind: 'turn', to: turn };
  if (schedule !== undefined) return { kind: 'replay', schedule, wire, without, json };
  return { kind: 'run', mode: modeOf(options), without, jobs, wire, json };
};

/** Reads the command line. */
export const parseCommand = (args: readonly string[]): Command =>
  readCommandLine<Command>('npm run simulate --', args, (program, hand) => {
    program
      .description(
        'Looks for a failure that loses a key: runs rotations against an embedded AWS on a virtual clock, injects faults at chosen ' +
          'calls, and checks the guarantees after every single one. The same seed gives the same result.',
      )
      .option(
        '--schedules <n>',
        'number of random schedules, of up to four faults each (1000)',
        wholeNumber(1, 10_000_000),
        1000,
      )
      .option('--seed <n>', 'seed of the schedules (1)', wholeNumber(0, 2 ** 31 - 1), 1)
      .addOption(
        new Option(
          '--exhaustive <what>',
          'instead: singles, every fault at every call; pairs, every pair of faults of the crash and lost-answer kinds; ' +
            'interleavings, two and three executions for one user, interleaved at every pair of calls; late-reads, crashes and ' +
            'lost answers at every call while all reads lag; or all, everything that a release has to pass',
        )
          .choices([...EXHAUSTIVE_MODES, 'all'])
          .conflicts(['schedules', 'seed']),
      )
      .option(
        '--part <k/n>',
        'with --exhaustive, the K-th of N parts, which together are the whole; or auto, the part whose turn it is',
        partOf,
      )
      .addOption(
        new Option(
          '--turn <how>',
          'next gives the turn to the next part, once for each change of the simulated code; same keeps it for the same change',
        ).choices(TURNINGS),
      )
      .addOption(
        new Option('--shape <shape...>', 'with --exhaustive, only this situation; may be repeated').choices(
          Object.keys(SHAPES),
        ),
      )
      .option(
        '--replay <json>',
        'run one schedule, and show its history; "at" says where a fault happens, {"call":"iam:CreateAccessKey","nth":1}, or is a ' +
          'number among all calls',
        scheduleOf,
      )
      .addOption(
        new Option(
          '--without <mechanism...>',
          'switch a safety mechanism off, to see what it protects from; may be repeated, for those that have a double',
        )
          .choices(MECHANISMS.map(({ name }) => name))
          .default([]),
      )
      .addOption(
        new Option(
          '--wire <wire>',
          "fast: the SDK's objects are passed on, and a sample is played over both wires and compared; or full: all calls are " +
            'serialized and signed as on their way to AWS (fast)',
        )
          .choices(['fast', 'full'])
          .default('fast'),
      )
      .option(
        '--jobs <n>',
        'number of processes (one per processor)',
        wholeNumber(1, MAX_JOBS),
        Math.min(availableParallelism(), MAX_JOBS),
      )
      .option('--json', 'print one JSON document to standard output; progress goes to standard error', false)
      .addHelpText(
        'after',
        `
Situations:
${listed(Object.entries(SHAPES))}

Safety mechanisms:
${listed(MECHANISMS.map(({ name, is }) => [name, is]))}

Exit status: 0 when every guarantee held, 1 when one did not, 2 when the command
line is wrong.`,
      )
      .action((options: Options) => hand(commandOf(options)));
  });
