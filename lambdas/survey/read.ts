import * as z from 'zod/mini';
import { safeParse } from '../shared/contract/schema';
import type { SurveyedUser } from '../shared/contract/survey';
import { LATE_READ_SECONDS } from '../shared/contract/timing';
import type { AlarmGateway, AlarmReading } from '../shared/gateways/alarm-gateway';
import type { FleetGateway, ListedExecution } from '../shared/gateways/fleet-gateway';
import type { IamGateway } from '../shared/gateways/iam-gateway';
import { sleep } from '../shared/gateways/runtime';
import type { ScheduleGateway } from '../shared/gateways/schedule-gateway';
import type { SecretGateway } from '../shared/gateways/secret-gateway';
import { answerOf } from '../shared/gateways/service-errors';
import type { TopicGateway } from '../shared/gateways/topic-gateway';
import { bounded } from '../shared/text/bounded';
import {
  isUnfinished,
  judgeSubscriptions,
  judgeUser,
  needsSecondLook,
  type SurveyReport,
  type UserFacts,
  type UserReport,
} from './decide';
import { unfinishedFor } from './limits';
import { progressOf, type RunningRotation } from './progress';
import type { Problem, Reading } from './reading';

/** What the survey asks. None of them can read a value of a secret. */
export interface Sources {
  readonly iam: IamGateway;
  readonly secrets: Pick<SecretGateway, 'describe'>;
  readonly fleet: FleetGateway;
  readonly alarms: AlarmGateway;
  readonly schedules: ScheduleGateway;
  readonly topic: TopicGateway;
}

/** Where it looks. */
export interface Fleet {
  readonly users: readonly SurveyedUser[];
  readonly stateMachineArn: string;
  readonly scheduleGroup: string;
  readonly topicArn: string;
  /** Address of the runbook, without a section. */
  readonly runbookUrl: string;
}

/** What is asked about users. */
type Looking = Omit<Sources, 'topic'>;

/** Where it looks for users. */
type Place = Pick<Fleet, 'users' | 'stateMachineArn' | 'scheduleGroup'>;

/**
 * After this time nothing more is asked: what was not asked is not known, and there is time left to say so. A service that does not
 * answer takes half a minute each time.
 */
const READING_SECONDS = 600;

/** Reads, until there is no time left. A read that fails is an answer, too. */
class Reader {
  private readonly until = Date.now() + READING_SECONDS * 1000;

  /** Whether there is time for more. */
  get isOpen(): boolean {
    return Date.now() < this.until;
  }

  async read<T>(ask: () => Promise<T>): Promise<Reading<T>> {
    if (!this.isOpen) return { problem: { code: 'out-of-time' } };
    try {
      return { value: await ask() };
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      const { code, answer } = answerOf(cause);
      return { problem: { code: 'aws', answer: bounded(`${code}: ${answer}`) } };
    }
  }
}

const Input = z.object({ userName: z.string() });

/** The rotations that run, by user; and why those of others may be among what is not known. */
interface Running {
  readonly byUser: ReadonlyMap<string, RunningRotation>;
  readonly problem: Problem | undefined;
}

/**
 * Of several executions of a user, the one that has gone furthest: it holds the lock, and the others wait, or find that there is
 * nothing to do.
 */
const further = (one: RunningRotation | undefined, other: RunningRotation): RunningRotation =>
  one === undefined || (other.accessKeyIds?.length ?? 0) > (one.accessKeyIds?.length ?? 0) ? other : one;

/** What an execution is at. What cannot be read of it is said of its user alone. */
const look = async (
  { fleet }: Pick<Sources, 'fleet'>,
  reader: Reader,
  execution: ListedExecution,
): Promise<RunningRotation> => {
  const entered = await reader.read(() => fleet.entered(execution.executionArn));
  return 'problem' in entered
    ? { ...execution, progress: undefined, problem: entered.problem }
    : progressOf(execution, entered.value);
};

const readRunning = async (
  sources: Pick<Sources, 'fleet'>,
  reader: Reader,
  { stateMachineArn }: Place,
): Promise<Running> => {
  const listed = await reader.read(() => sources.fleet.running(stateMachineArn));
  if ('problem' in listed) return { byUser: new Map(), problem: listed.problem };
  const byUser = new Map<string, RunningRotation>();
  let problem: Problem | undefined;
  for (const execution of listed.value) {
    const input = await reader.read(() => sources.fleet.input(execution.executionArn));
    if ('problem' in input) {
      // It may be anybody's.
      problem = input.problem;
      continue;
    }
    const started = safeParse(Input, input.value);
    if (!started.success) continue;
    const { userName } = started.data;
    byUser.set(userName, further(byUser.get(userName), await look(sources, reader, execution)));
  }
  return { byUser, problem };
};

const runningOf = ({ byUser, problem }: Running, userName: string): Reading<RunningRotation | undefined> => {
  const found = byUser.get(userName);
  return found === undefined && problem !== undefined ? { problem } : { value: found };
};

/** Who has left rotations unfinished, and when: asked when a rotation is, and once for all. */
class Ends {
  private known: Reading<ReadonlyMap<string, Date>> | undefined;

  constructor(
    private readonly fleet: FleetGateway,
    private readonly reader: Reader,
    private readonly where: Place,
  ) {}

  /** The latest of a user. */
  async of(userName: string): Promise<Reading<Date | undefined>> {
    this.known ??= await this.reader.read(() => this.ask());
    return 'problem' in this.known ? this.known : { value: this.known.value.get(userName) };
  }

  private async ask(): Promise<ReadonlyMap<string, Date>> {
    const { users, stateMachineArn } = this.where;
    const longest = Math.max(...users.map(unfinishedFor));
    const latest = new Map<string, Date>();
    for (const { executionArn, stoppedAt } of await this.fleet.ended(
      stateMachineArn,
      new Date(Date.now() - longest),
    )) {
      const started = safeParse(Input, await this.fleet.input(executionArn));
      if (!started.success) continue;
      const { userName } = started.data;
      const before = latest.get(userName);
      if (before === undefined || before < stoppedAt) latest.set(userName, stoppedAt);
    }
    return latest;
  }
}

/** Alarms that several users share are asked about once. */
class Alarms {
  private readonly known = new Map<string, AlarmReading>();

  constructor(
    private readonly alarms: AlarmGateway,
    private readonly reader: Reader,
  ) {}

  async read(names: readonly string[]): Promise<readonly AlarmReading[]> {
    const open = names.filter((name) => !this.known.has(name));
    if (open.length > 0 && this.reader.isOpen) {
      for (const reading of await this.alarms.read(open)) this.known.set(reading.name, reading);
    }
    return names.flatMap((name) => this.known.get(name) ?? []);
  }
}

/** Looks at users, one after the other: AWS does not say how many calls IAM takes, and nobody waits. */
const lookAt = async (
  sources: Looking,
  reader: Reader,
  fleet: Place,
  users: readonly SurveyedUser[],
): Promise<readonly UserReport[]> => {
  // Who runs is asked first: a rotation that begins meanwhile is one that has not been there yet.
  const running = await readRunning(sources, reader, fleet);
  const alarms = new Alarms(sources.alarms, reader);
  const ends = new Ends(sources.fleet, reader, fleet);
  const reports: UserReport[] = [];
  for (const user of users) {
    const { userName, secretId, scheduleName, healthAlarms } = user;
    const state = {
      running: runningOf(running, userName),
      keys: await reader.read(() => sources.iam.accessKeys(userName)),
      secret: await reader.read(() => sources.secrets.describe(secretId)),
    };
    const facts: UserFacts = {
      user,
      ...state,
      lastEnd: isUnfinished(state) ? await ends.of(userName) : { value: undefined },
      alarms: await alarms.read(healthAlarms),
      schedule: await reader.read(() => sources.schedules.state(fleet.scheduleGroup, scheduleName)),
    };
    reports.push(judgeUser(facts, new Date()));
  }
  return reports;
};

/** Looks once more at those of whom something was seen that may have been the picture of a moment. */
const lookAgain = async (
  sources: Sources,
  reader: Reader,
  fleet: Fleet,
  reports: readonly UserReport[],
): Promise<readonly UserReport[]> => {
  const names = new Set(reports.filter(needsSecondLook).map(({ userName }) => userName));
  if (names.size === 0 || !reader.isOpen) return reports;
  await sleep(LATE_READ_SECONDS * 1000);
  const users = fleet.users.filter(({ userName }) => names.has(userName));
  const again = new Map(
    (await lookAt(sources, reader, fleet, users)).map((report) => [report.userName, report]),
  );
  return reports.map((report) => again.get(report.userName) ?? report);
};

/** Looks at everybody once, and does not wait: what a person reads at once may be the picture of a moment. */
export const lookOnce = (sources: Looking, fleet: Place): Promise<readonly UserReport[]> =>
  lookAt(sources, new Reader(), fleet, fleet.users);

/** Looks at everybody. Reads only, and never fails: what cannot be read is part of what is found. */
export const survey = async (sources: Sources, fleet: Fleet): Promise<SurveyReport> => {
  const at = new Date();
  const reader = new Reader();
  const subscriptions = await reader.read(() => sources.topic.subscriptions(fleet.topicArn));
  const reports = await lookAt(sources, reader, fleet, fleet.users);
  return {
    at,
    users: await lookAgain(sources, reader, fleet, reports),
    findings: [judgeSubscriptions(subscriptions)],
  };
};
