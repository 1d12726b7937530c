import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { adopt } from '../../command/adopt';
import { findDeployment } from '../../command/deployment';
import { confirm, type Surroundings } from '../../command/shell';
import { EXIT } from '../../command/trouble';
import { inventory } from '../../test/contract/kinds';
import { putToAws } from '../../test/contract/on-aws';
import { Cleanup } from '../../test/e2e/support/cleanup';
import { Inbox } from '../../test/e2e/support/inbox';
import { Problem } from '../../test/e2e/support/problem';
import { type Stage, TRIALS } from './checks';
import { clean } from './clean';
import type { Options } from './options';
import { type PartLog, Parts } from './parts';
import { createKeyholder, type Keyholder, lagOfLastUse, onceAllEnded } from './people';
import { type Place, placeOf, requireBootstrap } from './place';
import { creations, isRotating, namesOf, notShown, type RotatingCheck } from './plan';
import type { Figure, Rehearsal, RunRecord } from './record';
import { endpointsIn, refusedEndpoints, refusedLeftovers, refusedNames } from './refusals';
import { leftOfStatements, lookForRun, type Removal, removeRun } from './removal';
import { requireReportFile, tell } from './report-file';
import { type RunStack, stackOf } from './stack';
import { judgeStatements } from './statements';
import { type Host, type Run, untilInterrupted } from './under-way';

const PACKAGE = join(__dirname, '..', '..', 'package.json');

/** CloudFormation creates a stack of this size in minutes. */
const DEPLOYMENT_LIMIT_SECONDS = 1_800;

/** A request that was under way ends in this time, and what waits between two requests finds that it may send none. */
const SETTLING_MS = 60_000;

const versionsOf = (rehearsal: Rehearsal | undefined): Readonly<Record<string, string>> => {
  const { version, dependencies } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as {
    readonly version: string;
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return {
    'iam-access-key-rotation': version,
    'Node.js': process.versions.node,
    'aws-cdk': dependencies['aws-cdk'] ?? '',
    'aws-cdk-lib': dependencies['aws-cdk-lib'] ?? '',
    ...(rehearsal !== undefined && { emulator: rehearsal.emulator }),
  };
};

const adoptKeys = async (
  { host }: Run,
  stage: Omit<Stage, 'inbox'>,
  people: ReadonlyMap<RotatingCheck, Keyholder>,
  { progress }: PartLog,
): Promise<void> => {
  for (const { userName, old } of people.values()) {
    const own: Surroundings = {
      ...host.surroundings,
      out: (text) => progress.note(text.split('\n')[0] ?? ''),
      err: () => {},
      readInput: async () =>
        JSON.stringify({ AccessKeyId: old.accessKeyId, SecretAccessKey: old.secretAccessKey }),
    };
    const exit = await adopt(own, userName, stage.options);
    if (exit !== EXIT.fine) throw new Problem(`The key of ${userName} was not adopted.`);
  }
};

/** Users with a key each, the stack, their keys in their secrets, and a queue that gets the messages. */
const prepare = async (
  run: Run,
  checks: readonly RotatingCheck[],
  log: PartLog,
  onPeople: (people: ReadonlyMap<RotatingCheck, Keyholder>) => void,
): Promise<{ readonly stage: Stage; readonly people: ReadonlyMap<RotatingCheck, Keyholder> }> => {
  const { place, names, host } = run;
  const { progress, measure } = log;
  const people = await progress.step(
    'Create users with a key each, and use each key once',
    async () => {
      const made = checks.map(async (check) => [check, await createKeyholder(place, names, check)] as const);
      return new Map(await onceAllEnded(made));
    },
    300,
  );
  onPeople(people);
  const slowest = Math.max(...[...people.values()].map(({ firstUse }) => firstUse.afterSeconds));
  measure({ what: 'until AWS accepted a new key, at most', value: `${slowest.toFixed(1)} s` });
  const stack: RunStack = await stackOf(place, names, run, checks);
  await progress.step('cdk synth', () => stack.synthesize(), 300);
  run.destroy = () => stack.destroy();
  const outputs = await progress.step(
    `cdk deploy ${names.stack}`,
    () => stack.deploy(),
    DEPLOYMENT_LIMIT_SECONDS,
  );
  const options = { config: stack.configFile, region: place.region };
  const surroundings: Surroundings = {
    ...host.surroundings,
    clientConfig: { region: place.region, requestHandler: place.requestHandler },
  };
  const deployment = await findDeployment(surroundings, options);
  const stage = { place, deployment, surroundings, options };
  const inbox = await progress.step('Subscribe a queue to the messages', () =>
    Inbox.subscribe(place.clients, { name: names.queue, topicArn: outputs.NotificationTopicArn }),
  );
  await progress.step('access-key-rotation adopt, for each user', () => adoptKeys(run, stage, people, log));
  return { stage: { ...stage, inbox }, people };
};

const rotateAll = async (run: Run, checks: readonly RotatingCheck[]): Promise<void> => {
  const { parts, host, place } = run;
  if (checks.length === 0) return;
  const over = new AbortController();
  host.interruption.addEventListener('abort', () => over.abort(), { once: true });
  let lag: Promise<Figure> | undefined;
  const watchLastUse = (people: ReadonlyMap<RotatingCheck, Keyholder>): void => {
    // Of a key that is there until the end, if there is one.
    const watched = people.get('rollback') ?? [...people.values()][0];
    lag = watched && lagOfLastUse(place, watched, over.signal);
  };
  const prepared = await parts.attempt('preparation', (log) => prepare(run, checks, log, watchLastUse));
  if (prepared === undefined) {
    for (const check of checks) parts.skip(check, 'The preparation did not come to an end.');
  } else {
    const { stage, people } = prepared;
    await Promise.all(
      checks.map((check) =>
        parts.attempt(check, async ({ progress, measure }) => {
          const person = people.get(check);
          if (person !== undefined) await TRIALS[check]({ stage, person, progress, measure });
        }),
      ),
    );
  }
  over.abort();
  const figure = await lag;
  if (figure !== undefined) parts.measure('preparation', figure);
};

const putStatements = async (run: Run): Promise<void> => {
  const { place, parts, host, cleanup, names } = run;
  const { region, pace, rehearsal } = place;
  await parts.attempt('contract', async ({ progress, measure, deviates }) => {
    const { verdicts, leftOut } = await putToAws({
      accountId: place.account,
      progress,
      cleanup,
      access: {
        environment: { AWS_PROFILE: host.environment.AWS_PROFILE || 'of the environment' },
        posing: {
          connection: { region, ...(rehearsal !== undefined && { maxAttempts: 1 }) },
          patienceSeconds: pace.statementPatienceSeconds,
          isNotModelled: () => false,
        },
      },
      signal: host.interruption,
      runId: names.id,
    });
    run.leftOut = leftOut;
    const { hold, known, unexpected } = judgeStatements(verdicts, rehearsal?.statements);
    measure({ what: 'statements that hold', value: `${hold} of ${Object.keys(verdicts).length}` });
    for (const one of known) deviates(one);
    if (unexpected.length > 0) throw new Problem(`These do not hold:\n${unexpected.join('\n')}`);
  });
};

const removeAll = async (run: Run): Promise<Removal> => {
  const { place, parts, names, destroy, options } = run;
  const done = await parts.attempt(
    'removal',
    async ({ progress }) => {
      const removal = await removeRun(place, names, destroy, progress);
      // Statements remove what is theirs: this is what they could not.
      const { things, unknown } = options.checks.includes('contract')
        ? await leftOfStatements(place, names.id)
        : { things: [], unknown: [] };
      return { removed: removal.removed, left: [...removal.left, ...things, ...unknown] };
    },
    true,
  );
  return done ?? { removed: [], left: await lookAgain(run) };
};

/** What is there at the end, and what may be there. */
const lookAgain = async ({ place, names }: Run): Promise<Removal['left']> => {
  const { things, unknown } = await lookForRun(place, names);
  return [...things, ...unknown];
};

/** Does the checks, removes everything, and tells of it. */
const checkAll = async (run: Run): Promise<RunRecord> => {
  const { options, place, names, parts, host, cleanup } = run;
  const { account, region, caller, rehearsal } = place;
  const startedAt = new Date().toISOString();
  await Promise.all([
    options.checks.includes('contract') ? putStatements(run) : undefined,
    rotateAll(run, options.checks.filter(isRotating)),
  ]);
  // Ends what an interruption has left under way, so that nothing new is made behind the removal. What it could not undo is found
  // by its name.
  run.over.abort();
  await cleanup.run().catch((error: Error) => host.surroundings.err(`${error.message}\n`));
  if (!(await parts.settled(SETTLING_MS))) {
    host.surroundings.err('Something that was begun has not ended yet. It sends nothing any more.\n');
  }
  const { removed, left } = options.keep ? { removed: [], left: await lookAgain(run) } : await removeAll(run);
  return {
    id: names.id,
    account,
    region,
    caller,
    startedAt,
    endedAt: new Date().toISOString(),
    versions: versionsOf(rehearsal),
    checks: options.checks,
    parts: parts.done,
    isInterrupted: host.interruption.aborted,
    isKept: options.keep,
    removed: removed.map(({ what, name }) => ({ what, name })),
    left,
    notShown: notShown(options.checks, run.leftOut),
    rehearsal,
  };
};

const reportFileOf = ({ host, options, names }: Pick<Run, 'host' | 'options' | 'names'>): string =>
  resolve(host.surroundings.directory, options.report ?? `acceptance-${names.id}.md`);

/** What statements have left would make them fail in the middle of a run. @throws Problem */
const requireNoLeftovers = async (place: Place): Promise<void> => {
  const { things, unknown } = await leftOfStatements(place);
  const refused = refusedLeftovers(place, [...things, ...unknown]);
  if (refused !== undefined) throw new Problem(refused);
};

/** Everything that speaks against a run, before anything is created. @throws Problem, or Trouble */
const requireConsent = async (run: Run): Promise<void> => {
  const { host, options, place, names } = run;
  await requireReportFile(reportFileOf(run));
  if (options.checks.some(isRotating)) await requireBootstrap(place);
  const taken = refusedNames(names.prefix, await inventory(place.janitor, { beginning: names.prefix }));
  if (taken !== undefined) throw new Problem(taken);
  if (options.checks.includes('contract')) await requireNoLeftovers(place);
  await confirm(host.surroundings, {
    yes: options.yes,
    what: creations(names, place, options.checks),
  });
};

/** A run from its first creation. Whatever goes wrong now, something may be there. */
const conclude = async (run: Run): Promise<number> => {
  const { host, names, place } = run;
  const { err } = host.surroundings;
  err(`The run ${names.id} begins.\n`);
  try {
    return await tell(host.surroundings, reportFileOf(run), await checkAll(run), run.options);
  } catch (error) {
    err(
      `The run ${names.id} did not come to its end: ${(error as Error).stack}\nWhat it created may be there: npm run accept -- --account ${place.account} --region ${place.region} --clean ${names.id}\n`,
    );
    return 1;
  }
};

const readRehearsal = (file: string | undefined): Rehearsal | undefined =>
  file === undefined ? undefined : (JSON.parse(readFileSync(file, 'utf8')) as Rehearsal);

/**
 * An acceptance run, or the removal of what earlier ones have left.
 *
 * @returns the exit status.
 * @throws Problem, or Trouble, when it is refused: nothing was created.
 */
export const accept = async (options: Options, host: Host): Promise<number> => {
  const refused = refusedEndpoints(endpointsIn(host.environment), options.rehearsal !== undefined);
  if (refused !== undefined) throw new Problem(refused);
  const over = new AbortController();
  const stop = AbortSignal.any([host.interruption, over.signal]);
  const place = await untilInterrupted(host.interruption, () =>
    placeOf(options.account, readRehearsal(options.rehearsal), stop),
  );
  const scratch = mkdtempSync(join(tmpdir(), 'iam-access-key-rotation-acceptance-'));
  const run: Run = {
    host,
    options,
    place,
    names: namesOf(randomBytes(3).toString('hex')),
    parts: new Parts((text) => host.surroundings.err(text), host.interruption),
    scratch,
    cleanup: new Cleanup(),
    removing: new Cleanup(),
    over,
    destroy: undefined,
    leftOut: [],
  };
  try {
    if (options.clean !== false) return await clean(run);
    await untilInterrupted(host.interruption, () => requireConsent(run));
    return await conclude(run);
  } finally {
    for (const cleanup of [run.cleanup, run.removing]) {
      await cleanup.run().catch((error: Error) => host.surroundings.err(`${error.message}\n`));
    }
    rmSync(scratch, { recursive: true, force: true });
  }
};
