import { keyIn } from '../../../tools/accept/people';

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
