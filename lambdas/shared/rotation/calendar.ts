import { type DeactivationWindow, WEEKDAYS } from '../contract/enrolment';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const NUMBER = String.raw`(\d+(?:\.\d+)?)`;
const DURATION = new RegExp(
  `^P(?=.)(?:${NUMBER}D)?(?:T(?=.)(?:${NUMBER}H)?(?:${NUMBER}M)?(?:${NUMBER}S)?)?$`,
);

/** Milliseconds of an ISO 8601 duration of days, hours, minutes and seconds. @throws Error when it is not one. */
export const milliseconds = (isoDuration: string): number => {
  const parts = DURATION.exec(isoDuration);
  if (parts === null) throw new Error(`Not an ISO 8601 duration: ${isoDuration}`);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return days * DAY + hours * HOUR + minutes * MINUTE + seconds * 1000;
};

/** The time `isoDuration` after `start`. */
export const after = (start: Date, isoDuration: string): Date =>
  new Date(start.getTime() + milliseconds(isoDuration));

/** The earlier of two times. */
export const earlier = (one: Date, other: Date): Date => new Date(Math.min(one.getTime(), other.getTime()));

/** The later of two times. */
export const later = (one: Date, other: Date): Date => new Date(Math.max(one.getTime(), other.getTime()));

/** The interval before check number `checks` + 1: it doubles from `first`, up to a day. */
export const growingInterval = (first: string, checks: number): number =>
  Math.min(milliseconds(first) * 2 ** Math.min(checks, 30), DAY);

// Times are milliseconds since 1970, as a Date counts them. A wall time is what the clocks of the zone show, counted as if
// they showed UTC: its days all have 24 hours.

/** How far the clocks of a time zone are ahead of UTC at a given time. */
const offsetsOf = (timeZone: string): ((time: number) => number) => {
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (time) => {
    const wholeSeconds = Math.floor(time / 1000) * 1000;
    const shown = new Map(clock.formatToParts(wholeSeconds).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => shown.get(type) ?? 0;
    const wall = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return wall - wholeSeconds;
  };
};

/** The wall time within a day that `HH:MM` names. */
const clockTime = (hhmm: string): number => {
  const [hours = 0, minutes = 0] = hhmm.split(':').map(Number);
  return hours * HOUR + minutes * MINUTE;
};

/** `now` when the window is open, else the time it opens next. */
export const nextOpening = (now: Date, window: DeactivationWindow, timeZone: string): Date => {
  if (window === 'always') return now;
  const offsetAt = offsetsOf(timeZone);
  const offset = offsetAt(now.getTime());

  /**
   * The time at which the clocks show this. Of two, when clocks are put back, the one before that, unless it is
   * already now. Where clocks are put forward and never show it: as long after that as it would have been.
   */
  const timeOf = (wall: number): number => {
    const candidates = [offset, offsetAt(wall - offset)].map((assumed) => wall - assumed);
    return candidates.find((time) => time + offsetAt(time) === wall) ?? Math.max(...candidates);
  };

  const wallNow = now.getTime() + offset;
  const midnight = Math.floor(wallNow / DAY) * DAY;
  // Eight days, because today's window may already be over and be the only one of the week.
  for (let day = midnight; day <= midnight + 7 * DAY; day += DAY) {
    const weekday = WEEKDAYS[(new Date(day).getUTCDay() + 6) % 7];
    if (weekday === undefined || !window.days.includes(weekday)) continue;
    const opens = timeOf(day + clockTime(window.from));
    if (now.getTime() < opens) return new Date(opens);
    if (now.getTime() < timeOf(day + clockTime(window.to))) return now;
  }
  throw new Error('A deactivation window without a day never opens.');
};
