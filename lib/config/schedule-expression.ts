/**
 * How long a schedule of EventBridge Scheduler may stay silent. The configuration needs the answer to promise
 * that a key is rotated before it is 90 days old.
 */

const MINUTE = 60;
const DAY = 86_400;

/** The result of judging a schedule expression. */
export type ScheduleJudgement =
  | {
      readonly kind: 'recurring';
      /** The longest time between two occurrences, an upper bound. */
      readonly largestGapSeconds: number;
    }
  | { readonly kind: 'invalid'; readonly reason: string }
  /** A valid expression whose gaps have no bound, because its occurrences end. */
  | { readonly kind: 'unbounded'; readonly reason: string };

class NotUnderstood extends Error {}

const refuse = (reason: string): never => {
  throw new NotUnderstood(reason);
};

interface Field {
  readonly label: string;
  readonly first: number;
  readonly last: number;
  readonly names?: readonly string[];
}

const MINUTES: Field = { label: 'minutes', first: 0, last: 59 };
const HOURS: Field = { label: 'hours', first: 0, last: 23 };
const DAYS_OF_MONTH: Field = { label: 'day-of-month', first: 1, last: 31 };
const MONTHS: Field = {
  label: 'month',
  first: 1,
  last: 12,
  names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
};
const DAYS_OF_WEEK: Field = {
  label: 'day-of-week',
  first: 1,
  last: 7,
  names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
};

const numberOf = (text: string, field: Field): number => {
  const byName = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (byName >= 0) return field.first + byName;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= field.first && value <= field.last) return value;
  return refuse(`"${text}" is not a value of the ${field.label} field`);
};

/**
 * The first and the last value of `*`, `5` or `5-7`. A single value before a step begins a range to the end.
 */
const rangeOf = (span: string, field: Field, hasStep: boolean): readonly [first: number, last: number] => {
  const [from = '', to, ...more] = span.split('-');
  if (more.length > 0 || (from === '*' && to !== undefined)) {
    return refuse(`"${span}" in the ${field.label} field is not a range`);
  }
  if (from === '*') return [field.first, field.last];
  const first = numberOf(from, field);
  if (to === undefined) return [first, hasStep ? field.last : first];
  const last = numberOf(to, field);
  return last < first ? refuse(`"${span}" in the ${field.label} field ends before it begins`) : [first, last];
};

/** The values that a list of numbers, ranges and steps selects. */
const valuesOf = (text: string, field: Field): ReadonlySet<number> => {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [span = '', step, ...rest] = part.split('/');
    if (rest.length > 0 || (step !== undefined && !/^[1-9]\d?$/.test(step))) {
      refuse(`"${part}" in the ${field.label} field is not a step`);
    }
    const [first, last] = rangeOf(span, field, step !== undefined);
    for (let value = first; value <= last; value += step === undefined ? 1 : Number(step)) values.add(value);
  }
  return values;
};

interface CalendarDay {
  readonly dayOfMonth: number;
  readonly daysInMonth: number;
  /** 1 is Sunday, as in the expression. */
  readonly dayOfWeek: number;
}

type DayRule = (day: CalendarDay) => boolean;

/** `L`, `15W`, or numbers. A weekday is searched only within the month, as the scheduler does. */
const dayOfMonthRule = (text: string): DayRule => {
  if (text === 'L') return (day) => day.dayOfMonth === day.daysInMonth;
  const nearest = /^(\d{1,2})W$/.exec(text)?.[1];
  if (nearest !== undefined) {
    const target = numberOf(nearest, DAYS_OF_MONTH);
    return (day) => {
      if (target > day.daysInMonth) return false;
      const weekdayOfTarget = (((day.dayOfWeek - 1 + target - day.dayOfMonth) % 7) + 7) % 7;
      let chosen = target;
      if (weekdayOfTarget === 6) chosen = target === 1 ? 3 : target - 1;
      if (weekdayOfTarget === 0) chosen = target === day.daysInMonth ? target - 2 : target + 1;
      return day.dayOfMonth === chosen;
    };
  }
  const values = valuesOf(text, DAYS_OF_MONTH);
  return (day) => values.has(day.dayOfMonth);
};

/** `L` (Saturday), `6L` (last Friday), `2#1` (first Monday), or numbers. */
const dayOfWeekRule = (text: string): DayRule => {
  if (text.includes('/')) refuse('the day-of-week field takes no steps');
  if (text === 'L') return (day) => day.dayOfWeek === DAYS_OF_WEEK.last;
  const lastOf = /^(\w+)L$/.exec(text)?.[1];
  if (lastOf !== undefined) {
    const weekday = numberOf(lastOf, DAYS_OF_WEEK);
    return (day) => day.dayOfWeek === weekday && day.dayOfMonth + 7 > day.daysInMonth;
  }
  const [weekdayText = '', nth] = text.split('#');
  if (nth !== undefined) {
    if (!/^[1-5]$/.test(nth)) refuse(`"${text}" in the day-of-week field is not the nth weekday of a month`);
    const weekday = numberOf(weekdayText, DAYS_OF_WEEK);
    return (day) => day.dayOfWeek === weekday && Math.ceil(day.dayOfMonth / 7) === Number(nth);
  }
  const values = valuesOf(text, DAYS_OF_WEEK);
  return (day) => values.has(day.dayOfWeek);
};

/** A day of the local calendar. */
const dayOf = (date: Date): CalendarDay & { readonly month: number } => {
  const month = date.getUTCMonth() + 1;
  const daysInMonth = new Date(Date.UTC(date.getUTCFullYear(), month, 0)).getUTCDate();
  return { month, dayOfMonth: date.getUTCDate(), daysInMonth, dayOfWeek: date.getUTCDay() + 1 };
};

/** The calendar repeats its weekdays and leap days after 28 years, until a century skips a leap year. */
const FIRST_DAY = Date.UTC(2024, 0, 1);
const DAYS_ENUMERATED = 28 * 365 + 7 + 366;

/** Every schedule of every user is looked for in the same days. */
let enumerated: readonly ReturnType<typeof dayOf>[] | undefined;

/** Seconds, on the local clock, of every day on which the expression has an occurrence. */
const matchingDays = (matches: DayRule, months: ReadonlySet<number>): readonly number[] => {
  enumerated ??= Array.from({ length: DAYS_ENUMERATED }, (_none, index) =>
    dayOf(new Date(FIRST_DAY + index * DAY * 1000)),
  );
  const days: number[] = [];
  for (const [index, day] of enumerated.entries()) {
    if (months.has(day.month) && matches(day)) days.push(index * DAY);
  }
  return days;
};

/** The longest step from a number to the one `apart` places later, where the numbers ascend. */
const largestStep = (ascending: readonly number[], apart = 1): number =>
  ascending.reduce(
    (largest, value, index) => Math.max(largest, value - (ascending[index - apart] ?? value)),
    0,
  );

/** The fields of a cron expression, understood. */
interface Cron {
  readonly months: ReadonlySet<number>;
  readonly matches: DayRule;
  /** Seconds since midnight, ascending. */
  readonly times: readonly number[];
  readonly year: string;
}

const cronOf = (fields: string): Cron => {
  const parts = fields.trim().split(/\s+/);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = parts;
  if (parts.length !== 6) refuse(`a cron expression has six fields, this one has ${parts.length}`);
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    refuse('exactly one of the day-of-month and day-of-week fields is "?"');
  }
  const minutes = valuesOf(minute, MINUTES);
  const times = [...valuesOf(hour, HOURS)]
    .flatMap((h) => [...minutes].map((m) => (h * 60 + m) * MINUTE))
    .sort((a, b) => a - b);
  const months = valuesOf(month, MONTHS);
  const matches = dayOfMonth === '?' ? dayOfWeekRule(dayOfWeek) : dayOfMonthRule(dayOfMonth);
  return { months, matches, times, year };
};

const judgeCron = (fields: string, clocksChange: boolean): ScheduleJudgement => {
  const { months, matches, times, year } = cronOf(fields);
  if (year !== '*') {
    if (!/^[0-9,/*-]+$/.test(year)) refuse(`"${year}" is not a value of the year field`);
    return { kind: 'unbounded', reason: 'its year field lets it end; write "*"' };
  }

  const days = matchingDays(matches, months);
  if (days.length < 3) return { kind: 'unbounded', reason: 'it has no occurrence, or almost none' };
  const [firstTime = 0] = times;
  const overnight = firstTime - (times.at(-1) ?? firstTime);
  const regular = Math.max(largestStep(times), largestStep(days) + overnight);
  if (!clocksChange) return { kind: 'recurring', largestGapSeconds: regular };

  // In spring the scheduler skips occurrences in the hour that does not exist. Clocks change at night, so any
  // time before 04:00 may be affected. In autumn a gap is an hour longer.
  const nightEnds = 4 * 60 * MINUTE;
  const nextTime = times.find((time) => time >= nightEnds);
  const skipping = nextTime === undefined ? largestStep(days, 2) : largestStep(days) + nextTime - firstTime;
  return { kind: 'recurring', largestGapSeconds: Math.max(regular, skipping + overnight) + 60 * MINUTE };
};

const RATE_UNITS: Readonly<Record<string, number>> = { minute: MINUTE, hour: 60 * MINUTE, day: DAY };

const judgeRate = (text: string): ScheduleJudgement => {
  const match = /^\s*([1-9]\d{0,5})\s+(minute|hour|day)(s?)\s*$/.exec(text);
  if (match === null) return refuse('a rate is a positive number and minutes, hours or days');
  const value = Number(match[1]);
  if ((value === 1) === (match[3] === 's'))
    refuse('a rate of 1 takes the singular unit, any other the plural');
  return { kind: 'recurring', largestGapSeconds: value * (RATE_UNITS[match[2] ?? ''] ?? DAY) };
};

/** Zones whose clocks never change. Any other zone is assumed to change its clocks. */
const isFixed = (timeZone: string): boolean => /^(UTC|GMT|Etc\/.+)$/.test(timeZone);

/**
 * Judges a schedule expression of EventBridge Scheduler: `cron(...)` with any field but the year restricted,
 * or `rate(...)`.
 *
 * The gap of a cron expression is found by enumerating 29 years of days, so that lists, steps, `L`, `W` and
 * `#` need no theory. In a zone that may change its clocks the gap is an upper bound: an hour is added, and
 * an occurrence before 04:00 may be left out in spring.
 */
export const judgeSchedule = (expression: string, timeZone: string): ScheduleJudgement => {
  const match = /^(cron|rate)\((.*)\)$/.exec(expression);
  const [, form, content = ''] = match ?? [];
  try {
    if (form === 'cron') return judgeCron(content, !isFixed(timeZone));
    if (form === 'rate') return judgeRate(content);
    return { kind: 'invalid', reason: 'it is neither cron(...) nor rate(...)' };
  } catch (error) {
    if (error instanceof NotUnderstood) return { kind: 'invalid', reason: error.message };
    throw error;
  }
};

/**
 * The occurrences of a cron expression that {@link judgeSchedule} finds recurring, on one day of the local calendar: seconds since its
 * midnight, ascending.
 *
 * @param day - Midnight of that day, as if it were in UTC.
 */
export const occurrencesOn = (expression: string, day: Date): readonly number[] => {
  const { months, matches, times } = cronOf(expression.replace(/^cron\((.*)\)$/, '$1'));
  const onDay = dayOf(day);
  return months.has(onDay.month) && matches(onDay) ? times : [];
};
