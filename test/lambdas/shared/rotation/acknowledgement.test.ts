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
        why: { code: 'refused', objection: 'NotNow: bob: the shop is frozen until Friday' },
      },
    ],
    ['refused without a cause', failed('NotNow'), { why: { code: 'refused', objection: 'NotNow' } }],
    ['refused with a blank cause', failed('NotNow', ' '), { why: { code: 'refused', objection: 'NotNow' } }],
    ['refused without words', failed('', ''), { why: { code: 'refused', objection: '' } }],
    ['refused without anything', {}, { why: { code: 'refused', objection: '' } }],
    ['not answered', failed('States.Timeout', ''), { kind: 'missing', why: { code: 'unanswered' } }],
    [
      'not asked for',
      failed('EventBridge.ThrottlingException', 'Rate exceeded'),
      {
        kind: 'missing',
        why: { code: 'not-asked', error: 'EventBridge.ThrottlingException: Rate exceeded' },
      },
    ],
    ['refused in the words of consent', failed('given', 'true'), { kind: 'missing' }],
    ['of another form', 'yes', { kind: 'missing' }],
    ['given by half', { given: 'true' }, { kind: 'missing' }],
  ])('%s', (_case, found, expected) => {
    expect(judgeAcknowledgement(found)).toMatchObject(expected);
  });

  test('a long cause is cut', () => {
    const found = judgeAcknowledgement(failed('NotNow', 'x'.repeat(30_000)));
    expect(found).toMatchObject({ why: { objection: expect.stringMatching(/^NotNow: x{291}…$/) } });
  });
});
