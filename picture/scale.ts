const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/**
 * How much longer a stretch is drawn that lasts longer: its length to this power. With 1 the first minute of three weeks would vanish; with
 * 0 two weeks would look like a minute.
 */
const COMPRESSION = 0.3;

/** From one stop to the next. Within it, time is even. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly x: number;
  readonly width: number;
}

/** Where moments are drawn. */
export interface TimeScale {
  readonly stretches: readonly Stretch[];
  readonly at: (moment: Date) => number;
}

/**
 * A scale on which both seconds and weeks can be seen: from stop to stop time is even, and a long stretch is drawn longer than a short one, but
 * not as much longer as it is.
 *
 * @param stops - At least two, in ascending order.
 * @param least - Every stretch is at least so wide, if there is room.
 */
export const timeScale = (stops: readonly Date[], left: number, width: number, least: number): TimeScale => {
  const times = [...new Set(stops.map((stop) => stop.getTime()))];
  const lengths = times.slice(1).map((time, index) => time - (times[index] as number));
  const weights = lengths.map((length) => (length / MINUTE) ** COMPRESSION);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const base = Math.min(least, width / Math.max(1, lengths.length));
  const spare = width - base * lengths.length;
  const stretches: Stretch[] = [];
  let x = left;
  for (const [index, weight] of weights.entries()) {
    const drawn = base + (spare * weight) / sum;
    stretches.push({ from: times[index] as number, to: times[index + 1] as number, x, width: drawn });
    x += drawn;
  }
  const at = (moment: Date): number => {
    const time = moment.getTime();
    const stretch = stretches.findLast(({ from }) => from <= time);
    if (stretch === undefined) return left;
    return stretch.x + stretch.width * Math.min(1, (time - stretch.from) / (stretch.to - stretch.from));
  };
  return { stretches, at };
};

/** A length of time in one unit, rounded: `21 s`, `65 min`, `1 day`, `2.5 days`. */
export const brief = (milliseconds: number): string => {
  const seconds = Math.round(milliseconds / SECOND);
  if (seconds < 90 && seconds !== 60) return `${seconds} s`;
  if (milliseconds < 90 * MINUTE) return `${Math.round(milliseconds / MINUTE)} min`;
  const days = milliseconds / DAY;
  if (days < 1.5 && Math.abs(days - 1) > 0.02) return `${Math.round(milliseconds / HOUR)} h`;
  const rounded = days < 10 ? Math.round(days * 10) / 10 : Math.round(days);
  return rounded === 1 ? '1 day' : `${rounded} days`;
};

/** The midnights within a stretch, in UTC. */
export const midnights = ({ from, to }: Stretch): readonly Date[] => {
  const first = Math.ceil(from / DAY);
  return Array.from(
    { length: Math.max(0, Math.ceil(to / DAY) - first) },
    (_, n) => new Date((first + n) * DAY),
  );
};
