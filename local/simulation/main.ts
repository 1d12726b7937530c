import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleSimulation } from './bundle';
import { everyStem, type Part, stemsOfPart } from './exhaustive';
import { INVARIANTS, type InvariantNumber } from './invariants';
import { MECHANISMS } from './mechanisms';
import { type Mode, parseCommand } from './options';
import { describePosition, numbered } from './position';
import type { Schedule } from './schedule';
import { emptyTally, type Failure, failureOf, merge, type Tally } from './tally';
import { digestOf, partOfTurn, type Turn, turned } from './turn';
import type { Work } from './worker';
import { distribute } from './workers';

// The SDK warns users of Node.js 20 about the future of Lambda functions, which this process is not.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** Small enough for progress to show, large enough for the hand-over not to. */
const SCHEDULES_PER_PIECE = 50;

const PROGRESS_INTERVAL_MS = 5_000;

/** Failures that are shown; more would not help anybody. */
const SHOWN_FAILURES = 10;

const NO_TURN = `What is simulated has changed, and no part of the exhaustive runs has its turn for it. Run
npm run simulate -- --turn next
and commit local/simulation/turn.json; or --turn same, if this change has taken its turn already.
`;

type Simulate = typeof import('./simulate').simulate;

const TURN_FILE = join(__dirname, 'turn.json');
const LOCK_FILE = join(__dirname, '..', '..', 'package-lock.json');

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

/** What a run has to do, and how much of it has been handed out. */
interface Plan {
  readonly pieces: AsyncGenerator<Work>;
  /** How many schedules it has. */
  readonly total: string;
  /** From 0 to 1. */
  readonly progress: () => number;
}

const planRandom = ({ schedules, seed }: Extract<Mode, { kind: 'random' }>): Plan => {
  let left = schedules;
  const pieces = async function* (): AsyncGenerator<Work> {
    for (let piece = 0; left > 0; piece += 1) {
      const runs = Math.min(left, SCHEDULES_PER_PIECE);
      left -= runs;
      // Seeds of neighbours must not meet: pieces of seed 1 and of seed 2 are different ones.
      yield { kind: 'random', seed: (seed * 1_000_003 + piece) % 2 ** 31, runs };
    }
  };
  return { pieces: pieces(), total: `${schedules}`, progress: () => 1 - left / schedules };
};

const planExhaustive = async (
  { tried }: Extract<Mode, { kind: 'exhaustive' }>,
  part: Part | undefined,
  simulate: Simulate,
): Promise<Plan> => {
  const all = await everyStem(tried, simulate);
  const stems = part === undefined ? all : stemsOfPart(all, part);
  const expected = stems.reduce((sum, stem) => sum + stem.expected, 0);
  let begun = 0;
  const schedules = async function* (): AsyncGenerator<Schedule> {
    for (const stem of stems) {
      begun += stem.expected;
      yield* stem.schedules();
    }
  };
  const pieces = async function* (): AsyncGenerator<Work> {
    for await (const chunk of chunks(schedules(), SCHEDULES_PER_PIECE)) {
      yield { kind: 'list', schedules: chunk };
    }
  };
  return { pieces: pieces(), total: `about ${expected}`, progress: () => begun / Math.max(1, expected) };
};

const readTurn = async (): Promise<Turn> => JSON.parse(await readFile(TURN_FILE, 'utf8')) as Turn;

const digestOfSimulation = async (file: string): Promise<string> =>
  digestOf(await readFile(file, 'utf8'), await readFile(LOCK_FILE, 'utf8'));

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
          `  ${invariant}. ${INVARIANTS[invariant]}: ${what}${call === undefined ? '' : `, at ${describePosition(call)}`}`,
      ),
    `    ${replayOf(failure, without)}`,
  ].join('\n');

const summary = (tally: Tally, seconds: number, without: readonly string[]): string => {
  const lines = [
    `${tally.schedules} schedules, ${tally.executions} executions, ${tally.faultsInjected} faults, ${tally.calls} calls in ${seconds.toFixed(0)} s: ${(tally.schedules / seconds).toFixed(1)} schedules per second`,
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
  if (command.kind === 'turn') {
    const current = await readTurn();
    const turn = turned(current, command.to, await digestOfSimulation(await bundleSimulation('simulation')));
    await writeFile(TURN_FILE, `${JSON.stringify(turn, undefined, 2)}\n`);
    process.stdout.write(`Turn ${turn.turn}${turn === current ? ', as before' : ''}.\n`);
    return 0;
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
    const { schedule, notMade } = await numbered(command.schedule, simulate);
    for (const { at } of notMade) tell(`No such call is made: ${describePosition(at)}.\n`);
    const outcome = await simulate(schedule);
    if (json) process.stdout.write(`${JSON.stringify(outcome, undefined, 2)}\n`);
    else {
      tell(
        `${outcome.history.join('\n')}\n\nFaults: ${outcome.struck.join('; ') || 'none'}. End: ${outcome.end}.\n`,
      );
      if (outcome.violations.length > 0) tell(`${describe(await failureOf(outcome, simulate), without)}\n`);
    }
    return outcome.violations.length === 0 ? 0 : 1;
  }

  const { mode, jobs } = command;
  let part: Part | undefined;
  if (mode.kind === 'exhaustive' && mode.part !== undefined) {
    part = mode.part === 'turn' ? partOfTurn(await readTurn(), await digestOfSimulation(file)) : mode.part;
    if (part === undefined) {
      process.stderr.write(NO_TURN);
      return 2;
    }
    tell(`Part ${part.number} of ${part.of}. To repeat it, say --part ${part.number}/${part.of}.\n`);
  }
  const plan = mode.kind === 'random' ? planRandom(mode) : await planExhaustive(mode, part, simulate);
  const tally = emptyTally();
  // Not Date: while a simulation runs in this process, it tells the virtual time.
  const startedMs = performance.now();
  const seconds = (): number => Math.max(0.001, (performance.now() - startedMs) / 1000);
  let toldMs = startedMs;
  tell(`${plan.total} schedules in ${jobs} processes ...\n`);
  await distribute(file, jobs, plan.pieces, (done) => {
    merge(tally, done);
    for (const failure of done.failures.slice(0, Math.max(0, SHOWN_FAILURES - tally.failures.length))) {
      tell(`${describe(failure, without)}\n`);
    }
    if (performance.now() - toldMs >= PROGRESS_INTERVAL_MS) {
      toldMs = performance.now();
      const progress = plan.progress();
      const rate = (tally.schedules / seconds()).toFixed(1);
      const left = Math.ceil((seconds() * (1 - progress)) / progress / 60);
      tell(
        `  ${tally.schedules} schedules (${rate} per second), ${(progress * 100).toFixed(0)} %, about ${left} min left, ${tally.failures.length} failed\n`,
      );
    }
  });
  const violations = Object.values(tally.byInvariant).reduce((sum, number) => sum + number, 0);
  if (json) {
    const { schedules, faultsInjected, executions, calls, byInvariant, byFault, outcomes, failures } = tally;
    const document = {
      ...(part !== undefined && { part }),
      ...{ schedules, faultsInjected, violations, byInvariant, byFault, outcomes },
      seconds: Number(seconds().toFixed(1)),
      schedulesPerSecond: Number((schedules / seconds()).toFixed(1)),
      ...{
        executions,
        calls,
        failures: failures.map((failure) => ({ ...failure, replay: replayOf(failure, without) })),
      },
    };
    process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
  } else {
    const whole = part === undefined ? '' : `Part ${part.number} of ${part.of}: `;
    tell(`\n${whole}${summary(tally, seconds(), without)}`);
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
