import type { KeyEvent } from '../../../lambdas/shared/gateways/key-events-gateway';
import type { Rotation } from '../../../lambdas/shared/rotation/rotation-state';
import { Trace } from '../../../lambdas/shared/rotation/trace';
import {
  isComplete,
  isWorthTelling,
  type TraceFacts,
  tracedKeys,
  traceFrom,
  traceOf,
} from '../../../lambdas/trace-leaked-key/decide';
import { sayTraced } from '../../../lambdas/trace-leaked-key/words';
import { DAY, HOUR } from '../../support/time';

const NOW = new Date('2026-03-02T10:00:00.000Z');
const K1 = 'AKIALEAKEDLEAKED0001';
const K2 = 'AKIALEAKEDLEAKED0002';
const before = (ms: number): Date => new Date(NOW.getTime() - ms);

const rotation = (oldAccessKeyId: string | null, ...leakedAccessKeyIds: string[]): Rotation => ({
  rootRotationId: 'root',
  oldAccessKeyId,
  currentAccessKeyIdBefore: oldAccessKeyId,
  accessKeyIdsBefore: [],
  inactiveAccessKeyIdsBefore: [],
  startedAt: NOW.toISOString(),
  leakedAccessKeyIds,
  supersededAccessKeyId: null,
});

test.each<[string, Rotation, readonly string[]]>([
  ['none', rotation(K1), []],
  ['one', rotation(K1, K1), [K1]],
  ['two, the one that is retired first', rotation(K1, K1, K2), [K1, K2]],
  ['the latest ones of many', rotation('K5', 'K1', 'K2', 'K3', 'K4', 'K5'), ['K5', 'K4', 'K3']],
  ['one that is gone', rotation(null, K1), [K1]],
])('the keys that are looked up: %s', (_which, given, keys) => {
  expect(tracedKeys(given)).toEqual(keys);
});

test.each<[string, string | undefined, Date]>([
  ['nobody knows', undefined, before(7 * DAY + HOUR)],
  ['for longer than usual', '2026-02-10T10:00:00.000Z', new Date('2026-02-10T10:00:00.000Z')],
  ['not for that long, as far as AWS knows', '2026-02-28T10:00:00.000Z', before(7 * DAY + HOUR)],
  ['what is said is after the containment', '2026-03-02T09:30:00.000Z', before(7 * DAY + HOUR)],
  ['it is longer ago than CloudTrail remembers', '2025-01-01T00:00:00.000Z', before(90 * DAY)],
])('since when: %s', (_who, leakedSince, from) => {
  expect(traceFrom({ containedAt: before(HOUR), leakedSince }, NOW)).toEqual(from);
});

const event = (call: string, overrides: Partial<KeyEvent> = {}): KeyEvent => ({
  ...{ accessKeyId: K1, at: before(HOUR), region: 'us-east-1', call, address: '203.0.113.66' },
  ...{ readOnly: false, error: undefined, about: [], obtained: undefined },
  ...overrides,
});

const facts = (events: readonly KeyEvent[], overrides: Partial<TraceFacts> = {}): TraceFacts => ({
  ...{ looks: 1, accessKeyIds: [K1], from: before(7 * DAY), until: NOW, listed: true },
  answers: [{ region: 'us-east-1', events, extent: { kind: 'whole' } }],
  quarantine: { kind: 'not-attached', policies: [] },
  ...overrides,
});

describe('what is kept of the events', () => {
  test.each([0, 1, 2, 5000])('%d calls', (count) => {
    const trace = traceOf(
      facts(Array.from({ length: count }, () => event('iam:CreateUser', { about: ['bob'] }))),
    );
    expect(trace.calls).toBe(count);
    expect(trace.made.count).toBe(count);
    expect(trace.first === null).toBe(count === 0);
    expect(Trace.parse(trace)).toEqual(trace);
  });

  test('a refused call has made nothing, and obtained nothing', () => {
    const error = 'AccessDenied';
    const trace = traceOf(facts([event('iam:CreateUser', { error }), event('sts:AssumeRole', { error })]));
    expect([trace.made.count, trace.sessions.count]).toEqual([0, 0]);
    expect(trace.refused.most).toEqual([
      { name: 'iam:CreateUser AccessDenied', count: 1 },
      { name: 'sts:AssumeRole AccessDenied', count: 1 },
    ]);
  });

  test('however much there is, it stays far below what a state may have, and the message below what may be sent', () => {
    const long = (number: number) => `${number}-${'x'.repeat(195)}`;
    const region = (number: number) => `region-with-a-long-name-${number}`;
    const events = Array.from({ length: 3000 }, (_none, number) =>
      event(number % 2 === 0 ? 'iam:CreateUser' : 'sts:AssumeRole', {
        address: long(number),
        about: Array.from({ length: 20 }, (_other, place) => long(place)),
        obtained: { accessKeyId: long(number), role: long(number), expires: NOW },
        region: region(number % 50),
      }),
    );
    const answers = Array.from({ length: 100 }, (_none, number) => ({
      region: region(number),
      events: number === 0 ? events : [],
      extent: { kind: 'unanswered' as const, why: 'denied' as const },
    }));
    const trace = traceOf(facts([], { answers }));
    expect(JSON.stringify(trace).length).toBeLessThan(64 * 1024);
    const said = sayTraced(trace, {
      userName: 'alice',
      account: '111122223333',
      containedAt: NOW,
      againAt: NOW,
    });
    expect(JSON.stringify(said.next).length).toBeLessThan(4000);
  });
});

describe('a person is told of the second look', () => {
  const quiet = traceOf(facts([]));
  const seen = traceOf(facts([event('sts:GetCallerIdentity', { readOnly: true })]));
  const again = (trace: Trace): Trace => ({ ...trace, looks: 2, until: before(-HOUR).toISOString() });

  test.each<[string, Trace | undefined, Trace, boolean]>([
    ['it shows the same', seen, again(seen), false],
    ['it shows one more call', seen, traceOf(facts([event('a:b'), event('sts:GetCallerIdentity')])), true],
    ['neither shows anything', quiet, again(quiet), true],
    [
      'AWS has attached a quarantine meanwhile',
      seen,
      { ...seen, quarantine: { kind: 'attached', policies: ['p'] } },
      true,
    ],
    ['the first one is of another release', undefined, seen, true],
    [
      'the first one could not see everything',
      { ...seen, regions: { ...seen.regions, listed: false } },
      { ...seen, regions: { ...seen.regions, listed: false } },
      true,
    ],
  ])('%s', (_when, first, second, told) => {
    expect(isWorthTelling(first, second)).toBe(told);
  });

  test.each<[Partial<TraceFacts>, boolean]>([
    [{}, true],
    [{ listed: false }, false],
    [{ quarantine: { kind: 'unknown', policies: [] } }, false],
    [{ answers: [{ region: 'a', events: [], extent: { kind: 'cut', back: NOW } }] }, false],
    [{ answers: [{ region: 'a', events: [], extent: { kind: 'unanswered', why: 'throttled' } }] }, false],
  ])('%j is complete: %s', (overrides, complete) => {
    expect(isComplete(traceOf(facts([], overrides)))).toBe(complete);
  });
});
