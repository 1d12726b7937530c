import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HelpOrMisuse, runScript } from '../consumer/ground/command-line';
import type { Wire } from '../embedded-aws/clients/fast-wire';
import { MECHANISMS } from './mechanisms/mechanisms';
import { type Command, parseCommand } from './options';
import { type Plan, planExhaustive, planRandom, SCHEDULES_PER_PIECE } from './plan';
import type { Outcome } from './play/simulate';
import { INVARIANTS, type InvariantNumber } from './schedule/invariants';
import { describePosition, numbered } from './schedule/position';
import type { Schedule } from './schedule/schedule';
import { bundleSimulation } from './search/bundle';
import type { Part } from './search/exhaustive';
import { emptyTally, type Failure, failureOf, merge, type Tally } from './search/tally';
import { digestOf, partOfTurn, type Turn, type Turning, turned } from './search/turn';
import type { Play } from './search/worker';
import { distribute } from './search/workers';

// The SDK warns users of Node.js 20 about the future of Lambda functions. This process is not one.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const PROGRESS_INTERVAL_MS = 5_000;

/** How many failures are shown; more would not help. */
const SHOWN_FAILURES = 10;

const NO_TURN = `The simulated code has changed, and no part of the exhaustive runs has its turn for it. Run
npm run simulate -- --turn next
and commit simulation/turn.json; or --turn same, if this change has already taken its turn.
`;

type Simulate = (schedule: Schedule) => Promise<Outcome>;

const TURN_FILE = join(__dirname, 'turn.json');
const LOCK_FILE = join(__dirname, '..', 'package-lock.json');

const load = (file: string, wire: Wire): Simulate => {
  const { simulate } = require(file) as typeof import('./play/simulate');
  return (schedule) => simulate(schedule, { wire });
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

const takeTurn = async (to: Turning): Promise<number> => {
  const current = await readTurn();
  const turn = turned(current, to, await digestOfSimulation(await bundleSimulation('simulation')));
  await writeFile(TURN_FILE, `${JSON.stringify(turn, undefined, 2)}\n`);
  process.stdout.write(`Turn ${turn.turn}${turn === current ? ', as before' : ''}.\n`);
  return 0;
};

type Tell = (text: string) => void;

const replay = async (
  { schedule: given, without, json }: Extract<Command, { kind: 'replay' }>,
  simulate: Simulate,
  tell: Tell,
): Promise<number> => {
  const { schedule, notMade } = await numbered(given, simulate);
  for (const { at } of notMade) tell(`No such call is made: ${describePosition(at)}.\n`);
  const outcome = await simulate(schedule);
  const { history, struck, end, violations } = outcome;
  if (json) process.stdout.write(`${JSON.stringify(outcome, undefined, 2)}\n`);
  else {
    tell(`${history.join('\n')}\n\nFaults: ${struck.join('; ') || 'none'}. End: ${end}.\n`);
    if (violations.length > 0) tell(`${describe(await failureOf(outcome, simulate), without)}\n`);
  }
  return violations.length === 0 ? 0 : 1;
};

const progressOf = ({ schedules, failures }: Tally, seconds: number, progress: number): string => {
  const rate = (schedules / seconds).toFixed(1);
  const minutes = Math.ceil((seconds * (1 - progress)) / progress / 60);
  return `  ${schedules} schedules (${rate} per second), ${(progress * 100).toFixed(0)} %, about ${minutes} min left, ${failures.length} failed\n`;
};

const violationsOf = ({ byInvariant }: Tally): number =>
  Object.values(byInvariant).reduce((sum, number) => sum + number, 0);

const documentOf = (tally: Tally, seconds: number, part: Part | undefined, without: readonly string[]) => {
  const { schedules, faultsInjected, executions, calls, byInvariant, byFault, outcomes, failures } = tally;
  return {
    ...(part !== undefined && { part }),
    ...{ schedules, faultsInjected, violations: violationsOf(tally), byInvariant, byFault, outcomes },
    seconds: Number(seconds.toFixed(1)),
    schedulesPerSecond: Number((schedules / seconds).toFixed(1)),
    ...{
      executions,
      calls,
      failures: failures.map((failure) => ({ ...failure, replay: replayOf(failure, without) })),
    },
  };
};

const run = async (
  { jobs, without, json }: Extract<Command, { kind: 'run' }>,
  file: string,
  plan: Plan,
  part: Part | undefined,
  tell: Tell,
): Promise<number> => {
  const tally = emptyTally();
  // Not Date: while a simulation runs in this process, Date returns the virtual time.
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
      tell(progressOf(tally, seconds(), plan.progress()));
    }
  });
  if (json) {
    process.stdout.write(`${JSON.stringify(documentOf(tally, seconds(), part, without), undefined, 2)}\n`);
  } else {
    const which = part === undefined ? '' : `Part ${part.number} of ${part.of}: `;
    tell(`\n${which}${summary(tally, seconds(), without)}`);
  }
  return violationsOf(tally) === 0 ? 0 : 1;
};

const main = async (command: Exclude<Command, HelpOrMisuse>): Promise<number> => {
  if (command.kind === 'turn') return takeTurn(command.to);
  const { without, json } = command;
  const tell: Tell = (text) => void (json ? process.stderr : process.stdout).write(text);
  const mechanisms = MECHANISMS.filter(({ name }) => without.includes(name));
  for (const { is } of mechanisms) tell(`Switched off: ${is}.\n`);
  const file = await bundleSimulation(
    ['simulation', ...without].join('-without-'),
    mechanisms.flatMap(({ patches }) => patches),
  );
  const { wire } = command;
  const simulate = load(file, wire);
  if (command.kind === 'replay') return replay(command, simulate, tell);
  const { mode } = command;
  const play: Play = { wire, sampleSeed: mode.kind === 'random' ? mode.seed : randomInt(2 ** 31) };
  if (wire === 'fast') {
    tell(
      `One of every ${SCHEDULES_PER_PIECE} is also played over the full wire, drawn with seed ${play.sampleSeed}.\n`,
    );
  }
  if (mode.kind === 'random') return run(command, file, planRandom(mode, play), undefined, tell);
  const part =
    mode.part === 'turn' ? partOfTurn(await readTurn(), await digestOfSimulation(file)) : mode.part;
  if (mode.part === 'turn' && part === undefined) {
    process.stderr.write(NO_TURN);
    return 2;
  }
  if (part !== undefined) {
    tell(`Part ${part.number} of ${part.of}. To repeat it, use --part ${part.number}/${part.of}.\n`);
  }
  return run(command, file, await planExhaustive(mode, part, simulate, play), part, tell);
};

void runScript(parseCommand(process.argv.slice(2)), main);
