import { FUNCTION_TIMEOUT_SECONDS } from '../contract/timing';
import type { AlarmGateway, AlarmHistory, AlarmReading } from '../gateways/alarm-gateway';
import { milliseconds } from '../rotation/calendar';
import { courseOf } from '../rotation/course';
import type { PublishedState, Rotation } from '../rotation/rotation-state';

/** What the owner's alarms say together. */
export type Health =
  | {
      readonly kind: 'healthy';
      /** Which alarms that are; empty when none is configured. */
      readonly alarms: readonly string[];
    }
  | {
      readonly kind: 'unhealthy';
      /** Those that are on. */
      readonly alarming: readonly string[];
      /** Those that are not, but went off during the watch, more often than usual. */
      readonly recovered: readonly Recovered[];
      /** When the watch began; undefined without one. */
      readonly since: Date | undefined;
    }
  /** Not all of them speak: neither well nor unwell, and never good enough to deactivate or delete a key. */
  | {
      readonly kind: 'unknown';
      readonly silent: readonly Silence[];
      /** It stays so until a person mends it: an alarm is gone, or may not be read. */
      readonly lasting: boolean;
    };

/** An alarm that went off, and has recovered. */
interface Recovered {
  readonly name: string;
  /** How many times it went off. */
  readonly times: number;
}

/** An alarm that gives no verdict, and why. `lasting`: until a person mends it. */
export type Silence = { readonly name: string; readonly lasting: boolean } & (
  | { readonly code: 'insufficient-data' | 'missing' | 'unclear-history' }
  | { readonly code: 'unreadable'; readonly problem: string }
);

/** Of alarms that nobody has asked, because nothing waits for what they say. */
export const NOT_ASKED: Health = { kind: 'unknown', silent: [], lasting: false };

/** How long before the rotation an alarm's habits are looked at. */
const HABIT = 'P14D';

/** How long CloudWatch keeps the history of alarms (CloudWatch User Guide, "Using Amazon CloudWatch alarms"). */
const KEPT = 'P30D';

/** From when on alarms are watched, until now. */
export interface Watch {
  readonly since: Date;
  readonly now: Date;
  /** When the rotation began. What an alarm did before that is its habit: it has nothing to do with the rotation. */
  readonly habitUntil: Date;
}

/** From when on an alarm's history has to be read, to judge it in a watch. */
export const historyFor = ({ habitUntil }: Watch): Date =>
  new Date(habitUntil.getTime() - milliseconds(HABIT));

/**
 * Spans of which length are compared: as long as the watch, but at most half of what is kept of the habits, so that each hour of a
 * day, or day of a week, comes up in it. That is seven days, and less when the rotation is older than 16.
 */
const spanOf = (watch: Watch): number => {
  const forgotten = watch.now.getTime() - milliseconds(KEPT);
  const known = watch.habitUntil.getTime() - Math.max(historyFor(watch).getTime(), forgotten);
  return Math.max(0, Math.min(watch.now.getTime() - watch.since.getTime(), known / 2));
};

/**
 * How alarms are watched until the old key is deactivated. One that has gone off since the rotation began has to keep quiet for as
 * long as the old key has to.
 */
export const watchBeforeDeactivation = (
  { rotation, settings }: Pick<PublishedState, 'rotation' | 'settings'>,
  now: Date,
): Watch => {
  const habitUntil = new Date(rotation.startedAt);
  const quietSince = now.getTime() - milliseconds(settings.quietPeriod);
  return { since: new Date(Math.max(habitUntil.getTime(), quietSince)), now, habitUntil };
};

/**
 * How alarms are watched once the old key is Inactive: from then on. Only the execution that has set it Inactive knows since when it
 * is. For any other the key may have been Inactive since soon after the rotation began, and nobody may have looked meanwhile.
 *
 * Where nothing can be brought back, what has recovered has recovered: only how alarms are now keeps the old key from its deletion.
 */
export const watchAfterDeactivation = (
  state: {
    readonly rotation: Pick<Rotation, 'startedAt' | 'oldAccessKeyId' | 'leakedAccessKeyIds'>;
    readonly deactivatedAt?: string | undefined;
    readonly deactivatedHere?: true | undefined;
  },
  now: Date,
): Watch | undefined => {
  if (!courseOf(state.rotation).mayRollBack) return undefined;
  const since =
    state.deactivatedHere === true && state.deactivatedAt !== undefined
      ? // The function notes the time at its end, and has set the key Inactive before.
        new Date(new Date(state.deactivatedAt).getTime() - FUNCTION_TIMEOUT_SECONDS * 1000)
      : new Date(state.rotation.startedAt);
  return { since, now, habitUntil: new Date(state.rotation.startedAt) };
};

/** The most of these times, in ascending order, that lie within any span of that length. */
const mostWithin = (times: readonly number[], length: number): number => {
  let most = 0;
  let first = 0;
  for (const [index, time] of times.entries()) {
    while (time - (times[first] ?? time) > length) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
};

/**
 * How often an alarm went off during the watch, if that is more than it is in the habit of: if it went off more often within a span
 * than within any span of that length before the rotation. An alarm that flaps must not undo every rotation.
 */
const wentOffUnusually = (wentOffAt: readonly Date[], watch: Watch): number => {
  const times = wentOffAt.map((time) => time.getTime()).sort((one, other) => one - other);
  const during = times.filter((time) => time > watch.since.getTime());
  const before = times.filter((time) => time <= watch.habitUntil.getTime());
  const span = spanOf(watch);
  return mostWithin(during, span) > mostWithin(before, span) ? during.length : 0;
};

const isUnclear = (history: AlarmHistory | undefined, { since }: Watch): boolean =>
  history === undefined || history.unclearAt.some((time) => time > since);

/** Why an alarm gives no verdict; undefined when it gives one. */
const silenceOf = (reading: AlarmReading, watch: Watch | undefined): Silence | undefined => {
  const { name } = reading;
  switch (reading.state) {
    case 'unreadable':
      return { name, code: 'unreadable', problem: reading.problem, lasting: reading.lasting };
    case 'missing':
      return { name, code: 'missing', lasting: true };
    case 'INSUFFICIENT_DATA':
      return { name, code: 'insufficient-data', lasting: false };
    default:
      return watch !== undefined && isUnclear(reading.history, watch)
        ? { name, code: 'unclear-history', lasting: true }
        : undefined;
  }
};

/**
 * Judges the consumers by the owner's alarms. Without alarms nothing speaks against them.
 *
 * @param watch - during which an alarm that went off counts, although it has recovered. Default: only how the alarms are now.
 */
export const judgeHealth = (readings: readonly AlarmReading[], watch?: Watch): Health => {
  const alarming = readings.filter(({ state }) => state === 'ALARM').map(({ name }) => name);
  const recovered = readings.flatMap((reading) => {
    if (watch === undefined || !('history' in reading) || reading.state === 'ALARM') return [];
    const times = wentOffUnusually(reading.history?.wentOffAt ?? [], watch);
    return times === 0 ? [] : [{ name: reading.name, times }];
  });
  if (alarming.length + recovered.length > 0) {
    return { kind: 'unhealthy', alarming, recovered, since: watch?.since };
  }
  const silent = readings.flatMap((reading) => silenceOf(reading, watch) ?? []);
  if (silent.length > 0) {
    return { kind: 'unknown', silent, lasting: silent.some(({ lasting }) => lasting) };
  }
  return { kind: 'healthy', alarms: readings.map(({ name }) => name) };
};

/** What the owner's alarms say: of a watch, or only how they are now. */
export const readHealth = async (
  alarms: AlarmGateway,
  names: readonly string[],
  watch: Watch | undefined,
): Promise<Health> =>
  watch === undefined
    ? judgeHealth(await alarms.read(names))
    : judgeHealth(await alarms.readSince(names, historyFor(watch)), watch);
