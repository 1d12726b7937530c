import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { keepTimetable, nextOccurrence } from '../../../local/deployment/timetable';
import { DAY, HOUR } from '../../support/time';

const next = (expression: string, after: string, timeZone = 'UTC'): string =>
  nextOccurrence(expression, timeZone, new Date(after)).toISOString().replace('.000Z', 'Z');

test.each([
  // 2 March 2026 is a Monday.
  ['cron(30 5 * * ? *)', '2026-03-02T05:29:59Z', '2026-03-02T05:30:00Z'],
  ['cron(30 5 * * ? *)', '2026-03-02T05:30:00Z', '2026-03-03T05:30:00Z'],
  ['cron(1 9 ? * MON-FRI *)', '2026-03-06T09:01:00Z', '2026-03-09T09:01:00Z'],
  ['cron(0,30 9,17 ? * MON *)', '2026-03-02T09:00:00Z', '2026-03-02T09:30:00Z'],
  ['cron(0,30 9,17 ? * MON *)', '2026-03-02T09:30:00Z', '2026-03-02T17:00:00Z'],
  ['cron(0 9 L * ? *)', '2026-02-01T00:00:00Z', '2026-02-28T09:00:00Z'],
  ['cron(0 9 29 2 ? *)', '2026-03-01T00:00:00Z', '2028-02-29T09:00:00Z'],
  ['rate(6 hours)', '2026-03-02T05:29:59Z', '2026-03-02T11:29:59Z'],
])('%s comes next after %s at %s', (expression, after, expected) => {
  expect(next(expression, after)).toBe(expected);
});

test.each([
  // Clocks in Berlin are put forward at 02:00 on 29 March 2026, and back at 03:00 on 25 October.
  ['2026-03-28T07:30:00Z', '2026-03-28T08:00:00Z', 'cron(0 9 * * ? *)'],
  ['2026-03-28T08:00:00Z', '2026-03-29T07:00:00Z', 'cron(0 9 * * ? *)'],
  ['2026-03-28T12:00:00Z', '2026-03-30T00:30:00Z', 'cron(30 2 * * ? *)'],
  ['2026-10-24T12:00:00Z', '2026-10-25T00:30:00Z', 'cron(30 2 * * ? *)'],
  ['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z', 'cron(30 2 * * ? *)'],
])('in Berlin, after %s, it is %s: %3$s', (after, expected, expression) => {
  expect(next(expression, after, 'Europe/Berlin')).toBe(expected);
});

test('what does not recur is refused', () => {
  expect(() => next('cron(0 9 1 1 ? 2027)', '2026-03-02T00:00:00Z')).toThrow('its year field lets it end');
});

test.each([0, 1, 2, 5])(
  'of %i schedules each fires at each of its times, whatever it throws',
  async (count) => {
    const clock = new VirtualClock({ start: new Date('2026-03-02T00:00:00Z') });
    const fired: string[] = [];
    const defects: unknown[] = [];
    keepTimetable(
      clock,
      Array.from({ length: count }, (_, index) => ({
        name: `schedule ${index}`,
        expression: `cron(0 ${index} * * ? *)`,
        timeZone: 'UTC',
        fire: () => {
          fired.push(`${index} at ${clock.now().toISOString().slice(5, 16)}`);
          throw new Error(`EXAMPLE ${index}`);
        },
      })),
      (name, defect) => defects.push([name, (defect as Error).message]),
    );
    await clock.advance(2 * DAY - HOUR);
    const days = ['03-02', '03-03', '03-04'];
    const expected = days.flatMap((day) =>
      Array.from({ length: count }, (_, index) => `${index} at ${day}T0${index}:00`),
    );
    // At midnight it had begun.
    const due = expected.filter((text) => text !== '0 at 03-02T00:00' && !text.includes('03-04'));
    expect(fired).toEqual(due);
    expect(defects).toEqual(due.map((text) => [`schedule ${text[0]}`, `EXAMPLE ${text[0]}`]));
  },
);
