/** Times as lists have them: in UTC, to the minute. */
export const at = (time: Date): string => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const MINUTE = 60_000;
const UNITS = [
  ['day', 24 * 60 * MINUTE],
  ['hour', 60 * MINUTE],
  ['minute', MINUTE],
] as const;

/** A span in its largest unit: `3 days`, `1 hour`, `less than a minute`. */
export const span = (milliseconds: number): string => {
  const [unit, length] = UNITS.find(([, one]) => milliseconds >= one) ?? [];
  if (unit === undefined || length === undefined) return 'less than a minute';
  const count = Math.floor(milliseconds / length);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
};

/** A time as seen from now: `in 3 days`, `2 hours ago`. */
export const fromNow = (time: Date, now: Date): string => {
  const left = time.getTime() - now.getTime();
  return left > 0 ? `in ${span(left)}` : `${span(-left)} ago`;
};
