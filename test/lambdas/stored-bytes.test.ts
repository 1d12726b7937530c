import { type PlanFacts, planRotation } from '../../lambdas/plan-rotation/decide';
import { PlannedState } from '../../lambdas/shared/rotation/rotation-state';
import { type DocumentSettings, documentWith } from '../../lambdas/shared/secret/key-document';
import { intentDocument, parseSecretDocument } from '../../lambdas/shared/secret/secret-document';
import {
  formerKeyVersionId,
  intentVersionId,
  keyVersionId,
  mergedVersionId,
} from '../../lambdas/shared/secret/versions';
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
    throw new Error(`There is no rotation: ${plan.why.code}`);
  const rotation = PlannedState.shape.rotation.parse(JSON.parse(JSON.stringify(plan.rotation)));
  return intentDocument({ ...rotation, owner: OWNER, userId: USER_ID });
};

const stopped = { kind: 'stopped', stoppedAt: at(-1, 'd') } as const;
const HEAD = `{"kind":"intent","owner":"${OWNER}","rootRotationId":"${OWNER}","userId":"${USER_ID}"`;
const NOW_TEXT = '"2026-03-02T10:00:00.000Z"';
const BEFORE_TEXT = '"2026-03-02T09:00:00.000Z"';

const whole = { document: 'credential-process' } as const;

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

const sesSmtp = {
  regions: ['eu-west-1', 'us-east-1'],
  userField: 'login',
  passwordField: 'pass-{Region}',
};

describe('the bytes of a key', () => {
  const material = {
    accessKeyId: NEW,
    secretAccessKey: 'not-a-real-secret',
    userName: 'alice',
    createDate: NOW,
  };
  const managed = `"Version":1,"AccessKeyId":"${NEW}","SecretAccessKey":"not-a-real-secret","UserName":"alice","CreateDate":${NOW_TEXT}`;
  const fieldNames = { accessKeyId: 'user', secretAccessKey: 'password' };
  const copies = `"user":"${NEW}","password":"not-a-real-secret"`;
  const former = `{"bucket":"b","Version":1,"AccessKeyId":"${OLD}","SecretAccessKey":"a-made-up-secret","UserName":"alice","CreateDate":${BEFORE_TEXT},"RotationId":"${OWNER}"}`;

  test.each<[string, DocumentSettings, string, string]>([
    ['beside what the owner has', whole, '{"bucket":"b"}', `{"bucket":"b",${managed}}`],
    ['in the place of what an earlier release has written', whole, former, `{"bucket":"b",${managed}}`],
    ['and its copies', { ...whole, fieldNames }, '{"bucket":"b"}', `{"bucket":"b",${managed},${copies}}`],
    [
      'under names of the owner',
      { document: 'named-fields', fieldNames },
      '{"n":1.0}',
      `{"n":1.0,${copies}}`,
    ],
    [
      "and what SES's SMTP interface takes of it",
      { document: 'named-fields', fieldNames, sesSmtp },
      '{"n":1.0}',
      `{"n":1.0,${copies},"login":"${NEW}","pass-eu-west-1":"BOEpUUx4LcOT6a9K2uJr/Xw0Uy16JX0I/qOIkeL+nx6V","pass-us-east-1":"BDpbqC7kxgGsa59WNVLUqs2sKhDyWalR5l8l5Ztq+DcD"}`,
    ],
  ])('%s', (_case, settings, text, stored) => {
    expect(documentWith({ text, settings, keys: [] }, material)).toBe(stored);
  });
});

test('the version IDs under which an earlier attempt has stored', () => {
  const stored = { versionId: keyVersionId(OWNER, NEW), accessKeyId: NEW, formerRotationId: undefined };
  expect({
    intent: intentVersionId(OWNER),
    key: keyVersionId(OWNER, NEW),
    'key, in an earlier release': formerKeyVersionId(NEW),
    merged: mergedVersionId(OWNER, stored, '{"bucket":"b"}'),
  }).toEqual({
    intent: 'intent-1ed17235e9190a9a84b90dd74d2075df60659738',
    key: 'access-key-a004edba5086f6db-fcad87176b501ade',
    'key, in an earlier release': 'access-key-a004edba5086f6dbd0ec482ee09f16b7bd6b24a3',
    merged: 'access-key-a004edba5086f6db-fcad87176b501ade-b59af83ecfbd390b',
  });
});
