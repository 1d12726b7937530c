import { ERROR_NAMES } from '../contract/errors';
import { LAST_EVENTS } from '../contract/stop';
import { DRAIN_SECONDS, LATE_REQUEST_MARGIN_SECONDS } from '../contract/timing';
import type { ExecutionGateway, ShownEvent } from '../gateways/execution-gateway';
import { READING_STATES } from '../rotation/step-table';
import { executionOf } from '../secret/versions';
import type { Stopped } from './lock-holder';

const later = (time: Date, seconds: number): Date => new Date(time.getTime() + seconds * 1000);

/** When nothing of an execution that has ended can be alive any more, whatever it was at. */
export const atRest = (stoppedAt: Date): Date => later(stoppedAt, DRAIN_SECONDS);

/** The events by which an attempt at a task begins: Step Functions is to call the function, and it has called it. */
const SCHEDULED = 'TaskScheduled';
const STARTED = 'TaskStarted';

const ERRORS_OF_STEPS: ReadonlySet<string> = new Set(ERROR_NAMES);

/**
 * Whether the function of an attempt has ended, too. An error under a name of our own came from the function. Any other may be of
 * Step Functions alone, which has lost sight of a function that goes on.
 */
const functionIsOver = ({ type, error }: ShownEvent): boolean =>
  type === 'TaskSucceeded' || (type === 'TaskFailed' && error !== undefined && ERRORS_OF_STEPS.has(error));

/** Whether an event is of a task that changes nothing. `older` are the events before it, the newest first. */
const changesNothing = (older: readonly ShownEvent[]): boolean => {
  const name = older.find(({ entered }) => entered !== undefined)?.entered;
  return name !== undefined && READING_STATES.has(name);
};

/** Whether nothing is missing between the events, which are the newest first, and each has its time. */
const isWithoutGaps = (events: readonly ShownEvent[]): boolean =>
  events.every(
    ({ id, at }, index) =>
      !Number.isNaN(at.getTime()) && (index === 0 || id === (events[index - 1]?.id ?? 0) - 1),
  );

/**
 * When nothing of an execution that has ended can be alive any more, by its history: a function that has answered leaves at most a
 * request that takes effect within a minute; of one that has not, only its beginning is known. Most executions end while they sleep,
 * and then that is long past. One that only reads may go on.
 *
 * It is a proof by what is shown, so all of it has to be shown: the end, nothing missing before it, and a beginning before which no
 * function can live that long. A history that shows less proves nothing.
 *
 * @param newestFirst - From the end back.
 * @returns undefined if it proves nothing.
 */
export const restByHistory = (newestFirst: readonly ShownEvent[]): Date | undefined => {
  const [end, ...before] = newestFirst;
  const oldest = newestFirst.at(-1);
  if (
    end === undefined ||
    oldest === undefined ||
    !LAST_EVENTS.has(end.type) ||
    !isWithoutGaps(newestFirst)
  ) {
    return undefined;
  }
  const reachesBack = oldest.id === 1 || atRest(oldest.at) <= end.at;
  if (!reachesBack) return undefined;
  const rests = before.flatMap((event, index) => {
    // The steps of an execution follow one another, so what comes after a beginning is what became of it.
    const next = newestFirst[index] ?? end;
    if ((event.type !== SCHEDULED && event.type !== STARTED) || next.type === STARTED) return [];
    if (changesNothing(before.slice(index + 1))) return [];
    if (functionIsOver(next)) return [later(next.at, LATE_REQUEST_MARGIN_SECONDS)];
    // Of a function that was to be called, nobody knows when it was: at the latest when Step Functions gave up.
    return [later(event.type === STARTED ? event.at : next.at, DRAIN_SECONDS)];
  });
  return new Date(Math.max(...[end.at, ...rests].map((time) => time.getTime())));
};

/**
 * When nothing of an execution that has ended can be alive any more. Its history is read only if that is not past in any case, and if
 * it is still to be had.
 */
export const restOf = async (
  executions: Pick<ExecutionGateway, 'newestEvents'>,
  owner: string,
  { stoppedAt, maybeAnother }: Omit<Stopped, 'kind'>,
  now: Date,
): Promise<Date> => {
  const longest = atRest(stoppedAt);
  const { executionArn, startedAt } = executionOf(owner);
  // Only an owner that names its start can be told from a later execution of its name.
  if (longest <= now || maybeAnother || startedAt === undefined) return longest;
  const events = await executions.newestEvents(executionArn, later(stoppedAt, -DRAIN_SECONDS));
  return restByHistory(events) ?? longest;
};
