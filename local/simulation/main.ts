import { randomInt } from 'node:crypto';
import type { Wire } from '../aws/fast-wire';
import { bundleSimulation } from './bundle';
import { interleavings, pairsOfFaults, singleFaults } from './exhaustive';
import { MECHANISMS } from './mechanisms';
import { INVARIANTS, type InvariantNumber } from './monitor';
import { type Mode, parseCommand } from './options';
import type { Schedule } from './schedule';
import { emptyTally, type Failure, merge, type Tally } from './tally';
import type { Work } from './worker';
import { distribute } from './workers';

// The SDK warns users of Node.js 20 about the future of Lambda functions, which this process is not.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** Small enough for progress to show, large enough for the hand-over not to. */
const SCHEDULES_PER_PIECE = 50;

const PROGRESS_INTERVAL_MS = 5_000;

/** Failures that are shown; more would not help anybody. */
const SHOWN_FAILURES = 10;

type Simulate = typeof import('./simulate').simulate;

const load = (file: string): { readonly simulate: Simulate } =>
  require(file) as { readonly simulate: Simulate };

const chunks = async function* <T>(
  items: Iterable<T> | AsyncIterable<T>,
  size: number,
): AsyncGenerator<readonly T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length === size) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
};

async function* everySchedule(
  { what, shapes }: Extract<Mode, { kind: 'exhaustive' }>,
  simulate: Simulate,
): AsyncGenerator<Schedule> {
  for (const shape of shapes) {
    if (what === 'pairs') yield* pairsOfFaults(shape, simulate);
    else if (what === 'interleavings') yield* interleavings(shape, simulate);
    else yield* singleFaults(shape, (await simulate({ shape, seed: 1, faults: [] })).calls);
  }
}

/** The pieces of a run. */
async function* piecesOf(
  mode: Mode,
  wire: Wire,
  sampleSeed: number,
  simulate: Simulate,
): AsyncGenerator<Work> {
  let piece = 0;
  if (mode.kind === 'exhaustive') {
    for await (const schedules of chunks(everySchedule(mode, simulate), SCHEDULES_PER_PIECE)) {
      yield { kind: 'list', schedules, wire, sampleSeed: sampleSeed + piece };
      piece += 1;
    }
    return;
  }
  for (let left = mode.schedules; left > 0; left -= SCHEDULES_PER_PIECE) {
    // Seeds of neighbours must not meet: pieces of seed 1 and of seed 2 are different ones.
    const seed = (mode.seed * 1_000_003 + piece) % 2 ** 31;
    piece += 1;
    yield { kind: 'random', seed, runs: Math.min(left, SCHEDULES_PER_PIECE), wire, sampleSeed: seed };
  }
}

const replayOf = ({ schedule }: Failure, without: readonly string[]): string => {
  const options = without.map((name) => `--without ${name} `).join('');
  return `npm run simulate -- ${options}--replay '${JSON.stringify(schedule)}'`;
};

const describe = (failure: Failure, without: readonly string[]): string =>
  [
    ...failure.violations
      .slice(0, 3)
      .map(
        ({ invariant, what, call }) =>
          `  ${invariant}. ${INVARIANTS[invariant]}: ${what}${call === undefined ? '' : `, call ${call}`}`,
      ),
    `    ${replayOf(failure, without)}`,
  ].join('\n');

const summary = (tally: Tally, seconds: number, without: readonly string[]): string => {
  const lines = [
    `${tally.schedules} schedules, ${tally.executions} executions, ${tally.faultsInjected} faults, ${tally.calls} calls: ${(tally.schedules / seconds).toFixed(1)} schedules per second`,
    '',
    'Guarantees violated, in schedules:',
    ...Object.entries(INVARIANTS).map(
      ([number, text]) =>
        `${String(tally.byInvariant[Number(number) as InvariantNumber]).padStart(8)}  ${number}. ${text}`,
    ),
    '',
    'How schedules ended:',
    ...Object.entries(tally.outcomes)
      .sort(([, a], [, b]) => b - a)
      .map(([end, number]) => `${String(number).padStart(8)}  ${end}`),
  ];
  if (tally.failures.length > 0) {
    lines.push('', 'The smallest schedules that violate a guarantee:');
    lines.push(...tally.failures.slice(0, SHOWN_FAILURES).map((failure) => describe(failure, without)));
  }
  return `${lines.join('\n')}\n`;
};

const main = async (args: readonly string[]): Promise<number> => {
  const command = parseCommand(args);
  if (command.kind === 'help') {
    process.stdout.write(command.text);
    return 0;
  }
  if (command.kind === 'misuse') {
    process.stderr.write(`${command.message}\n`);
    return 2;
  }
  const { without, json } = command;
  const tell = (text: string): void => void (json ? process.stderr : process.stdout).write(text);
  const mechanisms = MECHANISMS.filter(({ name }) => without.includes(name));
  for (const { is } of mechanisms) tell(`Switched off: ${is}.\n`);
  const file = await bundleSimulation(
    ['simulation', ...without].join('-without-'),
    mechanisms.flatMap(({ patches }) => patches),
  );
  const { simulate } = load(file);

  if (command.kind === 'replay') {
    const outcome = await simulate(command.schedule, { wire: command.wire });
    if (json) process.stdout.write(`${JSON.stringify(outcome, undefined, 2)}\n`);
    else {
      tell(
        `${outcome.history.join('\n')}\n\nFaults: ${outcome.struck.join('; ') || 'none'}. End: ${outcome.end}.\n`,
      );
      if (outcome.violations.length > 0) tell(`${describe(outcome, without)}\n`);
    }
    return outcome.violations.length === 0 ? 0 : 1;
  }

  const { mode, jobs, wire } = command;
  const sampleSeed = mode.kind === 'random' ? mode.seed : randomInt(2 ** 31);
  const total = mode.kind === 'random' ? `${mode.schedules}` : 'all';
  const tally = emptyTally();
  // Not Date: while a simulation runs in this process, it tells the virtual time.
  const startedMs = performance.now();
  const seconds = (): number => Math.max(0.001, (performance.now() - startedMs) / 1000);
  let toldMs = startedMs;
  tell(`${total} schedules in ${jobs} processes ...\n`);
  if (wire === 'fast') {
    tell(
      `One of every ${SCHEDULES_PER_PIECE} is played over the full wire, too, drawn with seed ${sampleSeed}.\n`,
    );
  }
  const play: Simulate = (schedule) => simulate(schedule, { wire });
  await distribute(file, jobs, piecesOf(mode, wire, sampleSeed, play), (part) => {
    merge(tally, part);
    for (const failure of part.failures.slice(0, Math.max(0, SHOWN_FAILURES - tally.failures.length))) {
      tell(`${describe(failure, without)}\n`);
    }
    if (performance.now() - toldMs >= PROGRESS_INTERVAL_MS) {
      toldMs = performance.now();
      const rate = (tally.schedules / seconds()).toFixed(1);
      tell(`  ${tally.schedules} of ${total} (${rate} per second), ${tally.failures.length} failed\n`);
    }
  });
  const violations = Object.values(tally.byInvariant).reduce((sum, number) => sum + number, 0);
  if (json) {
    const { schedules, faultsInjected, executions, calls, byInvariant, byFault, outcomes, failures } = tally;
    const document = {
      ...{ schedules, faultsInjected, violations, byInvariant, byFault, outcomes },
      schedulesPerSecond: Number((schedules / seconds()).toFixed(1)),
      ...{
        executions,
        calls,
        failures: failures.map((failure) => ({ ...failure, replay: replayOf(failure, without) })),
      },
    };
    process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
  } else {
    tell(`\n${summary(tally, seconds(), without)}`);
  }
  return violations === 0 ? 0 : 1;
};

main(process.argv.slice(2)).then(
  (exitStatus) => {
    process.exitCode = exitStatus;
  },
  (defect: unknown) => {
    console.error(defect);
    process.exitCode = 1;
  },
);
