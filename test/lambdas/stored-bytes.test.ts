import { type PlanFacts, planRotation } from '../../lambdas/plan-rotation/decide';
import { PlannedState } from '../../lambdas/shared/rotation-state';
import {
  accessKeyDocument,
  intentDocument,
  parseSecretDocument,
  withOwnerFields,
} from '../../lambdas/shared/secret-document';
import { intentVersionId, keyVersionId, mergedVersionId } from '../../lambdas/shared/versions';
import { heldBy, leak, planFacts } from './support/facts';
import { at, holding, key, NEW, NOW, OLD, OTHER, OWNER, USER_ID } from './support/fixtures';

/*
 * A step that is tried again finds its own earlier effect under the same version ID: with other bytes, Secrets Manager
 * refuses it, and the rotation stops. A deployment may lie between the two attempts, so these bytes are frozen, and so
 * are the version IDs.
 */

/** What create-access-key stores as its lock for a plan, after the plan's way through the state machine. */
const storedFor = (overrides: Partial<PlanFacts>): string => {
  const plan = planRotation(planFacts(overrides), NOW);
  if (plan.kind !== 'due' && plan.kind !== 'stop-first')
    throw new Error(`There is no rotation: ${plan.reason}`);
  const rotation = PlannedState.shape.rotation.parse(JSON.parse(JSON.stringify(plan.rotation)));
  return intentDocument({ ...rotation, owner: OWNER, userId: USER_ID });
};

const stopped = { kind: 'stopped', stoppedAt: at(-1, 'd') } as const;
const HEAD = `{"kind":"intent","owner":"${OWNER}","rootRotationId":"${OWNER}","userId":"${USER_ID}"`;
const NOW_TEXT = '"2026-03-02T10:00:00.000Z"';
const BEFORE_TEXT = '"2026-03-02T09:00:00.000Z"';

describe('the bytes of an intent', () => {
  test.each<[string, Partial<PlanFacts>, string]>([
    [
      'of a rotation',
      {},
      `${HEAD},"oldAccessKeyId":"${OLD}","currentAccessKeyIdBefore":"${OLD}","accessKeyIdsBefore":["${OLD}"],"inactiveAccessKeyIdsBefore":[],"startedAt":${NOW_TEXT},"leakedAccessKeyIds":[],"supersededAccessKeyId":null}`,
    ],
    [
      'of a first key',
      { keys: [], current: { kind: 'no-key' } },
      `${HEAD},"oldAccessKeyId":null,"currentAccessKeyIdBefore":null,"accessKeyIdsBefore":[],"inactiveAccessKeyIdsBefore":[],"startedAt":${NOW_TEXT},"leakedAccessKeyIds":[],"supersededAccessKeyId":null}`,
    ],
    [
      'of a key that is not in the secret yet, and Inactive',
      { keys: [key(OLD, 'Inactive')], current: { kind: 'no-key' } },
      `${HEAD},"oldAccessKeyId":"${OLD}","currentAccessKeyIdBefore":null,"accessKeyIdsBefore":["${OLD}"],"inactiveAccessKeyIdsBefore":["${OLD}"],"startedAt":${NOW_TEXT},"leakedAccessKeyIds":[],"supersededAccessKeyId":null}`,
    ],
    [
      'of a key in the secret that is gone',
      { keys: [key(OTHER)] },
      `${HEAD},"oldAccessKeyId":null,"currentAccessKeyIdBefore":"${OLD}","accessKeyIdsBefore":["${OTHER}"],"inactiveAccessKeyIdsBefore":[],"startedAt":${NOW_TEXT},"leakedAccessKeyIds":[],"supersededAccessKeyId":null}`,
    ],
    [
      'of an emergency',
      { input: leak(OLD), keys: [key(OLD), key(OTHER, 'Inactive')] },
      `${HEAD},"oldAccessKeyId":"${OLD}","currentAccessKeyIdBefore":"${OLD}","accessKeyIdsBefore":["${OLD}","${OTHER}"],"inactiveAccessKeyIdsBefore":["${OTHER}"],"startedAt":${NOW_TEXT},"leakedAccessKeyIds":["${OLD}"],"supersededAccessKeyId":null}`,
    ],
    [
      'of a rotation that is inherited',
      { holder: heldBy(stopped), keys: [key(OLD), key(NEW)], current: holding(NEW) },
      `${HEAD},"oldAccessKeyId":"${OLD}","currentAccessKeyIdBefore":"${OLD}","accessKeyIdsBefore":["${OLD}"],"inactiveAccessKeyIdsBefore":[],"startedAt":${BEFORE_TEXT},"leakedAccessKeyIds":[],"supersededAccessKeyId":null}`,
    ],
    [
      'of an emergency that interrupts a rotation',
      {
        input: leak(NEW),
        holder: heldBy(stopped),
        keys: [key(OLD, 'Inactive'), key(NEW)],
        current: holding(NEW),
      },
      `${HEAD},"oldAccessKeyId":"${NEW}","currentAccessKeyIdBefore":"${OLD}","accessKeyIdsBefore":["${OLD}"],"inactiveAccessKeyIdsBefore":[],"startedAt":${BEFORE_TEXT},"leakedAccessKeyIds":["${NEW}"],"supersededAccessKeyId":"${OLD}"}`,
    ],
    [
      'of a second leaked key in an emergency',
      {
        input: leak(NEW),
        holder: heldBy(stopped, { leakedAccessKeyIds: [OLD] }),
        keys: [key(OLD), key(NEW)],
        current: holding(NEW),
      },
      `${HEAD},"oldAccessKeyId":"${NEW}","currentAccessKeyIdBefore":"${OLD}","accessKeyIdsBefore":["${OLD}"],"inactiveAccessKeyIdsBefore":[],"startedAt":${BEFORE_TEXT},"leakedAccessKeyIds":["${OLD}","${NEW}"],"supersededAccessKeyId":null}`,
    ],
  ])('%s', (_case, overrides, bytes) => {
    expect(storedFor(overrides)).toBe(bytes);
  });

  test('an intent from before there were Inactive, leaked and superseded keys is inherited as one without any', () => {
    const former = `{"kind":"intent","owner":"predecessor#0","rootRotationId":"${OWNER}","userId":"${USER_ID}","oldAccessKeyId":"${OLD}","currentAccessKeyIdBefore":"${OLD}","accessKeyIdsBefore":["${OLD}"],"startedAt":${BEFORE_TEXT}}`;
    const document = parseSecretDocument(former);
    if (document.kind !== 'intent') throw new Error('It is an intent.');
    const holder = { ...heldBy(stopped), intent: document.intent };
    expect(storedFor({ holder, keys: [key(OLD), key(NEW)], current: holding(NEW) })).toBe(
      storedFor({ holder: heldBy(stopped), keys: [key(OLD), key(NEW)], current: holding(NEW) }),
    );
  });
});

describe('the bytes of a key', () => {
  const material = {
    accessKeyId: NEW,
    secretAccessKey: 'not-a-real-secret',
    userName: 'alice',
    createDate: NOW,
  };
  const managed = `"Version":1,"AccessKeyId":"${NEW}","SecretAccessKey":"not-a-real-secret","UserName":"alice","CreateDate":${NOW_TEXT},"RotationId":"${OWNER}"`;
  const names = { accessKeyId: 'user', secretAccessKey: 'password' };
  const copies = `"user":"${NEW}","password":"not-a-real-secret"`;

  test.each([
    ['alone', undefined, `{"bucket":"b",${managed}}`, `{"bucket":"c","more":1,${managed}}`],
    [
      'and its copies',
      names,
      `{"bucket":"b",${managed},${copies}}`,
      `{"bucket":"c","more":1,${managed},${copies}}`,
    ],
  ])('%s, as it is stored and as it is merged', (_case, fieldNames, stored, merged) => {
    expect(accessKeyDocument(material, OWNER, { bucket: 'b' }, fieldNames)).toBe(stored);
    expect(withOwnerFields(stored, { bucket: 'c', more: 1 }, fieldNames)).toBe(merged);
  });
});

test('the version IDs under which an earlier attempt has stored', () => {
  const names = { accessKeyId: 'user', secretAccessKey: 'password' };
  expect({
    intent: intentVersionId(OWNER),
    key: keyVersionId(NEW),
    merged: mergedVersionId(NEW, keyVersionId(OLD), undefined),
    'merged with other names': mergedVersionId(NEW, keyVersionId(OLD), names),
  }).toEqual({
    intent: 'intent-1ed17235e9190a9a84b90dd74d2075df60659738',
    key: 'access-key-a004edba5086f6dbd0ec482ee09f16b7bd6b24a3',
    merged: 'access-key-04d75556378a601233d3fd3db86617cbaa361365',
    'merged with other names': 'access-key-5a3b85d36f6fc696f15dc62dc1b3fca2b3972bd9',
  });
});
