import fc from 'fast-check';
import { DateTime, Duration } from 'luxon';
import { type DeactivationWindow, WEEKDAYS } from '../../../../lambdas/shared/contract/enrolment';
import {
  after,
  growingInterval,
  milliseconds,
  nextOpening,
} from '../../../../lambdas/shared/rotation/calendar';

const workingHours: DeactivationWindow = {
  days: ['MON', 'TUE', 'WED', 'THU', 'FRI'],
  from: '09:00',
  to: '16:00',
};
const mondaysOnly: DeactivationWindow = { days: ['MON'], from: '09:00', to: '10:00' };
const halfPast: DeactivationWindow = { days: ['MON'], from: '09:30', to: '10:15' };

describe('nextOpening', () => {
  test.each<[string, DeactivationWindow, string, string, string]>([
    ['open', workingHours, 'UTC', '2026-03-02T10:00:00Z', '2026-03-02T10:00:00Z'],
    ['opening this minute', workingHours, 'UTC', '2026-03-02T09:00:00Z', '2026-03-02T09:00:00Z'],
    ['not open yet', workingHours, 'UTC', '2026-03-02T08:59:59Z', '2026-03-02T09:00:00Z'],
    ['closing this minute', workingHours, 'UTC', '2026-03-02T16:00:00Z', '2026-03-03T09:00:00Z'],
    ['closed over the weekend', workingHours, 'UTC', '2026-03-06T16:00:00Z', '2026-03-09T09:00:00Z'],
    ['just closed for a week', mondaysOnly, 'UTC', '2026-03-02T10:00:00Z', '2026-03-09T09:00:00Z'],
    ['opening at half past', halfPast, 'UTC', '2026-03-02T09:29:59Z', '2026-03-02T09:30:00Z'],
    ['closing at a quarter past', halfPast, 'UTC', '2026-03-02T10:14:59Z', '2026-03-02T10:14:59Z'],
    ['closed since a quarter past', halfPast, 'UTC', '2026-03-02T10:15:00Z', '2026-03-09T09:30:00Z'],
    ['always open', 'always', 'UTC', '2026-03-07T03:00:00Z', '2026-03-07T03:00:00Z'],
    [
      'open in New York while it is evening in UTC',
      workingHours,
      'America/New_York',
      '2026-03-02T20:30:00Z',
      '2026-03-02T20:30:00Z',
    ],
    ['already tomorrow in Tokyo', workingHours, 'Asia/Tokyo', '2026-03-01T23:30:00Z', '2026-03-02T00:00:00Z'],
    [
      'opening after the clocks have changed in Berlin',
      mondaysOnly,
      'Europe/Berlin',
      '2026-03-27T12:00:00Z',
      '2026-03-30T07:00:00Z',
    ],
  ])('%s', (_case, window, zone, now, expected) => {
    expect(nextOpening(new Date(now), window, zone)).toEqual(new Date(expected));
  });

  test('a window without a day is an error, not an endless wait', () => {
    expect(() => nextOpening(new Date(), { days: [], from: '09:00', to: '10:00' }, 'UTC')).toThrow(
      'never opens',
    );
  });
});

describe('nextOpening, beside another calendar', () => {
  // Clocks that are put forward and back at two in the morning, at one, at midnight, by half an hour, the other way round
  // in winter, twice a year around Ramadan, before midnight, or never; offsets of a quarter of an hour, and far from UTC.
  const timeZone = fc.constantFrom(
    ...['UTC', 'Europe/Berlin', 'Europe/London', 'America/New_York', 'America/St_Johns', 'America/Santiago'],
    ...['Australia/Lord_Howe', 'Australia/Sydney', 'Europe/Dublin', 'Africa/Casablanca', 'Africa/Cairo'],
    ...['Asia/Beirut', 'America/Nuuk', 'America/Scoresbysund', 'Asia/Kathmandu', 'Pacific/Chatham'],
    ...['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kolkata', 'Antarctica/Troll'],
  );
  const years = { min: Date.UTC(2020), max: Date.UTC(2040) };
  const anyTime = fc.integer(years);
  const minute = fc.integer({ min: 0, max: 24 * 60 - 1 });
  const hhmm = (minutes: number): string =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  const anyWindow = fc
    .tuple(fc.subarray([...WEEKDAYS], { minLength: 1 }), minute, minute)
    .filter(([, one, other]) => one !== other)
    .map(([days, one, other]) => ({
      days,
      from: hhmm(Math.min(one, other)),
      to: hhmm(Math.max(one, other)),
    }));

  const offsetAt = (time: number, zone: string): number => DateTime.fromMillis(time, { zone }).offset;
  /** The first time, to the minute, after a year begins at which a zone has another offset than before. */
  const clockChange = fc
    .tuple(timeZone, fc.integer({ min: 2020, max: 2039 }), fc.boolean())
    .map(([zone, year, second]) => {
      const from = Date.UTC(year, second ? 6 : 0);
      let [before, after] = [from, Date.UTC(year, second ? 12 : 6)];
      while (after - before > 60_000) {
        const middle = before + Math.floor((after - before) / 120_000) * 60_000;
        if (offsetAt(middle, zone) === offsetAt(from, zone)) before = middle;
        else after = middle;
      }
      return { zone, change: after };
    });

  /** All times at which the clocks show this: two when they are put back. */
  const readings = (day: DateTime, hour: number, minutes: number): readonly number[] =>
    day
      .set({ hour, minute: minutes, second: 0, millisecond: 0 })
      .getPossibleOffsets()
      .map((one) => one.toMillis());

  const agrees = (now: number, window: Exclude<DeactivationWindow, 'always'>, zone: string): void => {
    const found = nextOpening(new Date(now), window, zone).getTime();
    const local = DateTime.fromMillis(now, { zone });
    const wall = local.toFormat('HH:mm');
    const [hour = 0, minutes = 0] = window.from.split(':').map(Number);

    // Whoever waits until then finds the window open, and not a closed one of another opinion.
    expect(nextOpening(new Date(found), window, zone).getTime()).toBe(found);

    const today = WEEKDAYS[local.weekday - 1];
    if (found === now) {
      expect(today !== undefined && window.days.includes(today)).toBe(true);
      // Where clocks skip a limit of the window, it is moved by what they skip.
      const skips = [window.from, window.to].some((limit) => {
        const [h = 0, m = 0] = limit.split(':').map(Number);
        return local.set({ hour: h, minute: m }).toFormat('HH:mm') !== limit;
      });
      if (!skips) expect(window.from <= wall && wall < window.to).toBe(true);
      return;
    }
    expect(found).toBeGreaterThan(now);
    const days = Array.from({ length: 8 }, (_, ahead) =>
      local.startOf('day').plus({ days: ahead }).set({ hour: 12 }),
    );
    const openings = days
      .filter((day) => window.days.includes(WEEKDAYS[day.weekday - 1] ?? 'MON'))
      .map((day) => readings(day, hour, minutes));
    expect(openings.flat()).toContain(found);
    // A window that clocks show twice may be taken for the second time only as long as the first is not over.
    const firstOpenings = openings.map((times) => Math.min(...times)).filter((time) => time > now);
    expect(found).toBeLessThanOrEqual(Math.min(...firstOpenings));
  };

  test('at any time, in any zone', () => {
    fc.assert(fc.property(anyTime, anyWindow, timeZone, agrees), { numRuns: 300 });
  });

  test('around the hour at which clocks are changed', () => {
    const aroundAChange = fc.tuple(
      clockChange,
      fc.integer({ min: -8 * 24 * 60, max: 2 * 24 * 60 }),
      fc.integer({ min: -150, max: 150 }),
      fc.integer({ min: 1, max: 150 }),
    );
    fc.assert(
      fc.property(aroundAChange, ([{ zone, change }, ahead, opens, length]) => {
        const local = DateTime.fromMillis(change, { zone }).plus({ minutes: opens });
        const from = local.hour * 60 + local.minute;
        const to = Math.min(from + length, 24 * 60 - 1);
        fc.pre(from < to);
        agrees(change + ahead * 60_000, { days: [...WEEKDAYS], from: hhmm(from), to: hhmm(to) }, zone);
      }),
      { numRuns: 300 },
    );
  });
});

describe('periods', () => {
  test('every duration that a configuration can hold is as long as another calendar says', () => {
    const part = fc.option(fc.integer({ min: 0, max: 99_999 }), { nil: undefined });
    fc.assert(
      fc.property(fc.tuple(part, part, part, part), ([days, hours, minutes, seconds]) => {
        const of = (value: number | undefined, unit: string) =>
          value === undefined ? '' : `${value}${unit}`;
        const time = of(hours, 'H') + of(minutes, 'M') + of(seconds, 'S');
        const period = `P${of(days, 'D')}${time === '' ? '' : `T${time}`}`;
        fc.pre(period !== 'P');
        expect(milliseconds(period)).toBe(Duration.fromISO(period).toMillis());
      }),
    );
  });

  test.each([
    ['P3D', 259_200_000],
    ['PT90M', 5_400_000],
    ['P1DT1H1M1S', 90_061_000],
    ['P2DT0.5S', 172_800_500],
    ['P1.5D', 129_600_000],
  ])('%s', (period, expected) => {
    expect(milliseconds(period)).toBe(expected);
  });

  test.each([
    ['3 days'],
    [''],
    ['P'],
    ['PT'],
    ['P1DT'],
    ['P1H'],
    ['PT1D'],
    ['PT1S1M'],
    ['-P1D'],
    ['P1.D'],
    ['P.5D'],
    ['P1.2.3D'],
    ['P1W'],
    ['P1M'],
    ['P1Y'],
    ['p1d'],
    ['P1D\n'],
  ])('%j is not a duration, which is an error', (period) => {
    expect(() => milliseconds(period)).toThrow(`Not an ISO 8601 duration: ${period}`);
  });

  test('a day is 24 hours, also when the clocks change', () => {
    expect(after(new Date('2026-03-28T12:00:00Z'), 'P1D')).toEqual(new Date('2026-03-29T12:00:00Z'));
  });

  test('an interval doubles up to a day', () => {
    expect([0, 1, 2, 7, 1000].map((checks) => growingInterval('PT15M', checks) / 60_000)).toEqual([
      15, 30, 60, 1440, 1440,
    ]);
  });
});
