import { judgeVerdict } from '../../../../lambdas/shared/rotation/verdict';
import { describeVerdict } from '../../../../lambdas/shared/words/health';

const answer = (value: unknown) => ({ answer: value });
const failed = (name: string, Cause?: string) => ({ Error: name, ...(Cause !== undefined && { Cause }) });

describe('judgeVerdict', () => {
  test.each<[string, unknown, object]>([
    ['yes', answer({ healthy: true, reason: 'all 3 pods' }), { kind: 'healthy', reason: 'all 3 pods' }],
    ['yes without a reason', answer({ healthy: true }), { kind: 'healthy', reason: '' }],
    ['yes and more', answer({ healthy: true, reason: 'ok', pods: 3 }), { kind: 'healthy', reason: 'ok' }],
    ['no', answer({ healthy: false, reason: '403 from S3' }), { kind: 'unhealthy', reason: '403 from S3' }],
    ['no with a blank reason', answer({ healthy: false, reason: ' ' }), { kind: 'unhealthy', reason: '' }],
    [
      'no with a reason that is no text',
      answer({ healthy: false, reason: 7 }),
      { kind: 'unhealthy', reason: null },
    ],
    ['yes with a reason that is no text', answer({ healthy: true, reason: 7 }), { kind: 'unknown' }],
    ['yes as text', answer({ healthy: 'true' }), { kind: 'unknown' }],
    ['yes as a number', answer({ healthy: 1 }), { kind: 'unknown' }],
    ['yes alone', answer(true), { kind: 'unknown', why: { code: 'not-understood', answer: true } }],
    ['text', answer('{"healthy":true}'), { kind: 'unknown' }],
    ['a list', answer([{ healthy: true }]), { kind: 'unknown' }],
    ['nothing', answer(null), { kind: 'unknown', why: { code: 'not-understood', answer: null } }],
    [
      'a state without an answer',
      {},
      { kind: 'unknown', why: { code: 'not-understood', answer: undefined } },
    ],
    ['a state that is none', 'healthy', { kind: 'unknown' }],
    [
      'an error of the function',
      failed('Error', '{"errorType":"Error","errorMessage":"no route to host","trace":[]}'),
      {
        kind: 'unknown',
        lasting: false,
        why: { code: 'not-answered', error: 'Error', cause: 'no route to host' },
      },
    ],
    [
      'an error without JSON',
      failed('Lambda.ResourceNotFoundException', 'Function not found'),
      {
        kind: 'unknown',
        lasting: true,
        why: {
          code: 'not-answered',
          error: 'Lambda.ResourceNotFoundException',
          cause: 'Function not found',
        },
      },
    ],
    [
      'a time-out',
      failed('States.Timeout'),
      { kind: 'unknown', why: { code: 'not-answered', error: 'States.Timeout', cause: undefined } },
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
    const told = describeVerdict(judgeVerdict(found));
    expect(told).toHaveLength(300);
    expect(told.endsWith('…')).toBe(true);
  });

  test('a reason that just fits is whole', () => {
    const reason = 'x'.repeat(300);
    expect(judgeVerdict(answer({ healthy: true, reason }))).toEqual({ kind: 'healthy', reason });
  });

  test('a reason is one line', () => {
    const reason = 'one\ntwo\u0000\u001b[31m  three';
    expect(judgeVerdict(answer({ healthy: true, reason }))).toMatchObject({ reason: 'one two [31m three' });
  });
});
