import { METRICS } from '../../lambdas/shared/contract/names';
import { milliseconds } from '../../lambdas/shared/rotation/calendar';
import { BUILT_IN_DEFAULTS } from '../../lib/config';
import { priceOf } from './prices';
import type { Counts, Kind } from './rotations';

/** Memory of a step's function, as lib/rotation-steps.ts gives it. */
export const FUNCTION_GIGABYTES = 0.25;

/** CloudWatch alarms of a stack, however many users it has; lib/rotation-alarms.ts and lib/rotation-survey.ts make them. */
export const ALARMS_PER_STACK = 11;

/** What the survey puts once a day; lambdas/shared/contract/names.ts has the list. */
export const METRICS_PER_STACK = Object.keys(METRICS).length;

/** lib/rotation-dashboard.ts makes it. */
export const DASHBOARDS_PER_STACK = 1;

/** What the survey asks of AWS about each user; its calls for all users at once do not count beside these. */
const SURVEY_CALLS_PER_USER = { secretCalls: 1, seconds: 0.5 } as const;

/**
 * Figures that no embedded AWS can measure. A function is called hours after the last time, so every start is
 * a cold one; a second for that and its calls of AWS is more than it takes. Lambda writes three lines of its
 * own for each call.
 */
export const ASSUMED = {
  secondsPerCall: 1,
  logBytesPerCall: 1_200,
  mailAddresses: 1,
  logMonths: 12,
} as const;

const GIGABYTE = 1024 ** 3;
const DAYS_PER_YEAR = 365;
const HOURS_PER_DAY = 24;
const MONTHS_PER_YEAR = 12;
/** The default schedule starts on working days. */
const STARTS_PER_YEAR = Math.round((DAYS_PER_YEAR * 5) / 7);

/** The calls of one service, or of some operations of it. */
export const callsOf = ({ calls }: Counts, service: string, operations?: RegExp): number =>
  Object.entries(calls)
    .filter(([name]) => {
      const [itsService, operation = ''] = name.split(':');
      return itsService === service && (operations === undefined || operations.test(operation));
    })
    .reduce((sum, [, count]) => sum + count, 0);

/** Operations that change something, by their names. */
export const WRITES = /^(Create|Update|Delete|Put|Tag)/;
/** Operations that change nothing. */
export const READS = /^(Get|List|Describe)/;

/** What a kind of rotation costs, in USD, by billed item. */
export interface Cost {
  readonly stateTransitions: number;
  readonly functions: number;
  readonly secretCalls: number;
  readonly events: number;
  readonly mails: number;
  readonly metricCalls: number;
  readonly logs: number;
  readonly total: number;
}

export const costOf = (counts: Counts): Cost => {
  const { functionCalls, functionSeconds, logBytes } = counts;
  const seconds = functionCalls * ASSUMED.secondsPerCall + functionSeconds;
  const gigabytes = (logBytes + functionCalls * ASSUMED.logBytesPerCall) / GIGABYTE;
  const parts = {
    stateTransitions: counts.stateTransitions * priceOf('stateTransition'),
    functions:
      functionCalls * priceOf('functionCall') + seconds * FUNCTION_GIGABYTES * priceOf('gigabyteSecond'),
    secretCalls: callsOf(counts, 'secretsmanager') * priceOf('secretCall'),
    events: callsOf(counts, 'events') * priceOf('event'),
    mails: callsOf(counts, 'sns') * ASSUMED.mailAddresses * priceOf('mail'),
    metricCalls: callsOf(counts, 'cloudwatch') * priceOf('metricCall'),
    logs: gigabytes * (priceOf('logGigabyte') + ASSUMED.logMonths * priceOf('logGigabyteMonth')),
  };
  return { ...parts, total: Object.values(parts).reduce((sum, usd) => sum + usd, 0) };
};

/** The extra cost of one's own KMS key: Secrets Manager uses it whenever a value is read or stored. */
export const kmsCostOf = (counts: Counts): number =>
  callsOf(counts, 'secretsmanager', /^(GetSecretValue|PutSecretValue)$/) * priceOf('kmsCall');

/** A year of one user with the default settings, in which nothing goes wrong. */
export interface Year {
  readonly rotations: number;
  /**
   * Scheduled starts, by what each of them finds: nothing is due, a rotation is under way, or a key is due.
   */
  readonly starts: number;
  readonly nothingDue: number;
  readonly underWay: number;
  /** In USD. */
  readonly secret: number;
  readonly asking: number;
  readonly rotating: number;
  readonly surveying: number;
  readonly total: number;
  /** In USD, for a stack, however many users it has. */
  readonly alarmsOfStack: number;
  readonly metricsOfStack: number;
  readonly dashboardOfStack: number;
}

/**
 * A rotation begins when the key is `rotateAfter` old, and the next key is as old as the rotation that
 * created it.
 */
export const yearOf = (
  counts: Readonly<Record<Extract<Kind, 'ordinary' | 'nothing-due' | 'under-way'>, Counts>>,
): Year => {
  const rotations = DAYS_PER_YEAR / (milliseconds(BUILT_IN_DEFAULTS.rotateAfter) / 86_400_000);
  const { days } = counts.ordinary;
  const underWay = Math.round((rotations * days * 5) / 7);
  const nothingDue = Math.round(STARTS_PER_YEAR - underWay - rotations);
  const parts = {
    secret: MONTHS_PER_YEAR * priceOf('secretMonth'),
    asking:
      nothingDue * costOf(counts['nothing-due']).total +
      underWay * costOf(counts['under-way']).total +
      STARTS_PER_YEAR * priceOf('scheduledStart'),
    rotating: rotations * costOf(counts.ordinary).total,
    surveying:
      DAYS_PER_YEAR *
      (SURVEY_CALLS_PER_USER.secretCalls * priceOf('secretCall') +
        SURVEY_CALLS_PER_USER.seconds * FUNCTION_GIGABYTES * priceOf('gigabyteSecond')),
  };
  return {
    ...{ rotations, starts: STARTS_PER_YEAR, nothingDue, underWay },
    ...parts,
    total: Object.values(parts).reduce((sum, usd) => sum + usd, 0),
    alarmsOfStack: MONTHS_PER_YEAR * ALARMS_PER_STACK * priceOf('alarmMonth'),
    // Put in one hour of each day.
    metricsOfStack: (MONTHS_PER_YEAR * METRICS_PER_STACK * priceOf('metricMonth')) / HOURS_PER_DAY,
    dashboardOfStack: MONTHS_PER_YEAR * DASHBOARDS_PER_STACK * priceOf('dashboardMonth'),
  };
};

/** An amount of money: in cents, or if it is less, with two significant digits. */
export const dollars = (usd: number): string => {
  if (usd === 0 || usd >= 0.995) return usd.toFixed(2);
  const digits = Math.max(2, 1 - Math.floor(Math.log10(usd)));
  return usd.toFixed(digits);
};
