import { Option } from 'commander';
import { type HelpOrMisuse, Misuse, readCommandLine, wholeNumber } from '../../consumer/ground/command-line';
import { BUILT_IN_DEFAULTS, ConfigError, type RotatedUser } from '../../lib/config';
import { enrolledUsers } from '../world/scene';
import type { Speed } from './pace';
import { BY_CALLS_ALONE, SCENARIOS, type Scenario, type ScenarioName } from './scenarios';
import { listed } from './text';

/** What the command line asks for. */
export type Command =
  | HelpOrMisuse
  | {
      readonly kind: 'rotate';
      readonly json: boolean;
      /** Whether every check is shown, and every kind of AWS call. */
      readonly verbose: boolean;
      /** Whether the survey runs when the story is over. */
      readonly survey: boolean;
      /** The SVG file that gets a picture of the story. */
      readonly picture: string | undefined;
      /** The loopback address of an emulator, if some services are not to be the embedded ones. */
      readonly endpointUrl: string | undefined;
      readonly seed: number;
      readonly scenario: ScenarioName;
      readonly user: RotatedUser;
      /** A configuration with the one user. */
      readonly configuration: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: 'serve';
      readonly json: boolean;
      readonly seed: number;
      readonly speed: Speed;
      /** The virtual time at the start. Default: the present. */
      readonly start: Date | undefined;
      /** The credential report that has the users' present keys, which no secret holds. Default: a key each, which is in the secret. */
      readonly report: string | undefined;
      readonly users: readonly RotatedUser[];
      /** A configuration with these users, in one stack. */
      readonly configuration: Readonly<Record<string, unknown>>;
    };

/** The options that set a period of the user, in the order of a rotation. */
const PERIODS = (
  [
    ['--overlap', 'overlapPeriod', 'both keys stay Active for this long before anything is judged'],
    ['--notice', 'noticeBefore', 'people are told this long before the old key is set Inactive'],
    ['--quiet', 'quietPeriod', 'the old key counts as unused when idle for this long'],
    ['--adoption-check-interval', 'adoptionCheckInterval', 'time to the second adoption check; it doubles'],
    ['--adoption-deadline', 'adoptionDeadline', 'consumers have this long, from publication, to move'],
    ['--health-check-interval', 'healthCheckInterval', 'time to the first health check; it doubles'],
    ['--recovery', 'recoveryPeriod', 'the old key stays Inactive for this long before its deletion'],
    ['--idle-after', 'idleAfter', 'a key idle for this long needs no proof of a used successor'],
  ] as const
).map(([flag, field, meaning]) => ({
  field,
  option: new Option(`${flag} <period>`, `${meaning} (${BUILT_IN_DEFAULTS[field]})`),
}));

/** The options as commander has read them. The periods are among them. */
interface Options extends Readonly<Record<string, unknown>> {
  readonly scenario: ScenarioName;
  readonly user?: string;
  readonly seed: number;
  readonly verbose: boolean;
  readonly survey: boolean;
  readonly picture?: string;
  readonly json: boolean;
  readonly serve: boolean;
  readonly speed?: Speed;
  readonly start?: Date;
  readonly credentialReport?: string;
}

const DEFAULT_USER = 'alice';

/** More than twelve days in a second. */
const MAX_SPEED = 1_000_000;

const ABOUT = `Rotates the access key of an IAM user from first step to last, here, without
an AWS account: the synthesized state machine and the bundled functions run
against an embedded AWS, and the days of waiting pass in seconds.`;

const AFTER = `
Waits are ISO 8601 durations of days, hours, minutes and seconds, such as P3D or
PT90M. What is not given comes from the configuration, or else is the default in
brackets.

Stories:
${listed(Object.entries(SCENARIOS).map(([name, { is }]) => [name, is]))}

AWS_ENDPOINT_URL=http://127.0.0.1:PORT npm start runs the rotation against an
emulator of AWS at that loopback address, as far as it serves IAM, STS, Secrets
Manager, SNS and CloudWatch; the rest stays embedded. The emulator has to work
at the time at which a request is signed: test/e2e/python/moto_shim.py
is moto on such a clock.

Exit status: 0 when the last execution of the story succeeded, or what was
served has ended with Ctrl-C; 1 when the execution did not succeed, its picture
could not be written, or the app could not be synthesized; 2 when the command
line is wrong. The full history of a scenario is written to
.local/history-NAME.json.`;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const recordsIn = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  (Array.isArray(value) ? value : []).filter(isRecord);

/**
 * The settings of the user in the app's configuration, if it has any, and those of all users of the stack.
 * The embedded AWS is empty, so the stack creates the secret.
 */
const settingsOf = (userName: string, configuration: Readonly<Record<string, unknown>>) => {
  const around = isRecord(configuration.defaults) ? configuration.defaults : {};
  for (const stack of [configuration, ...recordsIn(configuration.stacks)]) {
    const enrolled = recordsIn(stack.users).find((user) => user.userName === userName);
    if (enrolled === undefined) continue;
    const { existingSecret: _secret, ...settings } = enrolled;
    return { settings, defaults: { ...around, ...(isRecord(stack.defaults) && stack.defaults) } };
  }
  return { settings: {}, defaults: around };
};

/** The problem in the words of the command line: `users[0].overlapPeriod` was `--overlap`. */
const inOptions = (problem: string): string =>
  PERIODS.reduce(
    (text, { field, option }) => text.replace(`users[0].${field}:`, `${option.long}:`),
    problem.replace('users[0].userName:', '--user:'),
  );

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Whether only this machine can be meant: the runner never touches an AWS account. */
const isLoopback = (url: string): boolean => {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, pathname, username, search } = new URL(url);
  return protocol === 'http:' && LOOPBACK.has(hostname) && `${username}${pathname}${search}` === '/';
};

const pictureFile = (path: string): string => {
  if (/[^/\\]\.svg$/i.test(path)) return path;
  throw new Misuse('Allowed: the path of a file whose name ends with .svg.');
};

/** Somebody is subscribed, or that is what the survey would find. */
const SOMEBODY_IS_TOLD = { notifications: { emails: ['oncall@example.com'] } };

/** Whom to serve: one user, or all of the configuration in one stack, each with the settings of its own. */
const servedIn = (base: Readonly<Record<string, unknown>>, userName: string | undefined) => {
  const enrolled = [base, ...recordsIn(base.stacks)].flatMap((stack) =>
    recordsIn(stack.users).map((user) => String(user.userName)),
  );
  const everybody = enrolled.length === 0 ? [DEFAULT_USER] : enrolled;
  const found = (userName === undefined ? everybody : [userName]).map((name) => ({
    name,
    ...settingsOf(name, base),
  }));
  const [{ defaults } = { defaults: {} }] = found;
  const isShared = found.every((one) => JSON.stringify(one.defaults) === JSON.stringify(defaults));
  return {
    defaults: isShared ? defaults : {},
    settings: found.map((one) => ({
      ...(!isShared && one.defaults),
      ...one.settings,
      userName: one.name,
    })),
  };
};

const speedOf = (text: string): Speed => {
  if (text === 'max') return text;
  if (/^\d{1,7}$/.test(text) && Number(text) <= MAX_SPEED) return Number(text);
  throw new Misuse(`Allowed: a whole number from 0 to ${MAX_SPEED}, or max.`);
};

const startOf = (text: string): Date => {
  const start = new Date(text);
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && !Number.isNaN(start.getTime())) return start;
  throw new Misuse('Allowed: a time in UTC, such as 2026-03-02T08:00:00Z.');
};

/** The periods that are given. Waits are harmless here, and it may be useful to see why a deployment refuses some. */
const periodsIn = (options: Options): Readonly<Record<string, unknown>> => {
  const periods = PERIODS.map(({ field, option }) => [field, options[option.attributeName()]]).filter(
    ([, period]) => period !== undefined,
  );
  return periods.length === 0 ? {} : { ...Object.fromEntries(periods), force: true };
};

const rotateCommand = (
  options: Options,
  base: Readonly<Record<string, unknown>>,
  endpointUrl: string | undefined,
): Command => {
  if (endpointUrl !== undefined && !isLoopback(endpointUrl)) {
    throw new Misuse(
      `AWS_ENDPOINT_URL: ${JSON.stringify(endpointUrl)} was given. Allowed: an address of this machine, such as ` +
        'http://127.0.0.1:5000, because this never touches an AWS account.',
    );
  }
  const { scenario, seed, json, verbose, survey, picture, user: userName = DEFAULT_USER } = options;
  if (endpointUrl !== undefined && !BY_CALLS_ALONE.includes(scenario)) {
    throw new Misuse(
      `--scenario: ${scenario} can be played against the embedded AWS only. With AWS_ENDPOINT_URL: ${BY_CALLS_ALONE.join(', ')}.`,
    );
  }
  if ([options.speed, options.start, options.credentialReport].some((of) => of !== undefined)) {
    throw new Misuse(
      '--speed, --start and --credential-report go with --serve: a story has a course of its own.',
    );
  }
  const { settings: enrolled, defaults } = settingsOf(userName, base);
  const settings = {
    ...enrolled,
    userName,
    ...periodsIn(options),
    ...(SCENARIOS[scenario] as Scenario).settings?.(userName),
  };
  const [user] = enrolledUsers([settings], defaults);
  if (user === undefined) throw new Error('One user was given, so one is enrolled.');
  const told = survey ? SOMEBODY_IS_TOLD : {};
  return {
    kind: 'rotate',
    ...{ json, verbose, survey, picture, endpointUrl, seed, scenario, user },
    configuration: { ...told, defaults, users: [settings] },
  };
};

const serveCommand = (
  options: Options,
  base: Readonly<Record<string, unknown>>,
  endpointUrl: string | undefined,
): Command => {
  if (endpointUrl !== undefined) {
    throw new Misuse(
      'AWS_ENDPOINT_URL: it is set, and --serve has an address of its own. Unset it in this shell.',
    );
  }
  const { json, seed, speed = 1, start, credentialReport: report } = options;
  const { settings, defaults } = servedIn(base, options.user);
  const configured = settings.map((one) => ({ ...one, ...periodsIn(options) }));
  return {
    kind: 'serve',
    ...{ json, seed, speed, start, report },
    users: enrolledUsers(configured, defaults),
    configuration: { ...SOMEBODY_IS_TOLD, defaults, users: configured },
  };
};

/**
 * Reads the command line.
 *
 * @param configuration - The app's configuration.
 * @param environment - The variables of the process.
 */
export const parseCommand = (
  args: readonly string[],
  configuration: unknown,
  environment: Readonly<Record<string, string | undefined>> = {},
): Command =>
  readCommandLine<Command>('npm start --', args, (program, hand) => {
    program
      .description(ABOUT)
      .addOption(
        new Option('--scenario <name>', 'the story to play (healthy); see below')
          .choices(Object.keys(SCENARIOS))
          .default('healthy'),
      )
      .option(
        '--user <name>',
        `the IAM user whose key is rotated (${DEFAULT_USER}), enrolled in the configuration or not`,
      )
      .option('--config <file>', 'the configuration (the one that the CDK would read here)')
      .option(
        '--seed <n>',
        'seed of all key IDs and random numbers (1): the same seed gives the same story',
        wholeNumber(0, 2 ** 32 - 1),
        1,
      )
      .option('--verbose', 'show every check and AWS call; otherwise equal ones are counted', false)
      .option('--survey', 'let the daily survey look at the user when the story is over', false)
      .option(
        '--picture <file.svg>',
        'draw the story: keys, labels, calls, waits, messages over time',
        pictureFile,
      )
      .option('--json', 'print one JSON document and nothing else: npm start --silent -- --json', false)
      .optionsGroup('To serve:')
      .addOption(
        new Option(
          '--serve',
          'play no story: keep the app, an application of each user and the embedded AWS running, for the AWS CLI and other ' +
            'clients, until Ctrl-C. It serves --user, or else every user of the configuration, or else ' +
            `${DEFAULT_USER}, and prints the environment to set; with --json as one line. docs/tutorial.md walks through it`,
        )
          .default(false)
          .conflicts(['scenario', 'verbose', 'survey', 'picture']),
      )
      .option(
        '--speed <n>',
        `seconds that pass in each of yours (1), from 0 to ${MAX_SPEED}. With 0, time stands still, but for a second with each ` +
          'call. max: executions run as fast as they can',
        speedOf,
      )
      .option('--start <time>', 'the time when it begins (now), such as 2026-03-02T08:00:00Z', startOf)
      .option(
        '--credential-report <file>',
        'users have the keys that this report of IAM names, and no secret holds one yet. docs/adopting.md walks through it',
      )
      .optionsGroup('Waits:');
    for (const { option } of PERIODS) program.addOption(option);
    program.addHelpText('after', AFTER).action((options: Options) => {
      // As in the SDKs, an empty variable counts as unset.
      const endpointUrl = environment.AWS_ENDPOINT_URL || undefined;
      const read = options.serve ? serveCommand : rotateCommand;
      try {
        hand(read(options, isRecord(configuration) ? configuration : {}, endpointUrl));
      } catch (error) {
        throw error instanceof ConfigError ? new Misuse(error.problems.map(inOptions).join('\n')) : error;
      }
    });
  });
