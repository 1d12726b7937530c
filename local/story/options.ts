import { parseArgs } from 'node:util';
import { BUILT_IN_DEFAULTS, ConfigError, type RotatedUser } from '../../lib/config';
import { enrolledUsers } from '../world/scene';
import type { Speed } from './pace';
import { BY_CALLS_ALONE, SCENARIOS, type Scenario, type ScenarioName } from './scenarios';
import { listed } from './text';

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'misuse'; readonly message: string }
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
const PERIODS = [
  ['overlap', 'overlapPeriod', 'both keys stay Active for this long before anything is judged'],
  ['notice', 'noticeBefore', 'people are told this long before the old key is set Inactive'],
  ['quiet', 'quietPeriod', 'the old key counts as unused when idle for this long'],
  ['adoption-check-interval', 'adoptionCheckInterval', 'time to the second adoption check; it doubles'],
  ['adoption-deadline', 'adoptionDeadline', 'consumers have this long, from publication, to move'],
  ['health-check-interval', 'healthCheckInterval', 'time to the first health check; it doubles'],
  ['recovery', 'recoveryPeriod', 'the old key stays Inactive for this long before its deletion'],
  ['idle-after', 'idleAfter', 'a key idle for this long needs no proof of a used successor'],
] as const;

const DEFAULT_USER = 'alice';
const DEFAULT_SEED = 1;
const DEFAULT_SCENARIO: ScenarioName = 'healthy';
const DEFAULT_SPEED = 1;

/** More than twelve days in a second. */
const MAX_SPEED = 1_000_000;

/** Options that are about a story. */
const OF_A_STORY = ['scenario', 'verbose', 'survey', 'picture'] as const;

/** Options that are about serving. */
const OF_SERVING = ['speed', 'start', 'credential-report'] as const;

const SCENARIO_LIST = listed(
  Object.entries(SCENARIOS).map(([name, { is }]) => [name, is]),
  24,
);

const HELP = `Rotates the access key of an IAM user from first step to last, here, without
an AWS account: the synthesized state machine and the bundled functions run
against an embedded AWS, and the days of waiting pass in seconds.

Usage: npm start -- [options]

  --scenario NAME
                the story to play (${DEFAULT_SCENARIO}):
${SCENARIO_LIST}
  --user NAME   the IAM user whose key is rotated (${DEFAULT_USER}), enrolled in the
                configuration or not
  --config FILE the configuration (the one that the CDK would read here)
  --seed N      seed of all key IDs and random numbers (${DEFAULT_SEED}): the same seed gives
                the same story
  --verbose     show every check and AWS call; otherwise equal ones are counted
  --survey      let the daily survey look at the user when the story is over
  --picture FILE.svg
                draw the story: keys, labels, calls, waits, messages over time
  --json        print one JSON document and nothing else:
                npm start --silent -- --json
  --help        print this

  --serve       play no story: keep the app, an application of each user and the
                embedded AWS running, for the AWS CLI and other clients, until
                Ctrl-C. It serves --user, or else every user of the
                configuration, or else ${DEFAULT_USER}, and prints the environment to set;
                with --json as one line. docs/tutorial.md walks through it
  --speed N     with --serve: seconds that pass in each of yours (${DEFAULT_SPEED}), from 0 to
                ${MAX_SPEED}. With 0, time stands still, but for a second with each
                call. max: executions run as fast as they can
  --start TIME  with --serve: the time when it begins (now), such as
                2026-03-02T08:00:00Z
  --credential-report FILE
                with --serve: users have the keys that this report of IAM names,
                and no secret holds one yet. docs/adopting.md walks through it

The waits, as ISO 8601 durations of days, hours, minutes and seconds, such as
P3D or PT90M. What is not given comes from the configuration, or else is the
default in brackets.

${PERIODS.map(
  ([option, field, meaning]) =>
    `  --${option} PERIOD (${BUILT_IN_DEFAULTS[field]})\n                ${meaning}`,
).join('\n')}

AWS_ENDPOINT_URL=http://127.0.0.1:PORT npm start runs the rotation against an
emulator of AWS at that loopback address, as far as it serves IAM, STS, Secrets
Manager, SNS and CloudWatch; the rest stays embedded. The emulator has to work
at the time at which a request is signed: test/e2e/python/moto_shim.py
is moto on such a clock.

Exit status: 0 when the last execution of the story succeeded, or what was
served has ended with Ctrl-C; 1 when the execution did not succeed, its picture
could not be written, or the app could not be synthesized; 2 when the command
line is wrong. The full history of a scenario is written to
.local/history-NAME.json.
`;

const isScenario = (name: string): name is ScenarioName => Object.hasOwn(SCENARIOS, name);

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
    (text, [option, field]) => text.replace(`users[0].${field}:`, `--${option}:`),
    problem.replace('users[0].userName:', '--user:'),
  );

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Whether only this machine can be meant: the runner never touches an AWS account. */
const isLoopback = (url: string): boolean => {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, pathname, username, search } = new URL(url);
  return protocol === 'http:' && LOOPBACK.has(hostname) && `${username}${pathname}${search}` === '/';
};

/** @throws ConfigError if it is no SVG file. */
const pictureFile = (path: string | boolean | undefined): string | undefined => {
  if (path === undefined || /[^/\\]\.svg$/i.test(String(path))) return path?.toString();
  throw new ConfigError([
    `--picture: ${JSON.stringify(path)} was given. Allowed: the path of a file whose name ends with .svg.`,
  ]);
};

/** The options as they were given. */
type Values = Readonly<Record<string, string | boolean | undefined>>;

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

/** @throws ConfigError if it is no speed. */
const speedOf = (text: string | boolean = String(DEFAULT_SPEED)): Speed => {
  if (text === 'max') return text;
  if (/^\d{1,7}$/.test(String(text)) && Number(text) <= MAX_SPEED) return Number(text);
  throw new ConfigError([
    `--speed: ${JSON.stringify(text)} was given. Allowed: a whole number from 0 to ${MAX_SPEED}, or max.`,
  ]);
};

/** @throws ConfigError if it is no time. */
const startOf = (text: string | boolean | undefined): Date | undefined => {
  if (text === undefined) return undefined;
  const start = new Date(String(text));
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(String(text)) && !Number.isNaN(start.getTime())) return start;
  throw new ConfigError([
    `--start: ${JSON.stringify(text)} was given. Allowed: a time in UTC, such as 2026-03-02T08:00:00Z.`,
  ]);
};

/** @throws ConfigError if one of these options was given. */
const checkOptions = (values: Values, unfit: readonly string[], why: string): void => {
  const wrong = unfit.filter((option) => values[option] !== undefined);
  if (wrong.length > 0)
    throw new ConfigError([`${wrong.map((option) => `--${option}`).join(', ')}: ${why}.`]);
};

/** @throws ConfigError if it is no seed. */
const seedOf = (text: string | boolean = String(DEFAULT_SEED)): number => {
  const seed = Number(text);
  if (/^\d{1,10}$/.test(String(text)) && seed < 2 ** 32) return seed;
  throw new ConfigError([
    `--seed: ${JSON.stringify(text)} was given. Allowed: a whole number from 0 to 4294967295.`,
  ]);
};

/** @throws ConfigError if there is no such story, or it cannot be played there. */
const scenarioOf = (
  scenario: string | boolean = DEFAULT_SCENARIO,
  endpointUrl: string | undefined,
): ScenarioName => {
  if (typeof scenario !== 'string' || !isScenario(scenario)) {
    throw new ConfigError([
      `--scenario: ${JSON.stringify(scenario)} was given. Allowed: ${Object.keys(SCENARIOS).join(', ')}.`,
    ]);
  }
  if (endpointUrl !== undefined && !BY_CALLS_ALONE.includes(scenario)) {
    throw new ConfigError([
      `--scenario: ${scenario} can be played against the embedded AWS only. With AWS_ENDPOINT_URL: ${BY_CALLS_ALONE.join(', ')}.`,
    ]);
  }
  return scenario;
};

/** The periods that are given. Waits are harmless here, and it may be useful to see why a deployment refuses some. */
const periodsIn = (values: Values): Readonly<Record<string, unknown>> => {
  const periods = PERIODS.flatMap(([option, field]) =>
    values[option] === undefined ? [] : [[field, values[option]]],
  );
  return periods.length === 0 ? {} : { ...Object.fromEntries(periods), force: true };
};

const rotateCommand = (
  values: Values,
  base: Readonly<Record<string, unknown>>,
  endpointUrl: string | undefined,
): Command => {
  if (endpointUrl !== undefined && !isLoopback(endpointUrl)) {
    throw new ConfigError([
      `AWS_ENDPOINT_URL: ${JSON.stringify(endpointUrl)} was given. Allowed: an address of this machine, such as ` +
        'http://127.0.0.1:5000, because this never touches an AWS account.',
    ]);
  }
  const scenario = scenarioOf(values.scenario, endpointUrl);
  const seed = seedOf(values.seed);
  const userName = String(values.user ?? DEFAULT_USER);
  const { settings: enrolled, defaults } = settingsOf(userName, base);
  const settings = {
    ...enrolled,
    userName,
    ...periodsIn(values),
    ...(SCENARIOS[scenario] as Scenario).settings?.(userName),
  };
  const [user] = enrolledUsers([settings], defaults);
  if (user === undefined) throw new Error('One user was given, so one is enrolled.');
  const json = values.json === true;
  const verbose = values.verbose === true;
  const survey = values.survey === true;
  const picture = pictureFile(values.picture);
  const command = { json, verbose, survey, picture, endpointUrl, seed, scenario, user };
  const told = survey ? SOMEBODY_IS_TOLD : {};
  return { kind: 'rotate', ...command, configuration: { ...told, defaults, users: [settings] } };
};

const serveCommand = (values: Values, base: Readonly<Record<string, unknown>>): Command => {
  const { settings, defaults } = servedIn(base, values.user?.toString());
  const configured = settings.map((one) => ({ ...one, ...periodsIn(values) }));
  return {
    kind: 'serve',
    json: values.json === true,
    seed: seedOf(values.seed),
    speed: speedOf(values.speed),
    start: startOf(values.start),
    report: values['credential-report']?.toString(),
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
): Command => {
  const misuse = (message: string): Command => ({
    kind: 'misuse',
    message: `${message}\nSee npm start -- --help.`,
  });
  let values: Values;
  try {
    values = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        json: { type: 'boolean' },
        verbose: { type: 'boolean' },
        survey: { type: 'boolean' },
        config: { type: 'string' },
        user: { type: 'string' },
        scenario: { type: 'string' },
        seed: { type: 'string' },
        picture: { type: 'string' },
        serve: { type: 'boolean' },
        ...Object.fromEntries(OF_SERVING.map((option) => [option, { type: 'string' as const }])),
        ...Object.fromEntries(PERIODS.map(([option]) => [option, { type: 'string' as const }])),
      },
    }).values;
  } catch (error) {
    return misuse((error as Error).message);
  }
  if (values.help === true) return { kind: 'help', text: HELP };

  try {
    // As in the SDKs, an empty variable counts as unset.
    const endpointUrl = environment.AWS_ENDPOINT_URL || undefined;
    const base = isRecord(configuration) ? configuration : {};
    if (values.serve === true) {
      if (endpointUrl !== undefined) {
        throw new ConfigError([
          'AWS_ENDPOINT_URL: it is set, and --serve has an address of its own. Unset it in this shell.',
        ]);
      }
      checkOptions(values, OF_A_STORY, 'with --serve no story is played');
      return serveCommand(values, base);
    }
    checkOptions(values, OF_SERVING, 'only with --serve, because a story takes no longer than it has to');
    return rotateCommand(values, base, endpointUrl);
  } catch (error) {
    if (error instanceof ConfigError) return misuse(error.problems.map(inOptions).join('\n'));
    throw error;
  }
};
