import type { CurrentAfterRollback } from '../../../lambdas/reactivate-access-key/decide';
import { explainFailedRollback, explainRollback } from '../../../lambdas/reactivate-access-key/words';
import type { Rollback } from '../../../lambdas/shared/rotation/rotation-state';
import { setKeyStatus, showVersion, startRotation } from '../../../lambdas/shared/text/commands';
import { rollbackFacts as facts, type RollbackFacts } from '../support/facts';
import { ENROLLED, key, NEW, OLD, OTHER, UNREADABLE } from '../support/fixtures';

const both = [key(OLD), key(NEW)];
const UNWELL: Rollback = { error: 'ConsumersUnhealthy', reason: 'health alarms are in ALARM: errors' };
const REFUSED: Rollback = { error: 'NotAcknowledged', reason: 'the deactivation was refused (NotNow: bob)' };
const BY_HAND: Rollback = { error: null, reason: 'a person asked for it' };
const LEFT = { secretId: 'a-secret', versionId: 'left', why: UNREADABLE } as const;

const explained = (
  rollback: Rollback,
  overrides: Partial<RollbackFacts> = { keys: both },
  current: CurrentAfterRollback = { kind: 'kept' },
) => explainRollback({ ...facts(overrides), reactivated: true, settings: ENROLLED }, rollback, current);

describe('explainRollback', () => {
  test('says first that the old key is back, then why, and how the rotation goes on', () => {
    const { what, keys, next } = explained(UNWELL);
    expect(what[0]).toBe(`The old key ${OLD} of alice is Active again.`);
    expect(what[1]).toContain(UNWELL.reason);
    expect(keys).toEqual(both);
    expect(next?.at(-1)).toEqual(startRotation('alice', 'resume'));
  });

  test('says of a missing acknowledgement first that the rotation has stopped, and why', () => {
    const { what, next } = explainRollback(
      { ...facts({ keys: both }), reactivated: false, settings: ENROLLED },
      REFUSED,
      {
        kind: 'kept',
      },
    );
    expect(what[0]).toContain(REFUSED.reason);
    expect(what[1]).toBe(`The old key ${OLD} of alice is Active.`);
    expect(next?.at(-1)).toEqual(startRotation('alice', 'resume'));
  });

  test.each([
    ['before the rotation', [OLD], 'it was so before the rotation began'],
    ['by somebody else', [], 'somebody else has set it so'],
  ])('says of an old key that was set Inactive %s that it stays so', (_by, before, words) => {
    expect(explained(UNWELL, { inactiveAccessKeyIdsBefore: before }).what[0]).toContain(
      `stays Inactive: ${words}`,
    );
  });

  test('of a document that was left, the first thing is to look at it', () => {
    const said = explained(UNWELL, { keys: both }, { kind: 'restored', accessKeyId: OLD, left: LEFT });
    expect(said.next?.[1]).toEqual(showVersion('a-secret', 'left'));
    expect(said.next?.at(-1)).toEqual(startRotation('alice', 'resume'));
    expect(said.section).toBe('What a rollback could not carry');
  });

  // Undefined: as it is for the error, or for a rollback that was asked for.
  test.each<[string, Rollback, Partial<RollbackFacts>, CurrentAfterRollback, boolean | undefined]>([
    ['the old key is back', UNWELL, { keys: both }, { kind: 'kept' }, true],
    ['the old key stays Inactive', UNWELL, {}, { kind: 'kept' }, true],
    ['a person has asked for it', BY_HAND, { keys: both }, { kind: 'kept' }, false],
    ['a person has asked for it, and the old key stays Inactive', BY_HAND, {}, { kind: 'kept' }, true],
    ['the owner has refused', REFUSED, { keys: both }, { kind: 'kept' }, undefined],
    [
      'a person has asked for it, and no version has a key',
      BY_HAND,
      { keys: both },
      { kind: 'no-version' },
      true,
    ],
    [
      "a person has asked for it, and AWSCURRENT holds somebody else's key",
      BY_HAND,
      { keys: both },
      { kind: 'strange', stranger: { accessKeyId: OTHER, evidence: { code: 'another-secret' } } },
      true,
    ],
    [
      'a person has asked for it, and a document was left',
      BY_HAND,
      { keys: both },
      { kind: 'kept', left: LEFT },
      true,
    ],
  ])('is urgent when %s: %#', (_when, rollback, overrides, current, urgent) => {
    expect(explained(rollback, overrides, current).urgency?.urgent).toBe(urgent);
  });
});

describe('explainFailedRollback', () => {
  const failed = (oldAccessKeyId: string | null) =>
    explainFailedRollback(
      { userName: 'alice', rotation: { oldAccessKeyId }, rollback: UNWELL },
      { what: 'AWS did not answer.', next: ['Ask AWS.'] },
    );

  test('is urgent, and says first how the old key comes back, then how the rotation stays so', () => {
    const { what, next, urgency } = failed(OLD);
    expect(what).toContain('AWS did not answer.');
    expect(next?.filter((part) => typeof part !== 'string')).toEqual([
      setKeyStatus('alice', OLD, 'Active'),
      startRotation('alice', 'rollback'),
    ]);
    expect(next?.at(-1)).toBe('Ask AWS.');
    expect(urgency?.urgent).toBe(true);
  });

  test('has no key to bring back where there is none', () => {
    const { next, urgency } = failed(null);
    expect(next?.filter((part) => typeof part !== 'string')).toEqual([startRotation('alice', 'rollback')]);
    expect(urgency?.urgent).toBe(true);
  });
});
