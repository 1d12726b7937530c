import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { answer } from '../../consumer/ground/command-line';
import { ConfigError } from '../../lib/config';
import type { DeployedWorld } from '../deployment/deployed-world';
import {
  readConfiguration,
  SynthesisFailed,
  type SynthesizedApp,
  synthesize,
} from '../deployment/synthesized-app';
import type { WorldOptions } from '../world/base-world';
import { enrolledIn, parseCredentialReport, type ReportedUser } from './credential-report';
import { type Command, parseCommand } from './options';
import type { PresentKey } from './present-keys';
import {
  keysBefore,
  paragraph,
  report,
  type SurveyRecord,
  started,
  story,
  styleFor,
  Timeline,
} from './report';
import type { RotationRun } from './rotation-run';
import { SCENARIOS, type Scenario, type ScenarioName } from './scenarios';

const PROJECT = join(__dirname, '..', '..');

/** A Monday morning: the execution starts at 09:00 UTC. */
const EXECUTION_START = Date.UTC(2026, 2, 2, 9);

/** Where the command writes to. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly isTerminal: boolean;
  /** Resolves when a person ends what would go on. Default: by SIGINT or SIGTERM. */
  readonly ended?: () => Promise<unknown>;
}

/** A signal that comes again after so many milliseconds comes from a person who does not want to wait. */
const IMPATIENT_AFTER = 1000;

/**
 * Until a person ends the command. npm passes a signal on that a terminal has already sent to everybody, so that it comes twice at once; a
 * later one ends the process without more ado.
 */
const untilEnded = (): Promise<void> =>
  new Promise((resolve) => {
    let first: number | undefined;
    const onSignal = (): void => {
      first ??= performance.now();
      if (performance.now() - first > IMPATIENT_AFTER) process.exit(1);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  });

/** What tests change in the story. */
export interface Staging {
  /**
   * An app that is already synthesized, for the settings of the requested user. The caller disposes of it.
   */
  readonly app?: SynthesizedApp;
  readonly behaviour?: NonNullable<WorldOptions['behaviour']>;
  readonly interceptInvocation?: NonNullable<WorldOptions['interceptInvocation']>;
  /** Changes the scene before the consumer and the rotation begin. */
  readonly prepare?: (world: DeployedWorld) => void;
  /** Looks at the world when everything is over. */
  readonly inspect?: (world: DeployedWorld, run: RotationRun) => void;
}

/**
 * The engine and the SDK take a while to load, longer than `--help` should take, and synthesis takes longer
 * still.
 */
const loadStage = async () => ({
  ...(await import('../deployment/deployed-world')),
  ...(await import('../world/endpoint')),
  ...(await import('./present-keys')),
  ...(await import('./rotation-run')),
  ...(await import('./serving')),
});

type Stage = Awaited<ReturnType<typeof loadStage>>;

/**
 * Writes everything that happened, without key material, for a closer look. The last run of each scenario is
 * kept.
 */
const writeHistory = async (
  scenario: ScenarioName,
  world: DeployedWorld,
  { executions, document }: RotationRun,
): Promise<string> => {
  const directory = join(PROJECT, '.local');
  const file = join(directory, `history-${scenario}.json`);
  await mkdir(directory, { recursive: true });
  const content = {
    executions: executions.map(({ arn, history }, index) => ({
      executionArn: arn,
      ...document.executions[index],
      events: history,
    })),
    log: world.logs,
    messages: world.aws.sns.messages,
    announcements: world.aws.eventBridge.events,
  };
  await writeFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
  return relative(process.cwd(), file);
};

/** Draws the story into a file, if one was asked for, and says where, or why not. Returns whether it is there. */
const savePicture = async (
  file: string | undefined,
  run: RotationRun,
  say: Terminal['out'],
  complain: Terminal['err'],
): Promise<boolean> => {
  if (file === undefined) return true;
  const { drawPicture, isPicture } = await import('../../picture/draw');
  const { pictureOf } = await import('./picture-of-run');
  try {
    if (existsSync(file) && !isPicture(readFileSync(file, 'utf8'))) {
      throw new Error('there is another file, which is no picture of a rotation, and stays');
    }
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, drawPicture(pictureOf(run)));
  } catch (error) {
    complain(`--picture: ${file} cannot be written: ${(error as Error).message}.\n`);
    return false;
  }
  say(`A picture of it is in ${relative(process.cwd(), file)}.\n`);
  return true;
};

const exitStatus = ({ document }: RotationRun, saved: boolean): number =>
  document.status === 'SUCCEEDED' && saved ? 0 : 1;

/** Runs the survey, and returns the record that it has logged. */
const surveyOf = async (world: DeployedWorld): Promise<SurveyRecord> => {
  await world.run(world.survey);
  const records = world.logs.flatMap(({ message }) =>
    typeof message === 'object' && message !== null && 'survey' in message ? [message] : [],
  );
  return (records.at(-1) as { readonly survey: SurveyRecord }).survey;
};

/** Reads the command. That fails if the app's configuration cannot be read. */
const readCommand = async (args: readonly string[]): Promise<Command> => {
  const options = { config: { type: 'string' } } as const;
  const { config } = parseArgs({ args: [...args], options, strict: false }).values;
  try {
    // Without a value it is refused below.
    const file = typeof config === 'string' ? config : undefined;
    return parseCommand(args, await readConfiguration(file), process.env);
  } catch (error) {
    if (error instanceof ConfigError) return { kind: 'misuse', message: error.message };
    throw error;
  }
};

/** Synthesizes the app and does something with it. Returns the exit status of that, or 1 if the app cannot be synthesized. */
const withApp = async (
  { configuration, json }: Extract<Command, { readonly json: boolean }>,
  { out, err }: Terminal,
  given: SynthesizedApp | undefined,
  work: (app: SynthesizedApp, stage: Stage) => Promise<number>,
): Promise<number> => {
  const onProgress = json ? () => {} : out;
  let app: SynthesizedApp;
  let stage: Stage;
  try {
    [app, stage] = await Promise.all([given ?? synthesize(configuration, { onProgress }), loadStage()]);
  } catch (error) {
    if (!(error instanceof SynthesisFailed)) throw error;
    err(`${error.message}\n`);
    return 1;
  }
  try {
    return await work(app, stage);
  } finally {
    if (given === undefined) await app.dispose();
  }
};

const rotate = (
  command: Extract<Command, { readonly kind: 'rotate' }>,
  terminal: Terminal,
  { app: given, prepare, inspect, ...worldOptions }: Staging,
): Promise<number> => {
  const { out, err, isTerminal } = terminal;
  const { user, seed, json, verbose, survey, picture, endpointUrl } = command;
  const scenario: Scenario = SCENARIOS[command.scenario];
  const style = styleFor(isTerminal, process.env);
  const tell = json ? () => {} : out;
  tell(story(scenario, style));
  return withApp(command, terminal, given, async (app, stage) => {
    const { connectTo, createDeployedWorld, EndpointRefused, play, CONSUMER_LEAD_MS } = stage;
    try {
      const endpoint = endpointUrl === undefined ? {} : { endpoint: await connectTo(endpointUrl) };
      const start = new Date(EXECUTION_START - CONSUMER_LEAD_MS);
      const { key } = scenario;
      const scene = { ...worldOptions, ...endpoint, seed, start, ...(key !== undefined && { key }) };
      const world = await createDeployedWorld(app, [user], scene);
      try {
        const where = endpointUrl === undefined ? '' : `${endpointUrl}, and for the rest on `;
        tell(paragraph(`On ${where}an embedded AWS: no account is touched, keys and times are made up.`));
        const timeline = new Timeline(style, verbose);
        prepare?.(world);
        const run = await world.run(
          play(world, {
            user,
            scenario,
            connection: { requestHandler: world.aws.requestHandler() },
            onSettled: (keys) => tell(keysBefore(keys)),
            onStart: ({ input }) => tell(timeline.pause() + started(input, style)),
            onTimeline: (entry) => tell(timeline.add(entry)),
          }),
        );
        tell(timeline.pause());
        const surveyed = survey ? await surveyOf(world) : undefined;
        const historyFile = await writeHistory(command.scenario, world, run);
        inspect?.(world, run);
        out(
          json
            ? `${JSON.stringify({ ...run.document, ...(surveyed && { survey: surveyed }) }, undefined, 2)}\n`
            : report(run, { scenario, historyFile, style, verbose, surveyed }),
        );
        // Of a document nothing else may be on the same stream.
        const saved = await savePicture(picture, run, json ? err : out, err);
        return exitStatus(run, saved);
      } finally {
        await world.close();
      }
    } catch (error) {
      if (!(error instanceof EndpointRefused)) throw error;
      err(`${error.message}\n`);
      return 1;
    }
  });
};

/** What the users have before anything is deployed, as a credential report says. @throws ConfigError */
const readReport = (
  file: string,
  userNames: readonly string[],
  start: Date,
): ReadonlyMap<string, ReportedUser> => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`${file} cannot be read: ${(error as Error).message}.`]);
  }
  return enrolledIn(parseCredentialReport(text, file), userNames, start, file);
};

/** Keeps the app running. @throws ConfigError if a report does not fit. */
const serve = async (
  command: Extract<Command, { readonly kind: 'serve' }>,
  terminal: Terminal,
  { app: given, prepare, inspect: _, ...worldOptions }: Staging,
): Promise<number> => {
  const { out, isTerminal, ended = untilEnded } = terminal;
  const { users, configuration, seed, speed, json, report: file, start = new Date() } = command;
  const names = users.map(({ userName }) => userName);
  const reported = file === undefined ? undefined : readReport(file, names, start);
  return withApp(command, terminal, given, async (app, stage) => {
    const { createDeployedWorld, keepServing, withOperator, setReportedScene } = stage;
    const present: PresentKey[] = [];
    const world = await createDeployedWorld(app, users, {
      ...worldOptions,
      ...{ seed, start },
      others: withOperator,
      ...(reported && {
        setScene: (aws, user) => {
          present.push(...setReportedScene(aws, user, reported));
        },
      }),
    });
    try {
      prepare?.(world);
      await keepServing(world, {
        ...{ speed, json, out, configuration },
        present: reported && present,
        style: styleFor(isTerminal, process.env),
        ended: ended(),
      });
      return 0;
    } finally {
      await world.close();
    }
  });
};

/** Runs the command. Returns the exit status. */
export const main = async (
  args: readonly string[],
  terminal: Terminal,
  staging: Staging = {},
): Promise<number> => {
  const command = await readCommand(args);
  switch (command.kind) {
    case 'help':
    case 'misuse':
      return answer(command, terminal.out, terminal.err);
    case 'rotate':
      return rotate(command, terminal, staging);
    case 'serve':
      try {
        return await serve(command, terminal, staging);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        terminal.err(`${error.problems.join('\n')}\n`);
        return 2;
      }
  }
};
