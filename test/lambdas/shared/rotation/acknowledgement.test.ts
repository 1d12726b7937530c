import { judgeAcknowledgement } from '../../../../lambdas/shared/rotation/acknowledgement';

const failed = (name: string, Cause?: string) => ({ Error: name, ...(Cause !== undefined && { Cause }) });

describe('judgeAcknowledgement', () => {
  test.each<[string, unknown, object]>([
    ['given', { given: true }, { kind: 'given' }],
    [
      'refused',
      failed('NotNow', 'bob: the shop is frozen until Friday'),
      {
        kind: 'missing',
        refused: true,
        reason: 'the deactivation was refused (NotNow: bob: the shop is frozen until Friday)',
      },
    ],
    ['refused without a cause', failed('NotNow'), { reason: 'the deactivation was refused (NotNow)' }],
    [
      'refused with a blank cause',
      failed('NotNow', ' '),
      { reason: 'the deactivation was refused (NotNow)' },
    ],
    ['refused without words', failed('', ''), { reason: 'the deactivation was refused (no reason given)' }],
    ['refused without anything', {}, { reason: 'the deactivation was refused (no reason given)' }],
    [
      'not answered',
      failed('States.Timeout', ''),
      { refused: false, reason: 'nobody acknowledged the deactivation within P2D' },
    ],
    [
      'not asked for',
      failed('EventBridge.ThrottlingException', 'Rate exceeded'),
      {
        refused: false,
        reason: 'the acknowledgement could not be asked for (EventBridge.ThrottlingException: Rate exceeded)',
      },
    ],
    ['refused in the words of consent', failed('given', 'true'), { kind: 'missing' }],
    ['of another form', 'yes', { kind: 'missing' }],
    ['given by half', { given: 'true' }, { kind: 'missing' }],
  ])('%s', (_case, found, expected) => {
    expect(judgeAcknowledgement(found, 'P2D')).toMatchObject(expected);
  });

  test('a long cause is cut', () => {
    const found = judgeAcknowledgement(failed('NotNow', 'x'.repeat(30_000)), 'P2D');
    expect(found).toMatchObject({ kind: 'missing', reason: expect.stringMatching(/^.{300,360}$/) });
  });
});
