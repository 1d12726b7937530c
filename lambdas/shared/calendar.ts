import { DateTime, Duration } from 'luxon';
import { type DeactivationWindow, WEEKDAYS } from './enrolment';

/** Milliseconds of an ISO 8601 duration. @throws Error when it is not one. */
export const milliseconds = (isoDuration: string): number => {
  const duration = Duration.fromISO(isoDuration);
  if (!duration.isValid) throw new Error(`Not an ISO 8601 duration: ${isoDuration}`);
  return duration.toMillis();
};

/** The time `isoDuration` after `start`. */
export const after = (start: Date, isoDuration: string): Date =>
  new Date(start.getTime() + milliseconds(isoDuration));

/** The interval before check number `checks` + 1: it doubles from `first`, up to a day. */
export const growingInterval = (first: string, checks: number): number =>
  Math.min(milliseconds(first) * 2 ** Math.min(checks, 30), milliseconds('P1D'));

const clockTime = (day: DateTime, hhmm: string): DateTime => {
  const [hour, minute] = hhmm.split(':').map(Number);
  return day.set({ hour: hour ?? 0, minute: minute ?? 0, second: 0, millisecond: 0 });
};

/** `now` when the window is open, else the time it opens next. */
export const nextOpening = (now: Date, window: DeactivationWindow, timeZone: string): Date => {
  if (window === 'always') return now;
  const local = DateTime.fromJSDate(now, { zone: timeZone });
  // Eight days, because today's window may already be over and be the only one of the week.
  for (let ahead = 0; ahead <= 7; ahead += 1) {
    const day = local.plus({ days: ahead });
    const weekday = WEEKDAYS[day.weekday - 1];
    if (weekday === undefined || !window.days.includes(weekday)) continue;
    const opens = clockTime(day, window.from);
    const closes = clockTime(day, window.to);
    if (local < opens) return opens.toJSDate();
    if (local < closes) return now;
  }
  throw new Error('A deactivation window without a day never opens.');
};
