import { judgeSchedule } from '../../../lib/config/schedule-expression';

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

test.each<[string, number]>([
  ['rate(1 minute)', MINUTE],
  ['rate(90 minutes)', 90 * MINUTE],
  ['rate(1 hour)', HOUR],
  ['rate(7 days)', 7 * DAY],
  ['cron(* * * * ? *)', MINUTE],
  ['cron(0/15 * * * ? *)', 15 * MINUTE],
  ['cron(5/20 * * * ? *)', 20 * MINUTE],
  ['cron(10,40 * * * ? *)', 30 * MINUTE],
  ['cron(10,50 * * * ? *)', 40 * MINUTE],
  ['cron(0 9 * * ? *)', DAY],
  ['cron(0 9 ? * * *)', DAY],
  ['cron(0 9,17 * * ? *)', 16 * HOUR],
  ['cron(30 8-10 * * ? *)', 22 * HOUR],
  ['cron(0 9 ? * MON-FRI *)', 3 * DAY],
  ['cron(0 9 ? * 2-6 *)', 3 * DAY],
  ['cron(0 9,17 ? * mon-fri *)', 2 * DAY + 16 * HOUR],
  ['cron(0 9 ? * SUN *)', 7 * DAY],
  ['cron(0 9 ? * TUE,THU *)', 5 * DAY],
  ['cron(0 9 1 * ? *)', 31 * DAY],
  ['cron(0 9 1,15 * ? *)', 17 * DAY],
  ['cron(0 9 31 * ? *)', 61 * DAY],
  ['cron(0 9 L * ? *)', 31 * DAY],
  // Friday 2024-03-01 follows Thursday 2024-02-01; 1W of a month that begins on a Saturday is Monday the 3rd.
  ['cron(0 9 1W * ? *)', 33 * DAY],
  ['cron(0 9 ? * 2#1 *)', 35 * DAY],
  ['cron(0 9 ? * 6L *)', 35 * DAY],
  ['cron(0 9 ? * L *)', 7 * DAY],
  ['cron(0 9 1 JAN,JUL ? *)', 184 * DAY],
  ['cron(0 9 1 1/3 ? *)', 92 * DAY],
  ['cron(0 0 29 2 ? *)', (4 * 365 + 1) * DAY],
])('%s is silent for at most %d seconds', (expression, largestGapSeconds) => {
  expect(judgeSchedule(expression, 'UTC')).toEqual({ kind: 'recurring', largestGapSeconds });
});

test.each<[string, string, number]>([
  ['during the day clocks add an hour at most', 'cron(0 9 * * ? *)', DAY + HOUR],
  ['at night an occurrence may be skipped', 'cron(30 2 * * ? *)', 2 * DAY + HOUR],
  ['but not the later one of two', 'cron(0 2,14 * * ? *)', DAY + HOUR],
  ['and a working day does not become a weekend', 'cron(0 9 ? * MON-FRI *)', 3 * DAY + HOUR],
])('where clocks change, %s', (_title, expression, largestGapSeconds) => {
  expect(judgeSchedule(expression, 'Europe/Berlin')).toEqual({ kind: 'recurring', largestGapSeconds });
});

test.each<[string, string]>([
  ['cron(0 9 1 1 ? 2027)', 'year field'],
  ['cron(0 9 1 1 ? 2027-2030)', 'year field'],
  ['cron(0 9 30 2 ? *)', 'no occurrence'],
])('%s has no bound', (expression, reason) => {
  expect(judgeSchedule(expression, 'UTC')).toEqual({
    kind: 'unbounded',
    reason: expect.stringContaining(reason),
  });
});

test.each<[string, string]>([
  ['', 'neither cron(...) nor rate(...)'],
  ['daily', 'neither'],
  ['at(2027-01-01T00:00:00)', 'neither'],
  ['cron(0 9 * * ?)', 'six fields'],
  ['cron(0 9 * * * *)', 'exactly one'],
  ['cron(0 9 ? * ? *)', 'exactly one'],
  ['cron(60 9 * * ? *)', '"60" is not a value of the minutes field'],
  ['cron(0 24 * * ? *)', '"24" is not a value of the hours field'],
  ['cron(0 9 0 * ? *)', '"0" is not a value of the day-of-month field'],
  ['cron(0 9 * 13 ? *)', '"13" is not a value of the month field'],
  ['cron(0 9 ? * 0 *)', '"0" is not a value of the day-of-week field'],
  ['cron(0 9 ? * FRI-MON *)', 'ends before it begins'],
  ['cron(0 9 ? * MON/2 *)', 'no steps'],
  ['cron(0 9 ? * MON#6 *)', 'nth weekday'],
  ['cron(0 9 LW * ? *)', '"LW"'],
  ['cron(0/0 9 * * ? *)', 'not a step'],
  ['cron(0/5/5 9 * * ? *)', 'not a step'],
  ['cron(0 1-2-3 * * ? *)', 'not a range'],
  ['cron(0 *-3 * * ? *)', 'not a range'],
  ['cron(0, 9 * * ? *)', '"" is not a value'],
  ['cron(0 9 ? * MON-FRI soon)', 'year field'],
  ['rate(0 days)', 'positive number'],
  ['rate(1 days)', 'singular'],
  ['rate(2 day)', 'plural'],
  ['rate(1 week)', 'minutes, hours or days'],
])('%s is refused', (expression, reason) => {
  expect(judgeSchedule(expression, 'UTC')).toEqual({
    kind: 'invalid',
    reason: expect.stringContaining(reason),
  });
});
