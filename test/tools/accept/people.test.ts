import { setImmediate as turn } from 'node:timers/promises';
import { keyIn, onceAllEnded } from '../../../tools/accept/people';

const KEY = { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE', SecretAccessKey: 'placeholder' };

test.each([
  ['a key', JSON.stringify(KEY), { accessKeyId: KEY.AccessKeyId, secretAccessKey: KEY.SecretAccessKey }],
  ['half a key', JSON.stringify({ AccessKeyId: KEY.AccessKeyId }), undefined],
  ['null', 'null', undefined],
  ['a number', '1', undefined],
  ['no JSON, which no error quotes', 'placeholder-that-is-secret', undefined],
  ['nothing', '', undefined],
])('%s', (_what, value, key) => {
  expect(keyIn(value)).toEqual(key);
});

test('a failure is thrown when the others have ended', async () => {
  let isEnded = false;
  const slow = async (): Promise<number> => {
    await turn();
    isEnded = true;
    return 2;
  };
  await expect(onceAllEnded([Promise.reject(new Error('no')), slow()])).rejects.toThrow('no');
  expect(isEnded).toBe(true);
  expect(await onceAllEnded([Promise.resolve(1), slow()])).toEqual([1, 2]);
  expect(await onceAllEnded([])).toEqual([]);
});
