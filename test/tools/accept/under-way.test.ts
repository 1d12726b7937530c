import { untilInterrupted } from '../../../tools/accept/under-way';

const REFUSED = 'It was interrupted. Nothing was created.';

test.each([
  ['refuses what it sends', () => Promise.reject(new Error('AWS has not answered'))],
  ['comes too late for it', async () => 1],
])('an interruption that %s is no silence of AWS', async (_what, work) => {
  await expect(untilInterrupted(AbortSignal.abort(), work)).rejects.toThrow(REFUSED);
});

test('without an interruption, all is as it is', async () => {
  const { signal } = new AbortController();
  expect(await untilInterrupted(signal, async () => 1)).toBe(1);
  await expect(untilInterrupted(signal, () => Promise.reject(new Error('denied')))).rejects.toThrow('denied');
});
