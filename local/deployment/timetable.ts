import type { VirtualClock } from '../../embedded-aws/ground/clock';
import { judgeSchedule, occurrencesOn } from '../../lib/config/schedule-expression';
import { TemplateRefused } from './template';

const DAY = 24 * 60 * 60 * 1000;

/** Days to look ahead: a day that is in the calendar at all is there within 28 years. */
const DAYS_AHEAD = 28 * 366;

/** A schedule of the stack that is enabled. */
export interface Scheduled {
  readonly name: string;
  /** `cron(...)` or `rate(...)` of EventBridge Scheduler. */
  readonly expression: string;
  readonly timeZone: string;
  /** Starts what it is there for. */
  readonly fire: () => unknown;
}

/** The time that clocks of a zone show, as if it were in UTC. */
const localTime = (instant: number, timeZone: string): number => {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' },
    second: 'numeric',
  }).formatToParts(instant);
  const { year, month, day, hour, minute, second } = Object.fromEntries(
    parts.map(({ type, value }) => [type, Number(value)]),
  );
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
};

/**
 * When clocks of a zone show a time; undefined if they never do, because they are put forward over it. EventBridge Scheduler User Guide,
 * "Daylight savings time": such an occurrence is left out, and one that clocks show twice takes place once.
 */
const instantOf = (local: number, timeZone: string): number | undefined =>
  // An offset is the same for most of the days around.
  [local - DAY, local + DAY]
    .map((near) => local - (localTime(near, timeZone) - near))
    .find((instant) => localTime(instant, timeZone) === local);

/**
 * The first occurrence of a schedule after an instant. A rate counts from there.
 *
 * @throws TemplateRefused if the expression does not recur.
 */
export const nextOccurrence = (expression: string, timeZone: string, after: Date): Date => {
  const judged = judgeSchedule(expression, timeZone);
  if (judged.kind !== 'recurring') throw new TemplateRefused(`${expression}: ${judged.reason}`);
  const from = after.getTime();
  if (expression.startsWith('rate')) return new Date(from + judged.largestGapSeconds * 1000);
  const today = Math.floor(localTime(from, timeZone) / DAY) * DAY;
  for (let day = today; day <= today + DAYS_AHEAD * DAY; day += DAY) {
    for (const seconds of occurrencesOn(expression, new Date(day))) {
      const instant = instantOf(day + seconds * 1000, timeZone);
      if (instant !== undefined && instant > from) return new Date(instant);
    }
  }
  throw new TemplateRefused(`${expression}: it has no occurrence`);
};

/**
 * Lets schedules fire as time passes, each at the beginning of its flexible window.
 *
 * @param onDefect - Gets what a schedule's start has thrown. The schedule goes on.
 */
export const keepTimetable = (
  clock: VirtualClock,
  timetable: readonly Scheduled[],
  onDefect: (name: string, defect: unknown) => void,
): void => {
  for (const { name, expression, timeZone, fire } of timetable) {
    const wait = (): void => {
      const now = clock.now();
      clock.setTimeout(
        () => {
          wait();
          void (async () => fire())().catch((defect: unknown) => onDefect(name, defect));
        },
        nextOccurrence(expression, timeZone, now).getTime() - now.getTime(),
      );
    };
    wait();
  }
};
