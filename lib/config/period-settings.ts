import { IANAZone } from 'luxon';
import { z } from 'zod';
import {
  ON_ADOPTION_DEADLINE,
  ON_EXPOSED_KEY,
  OWNERSHIP_MARKS,
  WEEKDAYS,
} from '../../lambdas/shared/contract/enrolment';
import { DRAIN_SECONDS } from '../../lambdas/shared/contract/timing';
import { nearest } from './nearest';
import type { Settings } from './setting';

/** Consumers that cache a secret, as AWS's own caching clients do, learn of a new key after up to an hour. */
const MIN_OVERLAP_SECONDS = 65 * 60;

/** What is checked, last-used data and alarms, does not change more often. */
const MIN_CHECK_INTERVAL_SECONDS = 60;

/**
 * The first health check may bring the old key back. Until then an attempt to deactivate it that nobody waits for any
 * more must be over, or it would undo the rollback.
 */
const MIN_HEALTH_CHECK_INTERVAL_SECONDS = DRAIN_SECONDS;

/** The least that can be forced: with nothing between them, checks would use up the history of an execution. */
const MIN_FORCED_CHECK_INTERVAL_SECONDS = 1;

/**
 * STS, GetSessionToken: a session that was begun with an access key goes on for up to 36 hours, without the key and after it was
 * set Inactive. So a key in use may show no use for as long, and so may it take until somebody misses it. Compared with that, how
 * coarse IAM's last-used data is, 15 minutes, does not count.
 */
const LONGEST_SESSION_SECONDS = 36 * 3_600;

/** A period, as ISO 8601 writes it. */
export const duration = z
  .string('an ISO 8601 duration of days, hours, minutes and seconds, such as "P3D" or "PT90M"')
  // No years and months, which have no fixed length, no weeks, which few people read with certainty, and no
  // fractions: what remains has one reading. Five digits keep sums exact.
  .regex(
    /^P(?=.)(\d{1,5}D)?(T(?=.)(\d{1,5}H)?(\d{1,5}M)?(\d{1,5}S)?)?$/,
    'an ISO 8601 duration of days, hours, minutes and seconds, such as "P3D" or "PT90M"; no years, months, weeks or fractions',
  );

const timeZone = z
  .string('the name of a time zone, such as "UTC" or "Europe/Berlin"')
  .refine(
    (zone) => /^[A-Z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(zone) && IANAZone.isValidZone(zone),
    'the name of a time zone in the IANA database, such as "UTC" or "Europe/Berlin"',
  );

const clockTime = z
  .string('a time of day as "HH:MM"')
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day from "00:00" to "23:59"');

const WINDOW_FORM =
  '"always" or {"days": ["MON", ...], "from": "HH:MM", "to": "HH:MM"}, where "to" is later than "from" on the same day';

const deactivationWindow = z.union(
  [
    z.literal('always'),
    z
      .strictObject({
        days: z
          .array(z.enum(WEEKDAYS))
          .min(1, 'a list of at least one day, from "MON" to "SUN"')
          .refine((days) => new Set(days).size === days.length, 'a list that names no day twice'),
        from: clockTime,
        to: clockTime,
      })
      .refine(({ from, to }) => from < to, WINDOW_FORM),
  ],
  WINDOW_FORM,
);

/** How long a rotation takes, stage by stage. */
export const PERIODS = {
  rotateAfter: {
    schema: duration,
    builtIn: 'P75D',
    meaning: 'A scheduled start rotates a key older than this.',
    refused:
      "unless forced: more than 90 days together with the schedule's largest gap, adoptionDeadline and the deadline of an acknowledgement; less than noticeBefore, the longer of overlapPeriod and noticeBefore, and recoveryPeriod together",
  },
  noticeBefore: {
    schema: duration,
    builtIn: 'P2D',
    meaning:
      'People are told this long before a scheduled start begins a rotation, and before the old key is deactivated. It is a part of rotateAfter and of adoptionDeadline, not added to them. Manual starts and emergencies do not wait. "PT0S": nobody is told.',
  },
  overlapPeriod: {
    schema: duration,
    builtIn: 'P3D',
    meaning: 'Both keys stay Active for at least this long after publication.',
    least: {
      seconds: MIN_OVERLAP_SECONDS,
      because: ', because clients that cache a secret go on using the old key for up to an hour',
    },
  },
  quietPeriod: {
    schema: duration,
    builtIn: 'P3D',
    meaning: 'The old key counts as unused after this long without a use.',
    least: {
      seconds: LONGEST_SESSION_SECONDS,
      because:
        ', because a session that was begun with a key goes on for up to 36 hours and shows no use of the key',
    },
  },
  adoptionDeadline: {
    schema: duration,
    builtIn: 'P7D',
    meaning:
      'Consumers have this long, from publication, to move to the new key. onAdoptionDeadline says what happens then.',
    refused:
      'less than the longest of overlapPeriod, noticeBefore and quietPeriod, plus one adoptionCheckInterval',
  },
  recoveryPeriod: {
    schema: duration,
    builtIn: 'P14D',
    meaning: 'How long the old key is Inactive before it is deleted.',
    refused: 'less than healthCheckInterval',
    least: {
      seconds: LONGEST_SESSION_SECONDS,
      because:
        ', because a session that was begun with the old key goes on for up to 36 hours, and no consumer misses the key before',
    },
  },
  idleAfter: {
    schema: duration,
    builtIn: 'P45D',
    meaning:
      'If the old key was unused for this long before the rotation, the new key need not be seen in use.',
    refused: 'less than quietPeriod',
  },
  adoptionCheckInterval: {
    schema: duration,
    builtIn: 'PT1H',
    meaning: 'Time to the second adoption check; it doubles up to a day.',
    least: { seconds: MIN_CHECK_INTERVAL_SECONDS, because: '', forced: MIN_FORCED_CHECK_INTERVAL_SECONDS },
  },
  healthCheckInterval: {
    schema: duration,
    builtIn: 'PT15M',
    meaning: 'Time to the first health check; it doubles up to a day.',
    least: {
      seconds: MIN_HEALTH_CHECK_INTERVAL_SECONDS,
      because: ', because an attempt to deactivate that is still under way could undo a rollback',
      forced: MIN_FORCED_CHECK_INTERVAL_SECONDS,
    },
  },
} as const satisfies Settings;

/** The name of a period. */
export type Period = keyof typeof PERIODS;

/** What else a rotation goes by. */
export const COURSE = {
  timeZone: {
    schema: timeZone,
    builtIn: 'UTC',
    meaning: 'IANA time zone of the schedule and of the window.',
    meant: (given) => nearest(given, ['UTC', ...Intl.supportedValuesOf('timeZone')]),
  },
  deactivationWindow: {
    schema: deactivationWindow,
    builtIn: { days: ['MON', 'TUE', 'WED', 'THU', 'FRI'], from: '09:00', to: '16:00' },
    meaning:
      'When an old key may be deactivated: "always", or days and hours, such as {"days": ["MON", "TUE"], "from": "09:00", "to": "16:00"}.',
    refused: 'a window over midnight',
    meant: (given) => nearest(given, ['always']),
  },
  onAdoptionDeadline: {
    schema: z.enum(ON_ADOPTION_DEADLINE, '"stop" or "go-on"'),
    builtIn: 'stop',
    meaning:
      '"stop": the rotation stops, both keys Active. "go-on": the old key is deactivated all the same, in the window and with the alarms OK, and a message says who still uses it.',
    meant: (given) => nearest(given, ON_ADOPTION_DEADLINE),
  },
  ownershipMark: {
    schema: z.enum(OWNERSHIP_MARKS, '"on" or "off"'),
    builtIn: 'on',
    meaning:
      '"on": the IAM user gets the tag rotation-secret, which names its secret; a user whose tag names another secret is refused. "off": the tag is neither set nor read.',
    meant: (given) => nearest(given, OWNERSHIP_MARKS),
  },
  onExposedKey: {
    schema: z.enum(ON_EXPOSED_KEY, '"tell" or "emergency"'),
    builtIn: 'tell',
    meaning:
      'What happens when AWS says that a key of the user is exposed. "tell": a message says so, with the commands. "emergency": the emergency starts at once, without a person.',
    meant: (given) => nearest(given, ON_EXPOSED_KEY),
  },
  containForeignKeys: {
    schema: z.boolean('true or false'),
    builtIn: false,
    meaning:
      'Whether an emergency may retire a key of the user that the secret does not name: Inactive at once, deleted after recoveryPeriod. Otherwise it is refused, with the command.',
  },
} as const satisfies Settings;
