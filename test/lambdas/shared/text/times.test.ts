import { isTimeZone, sayDuration, sayTime, withLocalTimes } from '../../../../lambdas/shared/text/times';

const WINTER = new Date('2026-03-09T08:47:00.123Z');

test.each([
  ['UTC', 'Mon 9 March 2026, 08:47 UTC (2026-03-09T08:47:00Z)'],
  ['Europe/Berlin', 'Mon 9 March 2026, 09:47 Europe/Berlin (2026-03-09T08:47:00Z)'],
  ['Pacific/Auckland', 'Mon 9 March 2026, 21:47 Pacific/Auckland (2026-03-09T08:47:00Z)'],
  ['America/Los_Angeles', 'Mon 9 March 2026, 01:47 America/Los_Angeles (2026-03-09T08:47:00Z)'],
])('a time as a person in %s reads it, and in UTC', (timeZone, said) => {
  expect(sayTime(WINTER, timeZone)).toBe(said);
});

test('midnight is 00:00, and may be another day than in UTC', () => {
  const midnight = new Date('2026-06-30T22:00:00Z');
  expect(sayTime(midnight, 'Europe/Berlin')).toBe(
    'Wed 1 July 2026, 00:00 Europe/Berlin (2026-06-30T22:00:00Z)',
  );
});

test.each([
  ['none', 'Never.', 'Never.'],
  ['one', 'On 2026-03-09T08:47:00.000Z.', 'On Mon 9 March 2026, 08:47 UTC (2026-03-09T08:47:00Z).'],
  [
    'two',
    '2026-03-09T08:47:00Z to 2026-03-10T08:47:00Z',
    'Mon 9 March 2026, 08:47 UTC (2026-03-09T08:47:00Z) to Tue 10 March 2026, 08:47 UTC (2026-03-10T08:47:00Z)',
  ],
  // The name of an execution, which a person has to find again.
  ['one in a name', 'alice-20260309T084700Z', 'alice-20260309T084700Z'],
])('a text with times: %s', (_case, text, said) => {
  expect(withLocalTimes(text)).toBe(said);
});

test.each([
  ['P7D', '7 days'],
  ['P1D', '1 day'],
  ['PT36H', '36 hours'],
  ['P1DT12H', '1 day 12 hours'],
  ['PT90M', '90 minutes'],
  ['PT1H1M1S', '1 hour 1 minute 1 second'],
  ['PT0S', 'no time'],
])('%s is %s', (duration, said) => {
  expect(sayDuration(duration)).toBe(said);
});

test.each([
  ['Europe/Berlin', true],
  ['UTC', true],
  ['Mars/Olympus', false],
  ['', false],
])('%s is a time zone: %s', (name, is) => {
  expect(isTimeZone(name)).toBe(is);
});
