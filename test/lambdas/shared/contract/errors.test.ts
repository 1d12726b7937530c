import { type Refusal, RotationError } from '../../../../lambdas/shared/contract/errors';

test.each<[string, Pick<Refusal<unknown>, 'leak'>]>([
  ['says nothing of a leaked key', {}],
  ['tells what becomes of it', { leak: 'told' }],
])('a refusal that %s ends in an error that does so, too', (_case, leak) => {
  const refusal: Refusal<'somebody'> = { kind: 'refuse', error: 'StateDrift', why: 'somebody', ...leak };
  const error = RotationError.of({ ...refusal, reason: 'Somebody was here.' });
  expect(error).toBeInstanceOf(RotationError);
  expect(error).toMatchObject({ name: 'StateDrift', message: 'Somebody was here.', leak: refusal.leak });
});
