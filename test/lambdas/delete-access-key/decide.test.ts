import {
  type DeletionFacts,
  decideDeletion,
  decideSweep,
  type SweepFacts,
} from '../../../lambdas/delete-access-key/decide';
import { deletionFacts as facts, GONE, PAUSED, UNWELL } from '../support/facts';
import { at, ENROLLED, holding, key, NEW, NOW, OLD, OTHER } from '../support/fixtures';

describe('decideDeletion', () => {
  test.each<[string, Partial<DeletionFacts>, object]>([
    ['everything is proved', {}, { kind: 'delete', accessKeyId: OLD }],
    [
      'the recovery period ends in a millisecond, by this clock',
      { deactivatedAt: new Date(at(-14, 'd').getTime() + 1) },
      {
        kind: 'look-again',
        until: at(1, 'm'),
        why: { code: 'in-recovery-period', ends: new Date(NOW.getTime() + 1) },
      },
    ],
    [
      'the recovery period ends in five minutes',
      { deactivatedAt: at(-14 * 86_400 + 300, 's') },
      { kind: 'look-again', until: at(5, 'm'), deactivatedAt: at(-14 * 86_400 + 300, 's') },
    ],
    [
      'the recovery period ends in a month: it became longer',
      { settings: { ...ENROLLED, recoveryPeriod: 'P44D' } },
      { kind: 'look-again', until: at(15, 'm') },
    ],
    ['the recovery period is just over', { deactivatedAt: at(-14, 'd') }, { kind: 'delete' }],
    [
      'the user was paused after the check',
      { paused: PAUSED },
      { kind: 'look-again', why: { code: 'paused' } },
    ],
    [
      'an alarm has gone off since the check: it looks again soon',
      { health: UNWELL },
      {
        kind: 'look-again',
        until: at(1, 'm'),
        deactivatedAt: at(-14, 'd'),
        why: { code: 'alarms-unhealthy' },
      },
    ],
    [
      'the alarms say nothing any more',
      { health: GONE },
      { kind: 'look-again', until: at(15, 'm'), why: { code: 'alarms-silent' } },
    ],
    [
      'a leaked key waits for alarms, too',
      { leakedAccessKeyIds: [OLD], health: UNWELL },
      { kind: 'look-again' },
    ],
    [
      'there was none, and alarms are on',
      {
        oldAccessKeyId: null,
        keys: [key(NEW)],
        deactivatedAt: undefined,
        health: UNWELL,
      },
      { kind: 'nothing-to-delete' },
    ],
    [
      'the user is paused, and there was none',
      { oldAccessKeyId: null, keys: [key(NEW)], deactivatedAt: undefined, paused: PAUSED },
      { error: 'TransientServiceError', why: { code: 'paused-without-check' } },
    ],
    [
      'a leaked key is Inactive, and waits for the end of a pause',
      { paused: PAUSED, leakedAccessKeyIds: [OLD] },
      { kind: 'look-again' },
    ],
    [
      'a leaked key is gone: a pause does not keep the emergency from its end',
      { paused: PAUSED, leakedAccessKeyIds: [OLD], keys: [key(NEW)], deactivatedAt: undefined },
      { kind: 'nothing-to-delete' },
    ],
    [
      'another key has leaked as well, and is still there',
      { keys: [key(OTHER), key(NEW)], leakedAccessKeyIds: [OLD, OTHER] },
      { error: 'StateDrift', why: { code: 'another-key-leaked', key: key(OTHER) } },
    ],
    [
      'nobody knows since when it is Inactive',
      { deactivatedAt: undefined },
      { error: 'StateDrift', why: { code: 'inactive-since-unknown' } },
    ],
    [
      'it is Active again',
      { keys: [key(OLD), key(NEW)] },
      { error: 'StateDrift', why: { code: 'old-key-not-inactive', status: 'Active' } },
    ],
    [
      'it has a status without documented meaning',
      { keys: [key(OLD, 'Expired'), key(NEW)] },
      { error: 'StateDrift', why: { code: 'old-key-not-inactive', status: 'Expired' } },
    ],
    [
      'AWSCURRENT holds the old key',
      { current: holding(OLD) },
      { error: 'StateDrift', why: { code: 'new-key-changed' } },
    ],
    ['AWSCURRENT holds a third key', { current: holding(OTHER) }, { error: 'StateDrift' }],
    [
      'the new key is Inactive',
      { keys: [key(OLD, 'Inactive'), key(NEW, 'Inactive')] },
      { error: 'StateDrift' },
    ],
    ['the new key is gone', { keys: [key(OLD, 'Inactive')] }, { error: 'StateDrift' }],
    [
      'a replica lags',
      { laggingReplicas: ['eu-west-1'] },
      { error: 'TransientServiceError', why: { code: 'replicas-lag' } },
    ],
    [
      'it is gone already',
      { keys: [key(NEW)] },
      { kind: 'nothing-to-delete', why: { code: 'old-key-gone' } },
    ],
    [
      'there was none',
      { oldAccessKeyId: null, keys: [key(NEW)], deactivatedAt: undefined },
      { kind: 'nothing-to-delete', why: { code: 'no-old-key' } },
    ],
  ])('when %s', (_case, overrides, expected) => {
    expect(decideDeletion(facts(overrides), NOW)).toMatchObject(expected);
  });
});

describe('decideSweep', () => {
  const stored = (accessKeyId: string, published: boolean) => ({
    accessKeyId,
    versionId: `v-${accessKeyId}`,
    publishable: true,
    published,
  });
  const sweep = (overrides: Partial<SweepFacts>) =>
    decideSweep({
      keys: [key(NEW), key(OTHER)],
      oldAccessKeyId: OLD,
      newAccessKeyId: NEW,
      accessKeyIdsBefore: [OLD],
      stored: [stored(NEW, true)],
      attributions: new Map(),
      ...overrides,
    });

  test.each<[string, Partial<SweepFacts>, ReturnType<typeof decideSweep>]>([
    ['nothing beside the new key', { keys: [key(NEW)] }, { discard: [], wait: [], leave: [], published: [] }],
    [
      "a person's key",
      { attributions: new Map([[OTHER, 'not-ours']]) },
      { discard: [], wait: [], leave: [], published: [] },
    ],
    [
      'an orphan of ours',
      { attributions: new Map([[OTHER, 'ours']]) },
      { discard: [OTHER], wait: [], leave: [], published: [] },
    ],
    [
      'a key of unknown origin',
      { attributions: new Map([[OTHER, 'unknown-yet']]) },
      { discard: [], wait: [key(OTHER)], leave: [], published: [] },
    ],
    [
      'a key whose origin CloudTrail has forgotten',
      { attributions: new Map([[OTHER, 'forgotten']]) },
      { discard: [], wait: [], leave: [key(OTHER)], published: [] },
    ],
    ['a key that nobody asked about', {}, { discard: [], wait: [key(OTHER)], leave: [], published: [] }],
    [
      'a foreign key from before the rotation',
      { accessKeyIdsBefore: [OLD, OTHER] },
      { discard: [], wait: [], leave: [], published: [] },
    ],
    [
      'another key that this rotation stored',
      { stored: [stored(NEW, true), stored(OTHER, false)] },
      { discard: [OTHER], wait: [], leave: [], published: [] },
    ],
    [
      'the old and the new key alone, though nothing else explains them',
      { keys: [key(OLD, 'Inactive'), key(NEW)], accessKeyIdsBefore: [], stored: [] },
      { discard: [], wait: [], leave: [], published: [] },
    ],
    [
      'the new key without its mark: consumers read it',
      { keys: [key(NEW)], stored: [stored(NEW, false)] },
      { discard: [], wait: [], leave: [], published: [] },
    ],
    [
      'the old key among those that this rotation stored: it has its own order',
      { keys: [key(OLD, 'Inactive'), key(NEW)], stored: [stored(OLD, false), stored(NEW, true)] },
      { discard: [], wait: [], leave: [], published: [] },
    ],
    [
      'another key that this rotation published',
      { stored: [stored(NEW, true), stored(OTHER, true)] },
      { discard: [], wait: [], leave: [], published: [key(OTHER)] },
    ],
  ])('with %s', (_case, overrides, expected) => {
    expect(sweep(overrides)).toEqual(expected);
  });
});
