import { after, growingInterval, milliseconds, nextOpening } from '../../../lambdas/shared/calendar';
import type { DeactivationWindow } from '../../../lambdas/shared/enrolment';

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

describe('periods', () => {
  test.each([
    ['P3D', 259_200_000],
    ['PT90M', 5_400_000],
    ['P1DT1H1M1S', 90_061_000],
  ])('%s', (period, expected) => {
    expect(milliseconds(period)).toBe(expected);
  });

  test('what is not a duration is an error', () => {
    expect(() => milliseconds('3 days')).toThrow('Not an ISO 8601 duration: 3 days');
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
