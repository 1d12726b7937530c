import { Duration } from 'luxon';

/** A line of a rotation's story. */
export interface TimelineEntry {
  readonly at: Date;
  readonly state: string;
  /** What happened, or what the state waits for. */
  readonly outcome: string;
  readonly kind: 'done' | 'waiting' | 'trouble' | 'story' | 'end';
}

/** A length of time as people say it, to the second. */
export const spoken = (milliseconds: number): string => {
  const rounded = Duration.fromMillis(Math.round(milliseconds / 1000) * 1000)
    .shiftTo('days', 'hours', 'minutes', 'seconds')
    .removeZeros();
  return rounded.toMillis() === 0 ? 'no time' : rounded.toHuman({ listStyle: 'long' });
};

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `Mon 2026-03-02 09:00:00`, in UTC. */
export const calendarTime = (at: Date): string =>
  `${WEEKDAYS[at.getUTCDay()]} ${at.toISOString().slice(0, 19).replace('T', ' ')}`;

/** The text for a Wait state. */
export const waiting = (now: Date, until: Date): string =>
  until <= now
    ? 'the time has already come'
    : `${spoken(until.getTime() - now.getTime())}, until ${calendarTime(until)}`;
