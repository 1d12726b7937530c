import { RotationError } from '../shared/contract/errors';
import type { RecordFile } from '../shared/contract/recorded';
import { parse, safeParse } from '../shared/contract/schema';
import { AuditTrailGateway } from '../shared/gateways/audit-trail-gateway';
import { HistoryGateway } from '../shared/gateways/history-gateway';
import { LogGateway } from '../shared/gateways/log-gateway';
import { fileBeside, lambdaRuntime, type Runtime, requireSetting, sleep } from '../shared/gateways/runtime';
import { parsedJson } from '../shared/rotation/execution-end';
import {
  asksForStarter,
  claimedSuccessorOf,
  type Deployed,
  describedBy,
  draftOf,
  EndEvent,
  type EndedExecution,
  machineOf,
  streamOf,
  type TrailAnswer,
  userOf,
} from './decide';
import { after, type Course, NO_COURSE } from './history';
import { RotationRecord } from './record';
import { notAnEnd, notEndedYet, notKept, notKnown, worded } from './words';

/** What the function finds around it. */
export type RecordRuntime = Pick<Runtime, 'clientConfig' | 'environment'> & {
  /** Who is enrolled. */
  readonly recorded: () => RecordFile;
};

/** Step Functions quotas: an execution has 25,000 events, and no more when it is redriven. */
const MOST_EVENTS = 25_000;

/** How long to wait before each further look, in seconds, when an end does not show yet. Then Lambda tries again, minutes later. */
const PAUSES_SECONDS = [1, 4, 10];

/** What a call answers; or instead of it, when the call fails for good. What may pass by itself is thrown, for Lambda to try again. */
const unlessItCannot = async <Found, Instead>(
  call: Promise<Found>,
  instead: Instead,
): Promise<Found | Instead> => {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RotationError && error.name === 'TransientServiceError') throw error;
    console.error({ problem: String(error) });
    return instead;
  }
};

/** An execution that has ended, before anything is asked of another one. */
type ReadExecution = Omit<EndedExecution, 'successor'>;

/** Reads how an execution has ended, and how it came to that. Undefined: the end does not show yet. */
const readEnd = async (
  history: HistoryGateway,
  event: EndEvent,
  of: EndedExecution['of'],
): Promise<ReadExecution | undefined> => {
  const { executionArn: arn, input } = event.detail;
  const told = describedBy(event, parsedJson(input ?? ''));
  const described = await unlessItCannot(history.describe(arn), told);
  // Then nothing bears the event out, and whoever may invoke this function could have written all of it.
  if (described === undefined) throw new Error(notKnown(arn));
  // Somebody has redriven it since: this is the record of the end before, and another one follows.
  const isRedriven = described.status !== told.status && described.redriveCount > 0;
  if (described.status === 'RUNNING' && !isRedriven) return undefined;
  let course: Course = NO_COURSE;
  const isWhole = await unlessItCannot(
    history.read(arn, MOST_EVENTS, (next) => {
      course = after(course, next);
    }),
    undefined,
  );
  if (isWhole === true && !course.ended && !isRedriven) return undefined;
  return {
    arn,
    of,
    described: isRedriven ? { ...described, status: told.status, endedAt: told.endedAt } : described,
    course,
    read: isWhole === undefined ? 'none' : isWhole ? 'whole' : 'part',
  };
};

const readShownEnd = async (...of: Parameters<typeof readEnd>): Promise<ReadExecution> => {
  for (const pause of PAUSES_SECONDS) {
    const found = await readEnd(...of);
    if (found !== undefined) return found;
    await sleep(pause * 1000);
  }
  const found = await readEnd(...of);
  if (found === undefined) throw new Error(notEndedYet(of[1].detail.executionArn));
  return found;
};

/** Asks for the execution that is said to have taken over: whoever may stop an execution can name any. */
const withSuccessor = async (
  history: HistoryGateway,
  read: ReadExecution,
  deployed: Deployed,
): Promise<EndedExecution> => {
  const claimed = claimedSuccessorOf(read, deployed);
  const successor =
    claimed === undefined
      ? undefined
      : await unlessItCannot(history.describe(claimed), 'not-answered' as const);
  return { ...read, successor };
};

/** Whatever CloudTrail does, the record is written. */
const askWhoStarted = async (
  trail: AuditTrailGateway,
  ended: EndedExecution,
  deployed: Deployed,
): Promise<TrailAnswer> => {
  const { startedAt } = ended.described;
  if (!asksForStarter(ended, deployed) || startedAt === undefined) return { kind: 'not-asked' };
  try {
    return await trail.starterOf(ended.arn, startedAt);
  } catch (error) {
    console.error({ problem: String(error) });
    return { kind: 'not-answered' };
  }
};

/**
 * Writes the record of an execution that has ended. It reads first and writes last, and changes nothing else, so it can be repeated: a
 * record that is written twice is the same but for the time at which it was made. Every failure of the write is thrown, so that Lambda
 * tries again, and what cannot be recorded at all lies in the dead-letter queue.
 */
export const createHandler = (runtime: RecordRuntime) => {
  const { clientConfig } = runtime;
  const history = new HistoryGateway(clientConfig);
  // Starts are events of the Region of the state machine, which is the function's own.
  const trail = new AuditTrailGateway(clientConfig);
  const logs = new LogGateway(clientConfig);
  return async (given: unknown): Promise<void> => {
    const deployed: Deployed = {
      rotations: requireSetting(runtime, 'STATE_MACHINE_ARN'),
      schedulerRoleArn: requireSetting(runtime, 'SCHEDULER_ROLE_ARN'),
      emergencyRoleArn: requireSetting(runtime, 'EMERGENCY_ROLE_ARN'),
    };
    const logGroup = requireSetting(runtime, 'AUDIT_LOG_GROUP');
    const { data: event } = safeParse(EndEvent, given);
    const of = event && machineOf(event.detail, deployed.rotations);
    if (event === undefined || of === undefined) throw new Error(notAnEnd());
    const ended = await withSuccessor(history, await readShownEnd(history, event, of), deployed);
    const answer = await askWhoStarted(trail, ended, deployed);
    const userName = userOf(ended, deployed);
    const user = runtime.recorded().users.find((one) => one.userName === userName);
    const now = new Date();
    // Only what the form names is written, whatever the code above comes to put together.
    const record = parse(RotationRecord, worded(draftOf(ended, answer, user, deployed, now)));
    const stream = streamOf(ended, userName, user);
    const text = JSON.stringify(record);
    const written = await logs.write(logGroup, stream, { at: ended.described.endedAt ?? now, text });
    // Of an end that is too long ago: the record has its own times.
    if (written !== 'written' && (await logs.write(logGroup, stream, { at: now, text })) !== 'written') {
      throw new Error(notKept(ended.arn));
    }
    const unknown = record.unknown.map(({ field }) => field);
    console.info({ execution: ended.arn, stream, result: record.result, unknown });
  };
};

export const handler = createHandler({ ...lambdaRuntime(), recorded: () => fileBeside<RecordFile>() });
