import fc from 'fast-check';
import { RotationError } from '../../../../lambdas/shared/contract/errors';
import { judgeHealth } from '../../../../lambdas/shared/findings/health';
import { pauseOf } from '../../../../lambdas/shared/secret/pause';
import { bounded, oneLine, someOf } from '../../../../lambdas/shared/text/bounded';
import { describeHealth } from '../../../../lambdas/shared/words/health';
import { describePause } from '../../../../lambdas/shared/words/pause';

/** What a terminal, a mail or a shell takes for the end of a line, or for more than text. */
const FORGING = /[\p{Cc}\p{Zl}\p{Zp}]/u;

const text = fc.string({
  unit: fc.constantFrom(...'ab .:', '\n', '\r', '\t', '\u0000', '\u001b', '\u0085', '\u2028', '\u2029'),
});

test('text of others is one line, whatever they have written', () => {
  fc.assert(
    fc.property(text, (written) => {
      for (const told of [
        oneLine(written),
        bounded(written),
        new RotationError('StateDrift', `Somebody said: ${written}`).message,
        pauseOf(written, undefined)?.reason ?? '',
      ]) {
        expect(told).not.toMatch(FORGING);
      }
    }),
  );
});

test.each([
  ['alice', 'alice'],
  ['a\n\nWhat to do: nothing', 'a What to do: nothing'],
  ['  a \t b  ', 'a b'],
  ['é ü “x”', 'é ü “x”'],
  ['\n', ''],
])('%j is %j', (written, told) => {
  expect(bounded(written)).toBe(told);
});

test('a reason of a pause that says nothing is none', () => {
  const pause = pauseOf('\n', undefined);
  expect(pause).toEqual({ by: 'tag', reason: '' });
  expect(pause && describePause(pause)).toContain('(no reason given)');
});

test.each([
  [0, ''],
  [1, '0'],
  [2, '0, 1'],
  [10, '0, 1, 2, 3, 4, 5, 6, 7, 8, 9'],
  [11, '0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1 more'],
])('%i names', (count, told) => {
  expect(someOf(Array.from({ length: count }, (_none, index) => String(index)))).toBe(told);
});

test('a hundred alarms with the longest names leave room for what to do', () => {
  const names = Array.from({ length: 100 }, (_none, index) => `${index}`.padEnd(255, 'x'));
  for (const state of ['OK', 'ALARM', 'missing'] as const) {
    const told = describeHealth(judgeHealth(names.map((name) => ({ name, state }))));
    expect(told.length).toBeLessThan(3_500);
    expect(told).toContain('and 90 more');
  }
});
