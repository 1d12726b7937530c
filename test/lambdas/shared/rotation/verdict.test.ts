import { judgeVerdict } from '../../../../lambdas/shared/rotation/verdict';

const answer = (value: unknown) => ({ answer: value });
const failed = (name: string, Cause?: string) => ({ Error: name, ...(Cause !== undefined && { Cause }) });

describe('judgeVerdict', () => {
  test.each<[string, unknown, object]>([
    ['yes', answer({ healthy: true, reason: 'all 3 pods' }), { kind: 'healthy', reason: 'all 3 pods' }],
    ['yes without a reason', answer({ healthy: true }), { kind: 'healthy', reason: 'no reason given' }],
    ['yes and more', answer({ healthy: true, reason: 'ok', pods: 3 }), { kind: 'healthy', reason: 'ok' }],
    ['no', answer({ healthy: false, reason: '403 from S3' }), { kind: 'unhealthy', reason: '403 from S3' }],
    ['no with a blank reason', answer({ healthy: false, reason: ' ' }), { reason: 'no reason given' }],
    [
      'no with a reason that is no text',
      answer({ healthy: false, reason: 7 }),
      { kind: 'unhealthy', reason: 'no reason that can be read' },
    ],
    ['yes with a reason that is no text', answer({ healthy: true, reason: 7 }), { kind: 'unknown' }],
    ['yes as text', answer({ healthy: 'true' }), { kind: 'unknown' }],
    ['yes as a number', answer({ healthy: 1 }), { kind: 'unknown' }],
    ['yes alone', answer(true), { kind: 'unknown', reason: expect.stringContaining('but true') }],
    ['text', answer('{"healthy":true}'), { kind: 'unknown' }],
    ['a list', answer([{ healthy: true }]), { kind: 'unknown' }],
    ['nothing', answer(null), { kind: 'unknown', reason: expect.stringContaining('but null') }],
    ['a state without an answer', {}, { kind: 'unknown', reason: expect.stringContaining('but nothing') }],
    ['a state that is none', 'healthy', { kind: 'unknown' }],
    [
      'an error of the function',
      failed('Error', '{"errorType":"Error","errorMessage":"no route to host","trace":[]}'),
      { kind: 'unknown', reason: 'it could not be asked (Error: no route to host)' },
    ],
    [
      'an error without JSON',
      failed('Lambda.ResourceNotFoundException', 'Function not found'),
      {
        kind: 'unknown',
        reason: 'it could not be asked (Lambda.ResourceNotFoundException: Function not found)',
      },
    ],
    [
      'a time-out',
      failed('States.Timeout'),
      { kind: 'unknown', reason: 'it could not be asked (States.Timeout)' },
    ],
    [
      'an error with an answer of yes beside it',
      { ...failed('States.Timeout'), ...answer({ healthy: true }) },
      { kind: 'unknown' },
    ],
  ])('%s', (_case, found, expected) => {
    expect(judgeVerdict(found)).toMatchObject(expected);
  });

  test.each([
    ['a long reason', answer({ healthy: false, reason: 'x'.repeat(100_000) })],
    ['a long answer', answer('x'.repeat(100_000))],
    ['a long cause', failed('Error', 'x'.repeat(100_000))],
  ])('%s is cut', (_case, found) => {
    const { reason } = judgeVerdict(found);
    expect(reason).toHaveLength(300);
    expect(reason.endsWith('…')).toBe(true);
  });

  test('a reason that just fits is whole', () => {
    const reason = 'x'.repeat(300);
    expect(judgeVerdict(answer({ healthy: true, reason })).reason).toBe(reason);
  });

  test('a reason is one line', () => {
    const reason = 'one\ntwo\u0000\u001b[31m  three';
    expect(judgeVerdict(answer({ healthy: true, reason })).reason).toBe('one two [31m three');
  });
});
