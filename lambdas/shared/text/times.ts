/** ISO 8601 in UTC, as `Date.toISOString` and AWS write it. */
const TIMESTAMP = /\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z/g;

/** By time zone. To make one takes as long as to use it some dozens of times. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError if there is no such time zone */
const formatIn = (timeZone: string): Intl.DateTimeFormat => {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
  });
  formats.set(timeZone, format);
  return format;
};

/** `Mon 9 March 2026, 09:47`, whatever the locale of the machine. */
const localTime = (time: Date, timeZone: string): string => {
  const parts = formatIn(timeZone).formatToParts(time);
  const part = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((candidate) => candidate.type === type)?.value ?? '';
  return `${part('weekday')} ${part('day')} ${part('month')} ${part('year')}, ${part('hour')}:${part('minute')}`;
};

/** Whether there is a time zone of this name. */
export const isTimeZone = (timeZone: string): boolean => {
  try {
    formatIn(timeZone);
    return true;
  } catch {
    return false;
  }
};

/** A time as a person reads it, in their zone, and in UTC for whoever compares it with a log. */
export const sayTime = (time: Date, timeZone = 'UTC'): string =>
  `${localTime(time, timeZone)} ${timeZone} (${time.toISOString().replace(/\.\d+Z$/, 'Z')})`;

/** Words write times in ISO 8601; a person gets each of them as {@link sayTime} says it. */
export const withLocalTimes = (text: string, timeZone = 'UTC'): string =>
  text.replace(TIMESTAMP, (timestamp) => sayTime(new Date(timestamp), timeZone));

const UNITS = [
  ['day', /(\d+)D/],
  ['hour', /(\d+)H/],
  ['minute', /(\d+)M/],
  ['second', /(\d+)S/],
] as const;

/** An ISO 8601 duration of days, hours, minutes and seconds in words: `P1DT12H` is "1 day 12 hours". */
export const sayDuration = (duration: string): string => {
  const words = UNITS.flatMap(([unit, pattern]) => {
    const count = Number(pattern.exec(duration)?.[1] ?? 0);
    return count === 0 ? [] : [`${count} ${unit}${count === 1 ? '' : 's'}`];
  });
  return words.length === 0 ? 'no time' : words.join(' ');
};
