import { spoken, type TimelineEntry, waiting } from '../../../local/engine/timeline';
import { styleFor, Timeline, timelineEntry } from '../../../local/story/report';
import { wrap } from '../../../picture/wrap';

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
  expect(waiting(AT, AT)).toBe('the time has already come');
});

const ARN = 'arn:aws:states:us-east-1:111122223333:execution:IamAccessKeyRotation:alice-20260302T0900';

test.each([30, 45, 55, 76])('an ARN breaks between its names, in %d columns', (width) => {
  const lines = wrap(`The execution ${ARN} is stopped for it.`, width);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
  const parts = ARN.split(/(?<=:)/).filter((part) => part.length <= width);
  for (const part of parts) expect(lines.some((line) => line.includes(part))).toBe(true);
  expect(lines.join('').replaceAll(' ', '')).toBe(`Theexecution${ARN}isstoppedforit.`);
});

test.each([
  ['', []],
  ['one', ['one']],
  ['one two', ['one two']],
  ['one two three', ['one two', 'three']],
  ['x'.repeat(10), ['x'.repeat(10)]],
  [`${'x'.repeat(11)} y`, ['x'.repeat(10), 'x y']],
  [`a ${'x'.repeat(21)}`, ['a', 'x'.repeat(10), 'x'.repeat(10), 'x']],
])('%j is wrapped', (text, lines) => {
  expect(wrap(text, 10)).toEqual(lines);
});

describe('the timeline', () => {
  const HOUR = 3_600_000;
  const CHECK = 'Check that consumers are well';
  const at = (hour: number): Date => new Date(AT.getTime() + hour * HOUR);
  const wait = (hour: number): TimelineEntry => ({
    at: at(hour),
    state: 'Wait',
    outcome: `until ${hour + 1}`,
    kind: 'waiting',
  });
  const done = (hour: number, outcome = 'Well.', state = CHECK): TimelineEntry => ({
    ...{ at: at(hour), state, outcome },
    kind: 'done',
  });
  /** A check, and this many more that are equal to it, each after a wait. */
  const checks = (equal: number, outcome?: (hour: number) => string): readonly TimelineEntry[] =>
    Array.from({ length: equal + 1 }, (_, hour) => [wait(hour), done(hour + 1, outcome?.(hour))]).flat();

  const told = (entries: readonly TimelineEntry[], verbose = false): string => {
    const timeline = new Timeline(PLAIN, verbose);
    return entries.map((entry) => timeline.add(entry)).join('') + timeline.pause();
  };
  const full = (...entries: readonly TimelineEntry[]): string =>
    entries.map((entry) => timelineEntry(entry, PLAIN)).join('');
  const folded = (text: string): string => text.replace(/\n {25}(?! )/g, ' ').trim();

  test('of none is empty', () => {
    expect(told([])).toBe('');
  });

  test('shows a single check, with its wait', () => {
    expect(told(checks(0))).toBe(full(wait(0), done(1)));
  });

  test.each([
    [1, '… and one more such check, on Mon 2026-03-02 11:00:00.'],
    [2, '… and 2 more such checks, to Mon 2026-03-02 12:00:00.'],
    [17, '… and 17 more such checks, to Tue 2026-03-03 03:00:00.'],
  ])('counts equal checks: %d', (equal, words) => {
    const text = told(checks(equal));
    expect(text.startsWith(full(wait(0), done(1)))).toBe(true);
    expect(folded(text.slice(full(wait(0), done(1)).length))).toBe(words);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('says, before the next entry, how many there were and what they waited for', () => {
    const end = done(4, 'Well for long enough.');
    const text = told([...checks(1), wait(3), end]);
    expect(text.endsWith(full(wait(3), end))).toBe(true);
    expect(text).toContain('one more such check');
    expect(text.match(/Well\./g)).toHaveLength(1);
  });

  test('takes checks for equal if they differ only in times', () => {
    expect(told(checks(3, (hour) => `Not yet: last used at ${at(hour).toISOString()}.`))).toContain(
      '… and 3 more such checks',
    );
    expect(told(checks(3, (hour) => `Not yet: ${hour} of 4 have moved.`))).not.toContain('…');
  });

  test('does not count checks across another entry, or of another state', () => {
    const meanwhile: TimelineEntry = { at: at(2), state: 'Meanwhile', outcome: 'Rain.', kind: 'story' };
    expect(told([done(1), meanwhile, done(3)])).toBe(full(done(1), meanwhile, done(3)));
    expect(told([done(1), done(2, 'Well.', 'Another check')])).toBe(
      full(done(1), done(2, 'Well.', 'Another check')),
    );
  });

  test('begins to count again after an interruption', () => {
    const timeline = new Timeline(PLAIN, false);
    const shown = timeline.add(done(1)) + timeline.add(wait(1)) + timeline.pause();
    expect(shown).toBe(full(done(1), wait(1)));
    expect(timeline.add(done(2))).toBe(full(done(2)));
  });

  test('tells the same error in full only once', () => {
    const trouble = (hour: number, kind: TimelineEntry['kind'], outcome: string): TimelineEntry => ({
      ...{ at: at(hour), state: 'Step', kind, outcome },
    });
    const text = told([
      trouble(1, 'trouble', 'Denied: the role may not.'),
      trouble(1, 'trouble', 'Tries again (retry 1).'),
      trouble(2, 'trouble', 'Denied: the role may not.'),
      trouble(3, 'end', 'Denied: the role may not.'),
      trouble(4, 'end', 'Denied: nobody may.'),
    ]);
    expect(text.match(/the role may not/g)).toHaveLength(1);
    expect(text.match(/Denied, as above\./g)).toHaveLength(2);
    expect(text).toContain('Denied: nobody may.');
  });

  test('shows everything on request', () => {
    expect(told(checks(5), true)).toBe(full(...checks(5)));
  });
});
