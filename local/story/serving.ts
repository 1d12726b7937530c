import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { realTime } from '../../embedded-aws/ground/clock';
import { type AwsServer, listen, readRequest } from '../../embedded-aws/serve';
import type { Execution } from '../../embedded-aws/services/states';
import { bodyText, type WireRequest, type WireResponse } from '../../embedded-aws/wire/messages';
import { milliseconds } from '../../lambdas/shared/rotation/calendar';
import { consumerAlone, type DeployedWorld } from '../deployment/deployed-world';
import type { Permissions } from '../deployment/permissions';
import { keepTimetable } from '../deployment/timetable';
import { calendarTime, spoken } from '../engine/timeline';
import { Consumer } from '../world/consumer';
import { Pace, type RealTime, type Speed } from './pace';
import type { PresentKey } from './present-keys';
import { heading, paragraph, type Style, timelineEntry } from './report';
import { type ServedFiles, writeServedFiles } from './served-files';

/** Between two calls of an application: what it shows is that the key works. */
const CALL_INTERVAL_MS = 15 * 60 * 1000;

/** Where the time can be asked for, and let pass. */
const TIME_PATH = '/time';

/** Where the programs of a user can be moved to the secret. */
const MOVE_PATH = '/move';

/** The role of the person at the command line. */
const OPERATOR = 'operator';

/** To that person nothing in the account is denied, but by the policies of secrets. */
export const withOperator: Permissions = (request) =>
  request.caller.endsWith(`:role/${OPERATOR}`) || consumerAlone(request);

/** What a client of the served AWS needs to know, as `--json` prints it. */
export interface ServedDocument {
  /** The variables to set. */
  readonly environment: Readonly<Record<string, string>>;
  /** A directory for the PATH: the command `access-key-rotation` in it is about what is served. */
  readonly bin: string;
  /** The virtual time. */
  readonly now: string;
  /** The outputs of the stack. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly users: readonly { readonly userName: string; readonly secretId: string }[];
}

/** The options of {@link keepServing}. */
export interface ServingOptions {
  readonly speed: Speed;
  /** The keys that users have beside their secrets. Default: each has one, which is in the secret, and a program that reads it. */
  readonly present?: readonly PresentKey[] | undefined;
  /** The configuration of these users. */
  readonly configuration: unknown;
  /** Whether the only output is one line of JSON. */
  readonly json: boolean;
  readonly style: Style;
  readonly out: (text: string) => void;
  /** Resolves when it is to end. */
  readonly ended: Promise<unknown>;
}

/** How far from the time of AWS a caller may sign. */
const SKEW_MS = 5 * 60 * 1000;

/** A caller lives in real time, as the AWS CLI does, or in that of what is served. */
const callersTime = ({ headers }: WireRequest, now: Date): Date => {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(headers['x-amz-date'] ?? '') ?? [];
  const [year = 0, month = 0, ...others] = parts.map(Number);
  return Math.abs(Date.UTC(year, month - 1, ...others) - now.getTime()) < SKEW_MS ? now : realTime();
};

const REAL_TIME: RealTime = { now: () => performance.now(), pause: (ms) => pause(ms) };

const answerOf = (statusCode: number, content: object): WireResponse => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(`${JSON.stringify(content)}\n`, 'utf8'),
});

/** GET tells the time; POST lets the duration in its body pass, and tells it then. */
const timeCall = async (
  { method, body }: WireRequest,
  clock: DeployedWorld['clock'],
  pace: Pace,
): Promise<WireResponse> => {
  if (method === 'POST') {
    const duration = bodyText(body).trim();
    let ms: number;
    try {
      ms = milliseconds(duration);
    } catch {
      const message = `${JSON.stringify(duration)} was sent. Allowed: an ISO 8601 duration of days, hours, minutes and seconds, such as P3D.`;
      return answerOf(400, { message });
    }
    await pace.advance(ms);
  }
  return answerOf(200, { now: clock.now().toISOString() });
};

/** The programs of each user: each works with a present key until it is moved, or reads the secret. */
const programsOf = (
  { aws, users }: DeployedWorld,
  present: ServingOptions['present'],
): ReadonlyMap<string, readonly Consumer[]> => {
  const connection = { requestHandler: aws.requestHandler() };
  const around = { aws, connection, intervalMs: CALL_INTERVAL_MS };
  return new Map(
    users.map(({ userName, secretId }) => [
      userName,
      present === undefined
        ? [new Consumer({ ...around, secretId })]
        : present
            .filter((key) => key.userName === userName && key.isInUse)
            .map((presentKey) => new Consumer({ ...around, secretId, presentKey })),
    ]),
  );
};

/** POST moves the programs of the user in its body to the user's secret. One that finds no key there stays with its own. */
const moveCall = async (
  { method, body }: WireRequest,
  { users }: DeployedWorld,
  programs: ReadonlyMap<string, readonly Consumer[]>,
  turn: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<WireResponse> => {
  const userName = bodyText(body).trim();
  const user = users.find((one) => one.userName === userName);
  if (method !== 'POST' || user === undefined) {
    const message = `${JSON.stringify(userName)} was sent. Allowed: a POST with the name of a user who is served.`;
    return answerOf(400, { message });
  }
  const found = programs.get(userName) ?? [];
  for (const program of found) {
    const obstacle = await turn(() => program.moveToSecret());
    if (obstacle !== undefined) {
      return answerOf(409, {
        message: `The programs of ${userName} keep the key that they have. ${obstacle}`,
      });
    }
  }
  return answerOf(200, { userName, programs: found.length, read: user.secretId });
};

/** Variables that commands in the documentation use, and the output of the stack that each has. */
const OUTPUTS_IN_DOCUMENTATION = {
  STATE_MACHINE_ARN: 'StateMachineArn',
  EMERGENCY_ARN: 'EmergencyStateMachineArn',
  SURVEY_LOG_GROUP: 'SurveyLogGroupName',
  AUDIT_LOG_GROUP: 'AuditLogGroupName',
  NOTIFICATION_TOPIC_ARN: 'NotificationTopicArn',
} as const;

const documentOf = (
  world: DeployedWorld,
  url: string,
  files: ServedFiles,
  present: ServingOptions['present'],
): ServedDocument => {
  const { aws, clock, users, outputs } = world;
  const session = aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/${OPERATOR}`, OPERATOR);
  return {
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: aws.region,
      // What the AWS CLI version 1 reads instead.
      AWS_DEFAULT_REGION: aws.region,
      AWS_ACCESS_KEY_ID: session.accessKeyId,
      AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
      AWS_SESSION_TOKEN: session.sessionToken,
      ...Object.fromEntries(
        Object.entries(OUTPUTS_IN_DOCUMENTATION).flatMap(([variable, key]) =>
          outputs[key] === undefined ? [] : [[variable, outputs[key]]],
        ),
      ),
      ...(present && {
        PRESENT_KEYS: files.presentKeys,
        AWS_SHARED_CREDENTIALS_FILE: files.credentialsFile,
      }),
    },
    bin: files.bin,
    now: clock.now().toISOString(),
    outputs,
    users: users.map(({ userName, secretId }) => ({ userName, secretId })),
  };
};

/** How time passes, in words. */
const passing = (speed: Speed): string => {
  switch (speed) {
    case 'max':
      return 'While an execution runs, time passes as fast as it can; otherwise as yours does.';
    case 0:
      return 'Time stands still, but for a second with each call.';
    case 1:
      return 'Time passes as yours does.';
    default:
      return `Time passes ${speed} times as fast as yours.`;
  }
};

/** What a person is told of the keys that no secret holds. */
const presentKeysOf = (
  present: readonly PresentKey[],
  { PRESENT_KEYS, AWS_ENDPOINT_URL: url }: ServedDocument['environment'],
): string =>
  paragraph(
    `No secret holds a key yet. The keys that users have, ${present.length}, are in ${PRESENT_KEYS}: a CSV file for each, and all in the file credentials, as profiles. Programs work with those that the report has as used lately, ${present.filter(({ isInUse }) => isInUse).length}. POST the name of a user to ${url}${MOVE_PATH} to let the user's programs read the secret from now on.`,
  );

const ready = (
  document: ServedDocument,
  { speed, style, present }: Pick<ServingOptions, 'speed' | 'style' | 'present'>,
): string => {
  const { environment, bin, now, users } = document;
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}=${value}\n`);
  return [
    heading('Set this where you try commands', style),
    ...exports,
    `export PATH=${bin}:"$PATH"\n`,
    heading('What is there', style),
    ...users.map(({ userName, secretId }) => paragraph(`The user ${userName}, and the secret ${secretId}.`)),
    present === undefined ? '' : presentKeysOf(present, environment),
    heading(`It is ${calendarTime(new Date(now))} UTC`, style),
    paragraph(
      `${passing(speed)} POST a duration, such as P3D, to ${environment.AWS_ENDPOINT_URL}${TIME_PATH} to let it pass at once. Ctrl-C ends this.`,
    ),
    '\n',
  ].join('');
};

const nameOf = ({ arn }: Execution): string => arn.split(':').at(-1) ?? arn;

const outcomeOf = ({ status, error, output }: Execution): string => {
  if (status === 'RUNNING') return 'It starts.';
  const { outcome } = (output ?? {}) as { readonly outcome?: string };
  const said = error ?? outcome;
  return said === undefined ? status : `${status}: ${said}`;
};

/** Tells of executions and messages as they come, and of all of them at the end. */
class Witness {
  readonly #began: Date;
  readonly #executions = new Map<string, Execution>();
  #told = 0;

  constructor(
    private readonly world: DeployedWorld,
    private readonly style: Style,
    private readonly say: (text: string) => void,
  ) {
    const { aws, clock } = world;
    this.#began = clock.now();
    const others = aws.states.onStatus;
    aws.states.onStatus = (execution) => {
      others(execution);
      this.#executions.set(execution.arn, execution);
      const kind = execution.status === 'RUNNING' || execution.status === 'SUCCEEDED' ? 'done' : 'trouble';
      say(
        timelineEntry(
          { at: clock.now(), state: nameOf(execution), outcome: outcomeOf(execution), kind },
          style,
        ),
      );
    };
  }

  /** The executions that run. */
  get isBusy(): boolean {
    return [...this.#executions.values()].some(({ status }) => status === 'RUNNING');
  }

  get #messages() {
    const { aws, notificationTopicArn } = this.world;
    return aws.sns.messages.filter(({ topicArn }) => topicArn === notificationTopicArn);
  }

  /** Tells of the messages that have come. */
  lookForMessages(): void {
    const messages = this.#messages.slice(this.#told);
    this.#told += messages.length;
    for (const { at, subject = 'no subject' } of messages) {
      this.say(
        timelineEntry({ at, state: 'A message to people', outcome: subject, kind: 'story' }, this.style),
      );
    }
  }

  defect(name: string, defect: unknown): void {
    const outcome = defect instanceof Error ? `${defect.name}: ${defect.message}` : String(defect);
    this.say(
      timelineEntry({ at: this.world.clock.now(), state: name, outcome, kind: 'trouble' }, this.style),
    );
  }

  async summary(programs: ReadonlyMap<string, readonly Consumer[]>): Promise<string> {
    const { clock, users, account } = this.world;
    const passed = spoken(clock.now().getTime() - this.#began.getTime());
    const counts = new Map<string, number>();
    for (const { status } of this.#executions.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
    const executions = [...counts].map(([status, count]) => `${count} ${status}`);
    const people = await Promise.all(
      users.map(async ({ userName }) => {
        const keys = await account.keysOf(userName);
        const own = programs.get(userName) ?? [];
        const calls = own.reduce((sum, program) => sum + program.calls, 0);
        const failed = own.reduce((sum, { failures }) => sum + failures.length, 0);
        const name = own.length > 1 ? `The ${own.length} applications` : 'The application';
        const list = keys.map(({ accessKeyId, status }) => `${accessKeyId} ${status}`).join(', ');
        return paragraph(
          `${userName}: ${list === '' ? 'no key' : list}.${own.length === 0 ? '' : ` ${name} made ${calls} calls, ${failed} of them failed.`}`,
        );
      }),
    );
    return [
      heading(`It is ${calendarTime(clock.now())} UTC`, this.style),
      paragraph(`Time that has passed: ${passed}.`),
      paragraph(`Executions: ${executions.length === 0 ? 'none' : executions.join(', ')}.`),
      paragraph(`Messages to people: ${this.#messages.length}.`),
      ...people,
    ].join('');
  }
}

/**
 * Keeps the deployed app running, and answers whoever calls AWS from outside, until it is to end. Callers live in real time: AWS and its
 * callers share one time, so a request is taken as signed in time if it is by the real clock.
 */
export const keepServing = async (
  world: DeployedWorld,
  { speed, present, configuration, json, style, out, ended }: ServingOptions,
): Promise<void> => {
  const { aws, clock, timetable } = world;
  const tell = json ? () => {} : out;
  const witness = new Witness(world, style, tell);
  const pace = new Pace({ clock, speed, isBusy: () => witness.isBusy, realTime: REAL_TIME });
  const programs = programsOf(world, present);
  const turn = <T>(work: () => Promise<T>): Promise<T> => pace.turn(() => clock.run(work));
  const server: AwsServer = await listen(async (incoming, send) => {
    const request = await readRequest(incoming);
    if (request.path === TIME_PATH) send(await timeCall(request, clock, pace));
    else if (request.path === MOVE_PATH) send(await moveCall(request, world, programs, turn));
    else send(await pace.turn(() => aws.handle(request, { callersNow: callersTime(request, clock.now()) })));
  });
  const files = await writeServedFiles(configuration, present ?? []);
  try {
    for (const program of [...programs.values()].flat()) void program.work();
    keepTimetable(clock, timetable, (name, defect) => witness.defect(name, defect));
    const document = documentOf(world, server.url, files, present);
    out(json ? `${JSON.stringify(document)}\n` : ready(document, { speed, style, present }));
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    await pace.keep(() => {
      witness.lookForMessages();
      return isOver;
    });
    for (const program of [...programs.values()].flat()) program.stop();
    tell(await witness.summary(programs));
  } finally {
    await server.close();
    await files.remove();
  }
};
