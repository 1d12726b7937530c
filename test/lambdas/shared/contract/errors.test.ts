import { RotationError, type SpokenRefusal } from '../../../../lambdas/shared/contract/errors';

test.each<[string, Pick<SpokenRefusal, 'leak'>]>([
  ['says nothing of a leaked key', {}],
  ['tells what becomes of it', { leak: 'told' }],
])('a refusal that %s ends in an error that does so, too', (_case, leak) => {
  const refusal: SpokenRefusal = {
    kind: 'refuse',
    error: 'StateDrift',
    reason: 'Somebody was here.',
    ...leak,
  };
  const error = RotationError.of(refusal);
  expect(error).toBeInstanceOf(RotationError);
  expect(error).toMatchObject({ name: 'StateDrift', message: 'Somebody was here.', leak: refusal.leak });
});
