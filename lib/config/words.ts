import { Duration } from 'luxon';

/** Seconds of an ISO 8601 duration that the schema has accepted. */
export const seconds = (isoDuration: string): number => Duration.fromISO(isoDuration).as('seconds');

/** A length of time as people say it, in the units that the configuration uses. */
export const spoken = (totalSeconds: number): string =>
  Duration.fromObject({ seconds: totalSeconds })
    .shiftTo('days', 'hours', 'minutes', 'seconds')
    .removeZeros()
    .toHuman({ listStyle: 'long' }) || 'no time at all';

/** A value, as a problem quotes it. */
export const show = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
};

/** `users`, 2, `overlapPeriod` → `users[2].overlapPeriod`. */
export const fieldPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
