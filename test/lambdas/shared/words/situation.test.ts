import { RotationError } from '../../../../lambdas/shared/contract/errors';
import { explainSituation } from '../../../../lambdas/shared/words/situation';
import { OTHER } from '../../support/fixtures';

test.each<[string, unknown, string]>([
  ['AWS is throttled', new RotationError('TransientServiceError', 'slow down'), 'TransientServiceError'],
  [
    'the network is down',
    new RotationError('TransientServiceError', 'slow down', {
      cause: Object.assign(new Error('no'), { name: 'ECONNRESET' }),
    }),
    'ECONNRESET',
  ],
  ['something is thrown that is no error', 'what?', 'Error'],
])('when %s, a person is told what that was called', (_case, cause, name) => {
  const why = { code: 'key-not-asked-about', accessKeyId: OTHER, cause } as const;
  const said = explainSituation(why, { userName: 'alice', secretId: 'shop/alice' });
  expect(said.what).toContain(
    `AWS could not be asked whose it is: ${name}. Nothing replaces it before that is known.`,
  );
});
