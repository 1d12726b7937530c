import { Trouble } from '../../../command/trouble';
import { Problem } from '../../../test/e2e/support/problem';
import { Parts } from '../../../tools/accept/parts';

const setUp = () => {
  const lines: string[] = [];
  const interruption = new AbortController();
  return { lines, interruption, parts: new Parts((line) => lines.push(line), interruption.signal) };
};

/** Work that goes on until something else ends it. */
const forever = (): Promise<never> => new Promise(() => {});

test('a part that is done keeps its steps, figures and deviations', async () => {
  const { parts, lines } = setUp();
  const made = await parts.attempt('rotation', async ({ progress, measure, deviates }) => {
    await progress.step('one', async () => {});
    measure({ what: 'x', value: '1 s' });
    deviates('otherwise');
    return 7;
  });
  expect(made).toBe(7);
  parts.measure('rotation', { what: 'y', value: '2 s' });
  expect(parts.done).toMatchObject([
    {
      name: 'rotation',
      result: 'held',
      steps: [{ title: 'one', ok: true }],
      figures: [{ what: 'x' }, { what: 'y' }],
      deviations: ['otherwise'],
      problem: undefined,
    },
  ]);
  expect(lines.join('')).toContain('✓ one');
});

test.each([
  ['a problem, in its words', new Problem('in vain'), /^in vain$/],
  ['trouble of a command, in its words', new Trouble(1, 'denied'), /^denied$/],
  [
    'an answer of AWS, with what was asked',
    Object.assign(new Error('no'), { operation: 'CreateUser' }),
    /^CreateUser: Error: no\n/,
  ],
])('a part that fails keeps %s, and the next one is done', async (_what, error, words) => {
  const { parts } = setUp();
  await parts.attempt('rollback', () => Promise.reject(error));
  await parts.attempt('emergency', async () => {});
  expect(parts.done).toMatchObject([
    { name: 'rollback', result: 'failed', problem: expect.stringMatching(words) },
    { name: 'emergency', result: 'held' },
  ]);
});

test('an interruption ends what is under way, and what would begin, but not the removal', async () => {
  const { parts, interruption } = setUp();
  const underWay = [parts.attempt('contract', forever), parts.attempt('rotation', forever)];
  interruption.abort();
  await Promise.all(underWay);
  await parts.attempt('emergency', forever);
  await parts.attempt('removal', async () => {}, true);
  expect(parts.done.map(({ name, result }) => [name, result])).toEqual([
    ['contract', 'not run'],
    ['rotation', 'not run'],
    ['emergency', 'not run'],
    ['removal', 'held'],
  ]);
});

test('no step begins behind an interruption, though the work goes on', async () => {
  const { parts, interruption, lines } = setUp();
  let endFirst = (): void => {};
  const first = new Promise<void>((resolve) => {
    endFirst = resolve;
  });
  let isDeployed = false;
  const attempt = parts.attempt('preparation', async ({ progress }) => {
    await progress.step('create', () => first);
    await progress.step('deploy', async () => {
      isDeployed = true;
    });
  });
  interruption.abort();
  await attempt;
  endFirst();
  expect(await parts.settled(60_000)).toBe(true);
  expect(isDeployed).toBe(false);
  expect(lines.join('')).not.toContain('deploy');
});

test('a part that begins behind an interruption does nothing, except the removal', async () => {
  const { parts, interruption } = setUp();
  interruption.abort();
  const done: string[] = [];
  await parts.attempt('rotation', async () => void done.push('rotation'));
  await parts.attempt(
    'removal',
    async ({ progress }) => progress.step('x', async () => void done.push('x')),
    true,
  );
  expect(done).toEqual(['x']);
});

test('work that does not end is said after a while', async () => {
  const { parts, interruption } = setUp();
  const attempt = parts.attempt('rotation', forever);
  interruption.abort();
  await attempt;
  expect(await parts.settled(1)).toBe(false);
});
