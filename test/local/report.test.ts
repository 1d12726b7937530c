import { styleFor, timelineEntry } from '../../local/report';
import { spoken, waiting } from '../../local/timeline';

const PLAIN = styleFor(false, {});
const AT = new Date('2026-03-02T09:00:00Z');

test('long outcomes are wrapped at 80 columns, and aligned', () => {
  const outcome = `${'A sentence of several words. '.repeat(8)}${'x'.repeat(120)}`;
  const lines = timelineEntry({ at: AT, state: 'A state', outcome, kind: 'done' }, PLAIN)
    .trimEnd()
    .split('\n');
  expect(lines[0]).toBe('Mon 2026-03-02 09:00:00  A state');
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  for (const line of lines.slice(1)) expect(line).toMatch(/^ {25}\S/);
});

test.each([
  [true, {}, true],
  [true, { NO_COLOR: '' }, true],
  [true, { NO_COLOR: '1' }, false],
  [false, {}, false],
])('on a terminal: %s, environment %j: colours %s', (isTerminal, environment, coloured) => {
  expect(styleFor(isTerminal, environment).bold('x') !== 'x').toBe(coloured);
});

test.each([
  [0, 'no time'],
  [90_000, '1 minute and 30 seconds'],
  [17 * 86_400_000 + 3_600_000, '17 days and 1 hour'],
  [86_400_000, '1 day'],
])('%d ms are %s', (milliseconds, words) => {
  expect(spoken(milliseconds)).toBe(words);
});

test('a wait says how long, and until when', () => {
  expect(waiting(AT, new Date('2026-03-05T09:30:00Z'))).toBe(
    '3 days and 30 minutes, until Thu 2026-03-05 09:30:00',
  );
  expect(waiting(AT, AT)).toBe('the time has come already');
});
