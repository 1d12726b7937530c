import { emergencyOf, ROLLBACK, SCHEDULED, SECRET } from '../support/alice';
import { MINUTE } from '../support/time';
import { type Execution, failureOf, Stage, TO_PUBLICATION } from './support/stage';

/*
 * Emergencies and rollbacks into which a person comes: who empties the secret, sets the wrong key Inactive, uses up the
 * staging labels, or has left versions behind that nobody can use.
 */

let stage: Stage;
afterEach(() => stage?.close());

const FAILED_CREATE = {
  kind: 'error',
  code: 'AccessDenied',
  status: 403,
  match: ({ operation }: { readonly operation: string }) => operation === 'CreateAccessKey',
} as const;

const rotateUntilPublished = async (): Promise<Execution> => {
  const rotation = stage.execution('first');
  await rotation.walk(...TO_PUBLICATION);
  return rotation;
};
/** The consumers move, and the old key becomes Inactive. */
const retireOldKey = async (rotation: Execution): Promise<void> => {
  await rotation.adopt();
  await rotation.step('deactivate-access-key');
};
/** An emergency for the only key: it gets the lock, and fails before there is another key. */
const failEmergency = async (): Promise<void> => {
  const execution = await stage.successor('emergency', emergencyOf(stage.oldKey));
  stage.aws.faults.inject(FAILED_CREATE);
  await failureOf(execution.step('create-access-key'));
  execution.end('FAILED');
};

describe('an emergency that was interrupted', () => {
  test.each([
    ['due', 'P75D'],
    ['not due', 'P365D'],
  ])('goes on when a person has emptied the secret, and the key is %s', async (_when, rotateAfter) => {
    stage = new Stage({ enrolled: { rotateAfter } });
    await failEmergency();
    stage.aws.secretsManager.edit(SECRET, () => '{}');
    const next = await stage.successor('next', SCHEDULED);
    await next.steps(...TO_PUBLICATION);
    await next.step('confirm-adoption');
    await next.step('deactivate-access-key');
    expect(stage.keys()).toEqual({ [stage.oldKey]: 'Inactive', [next.newKey]: 'Active' });
    expect(stage.consumerKey()).toBe(next.newKey);
  });

  test('is not forgotten while AWSCURRENT cannot be understood', async () => {
    stage = new Stage();
    const before = stage.aws.secretsManager.valueOf(SECRET) ?? '';
    const emergency = await stage.successor('emergency', emergencyOf(stage.oldKey));
    stage.aws.secretsManager.edit(SECRET, () => 'not JSON');
    expect(await failureOf(emergency.step('create-access-key'))).toMatchObject({ name: 'SecretConflict' });
    emergency.end('FAILED');
    stage.aws.secretsManager.edit(SECRET, () => before);
    expect((await stage.successor('next', SCHEDULED)).state).toMatchObject({
      rotation: { leakedAccessKeyIds: [stage.oldKey] },
    });
  });

  test.each<[string, () => unknown]>([
    ['AWSCURRENT cannot be understood', () => stage.aws.secretsManager.edit(SECRET, () => 'not JSON')],
    ['the owner has too many labels', () => stage.alice.addLabels(20 - stage.alice.labels().length)],
  ])('and cannot go on, says at each start that the leaked key is Active: %s', async (_why, act) => {
    stage = new Stage();
    await failEmergency();
    act();
    await stage.wait(10 * MINUTE);
    expect(await failureOf(stage.execution('next').plan(SCHEDULED))).toMatchObject({
      name: 'SecretConflict',
      message: expect.stringMatching(
        new RegExp(
          `The leaked key ${stage.oldKey} of alice is still Active.*--access-key-id ${stage.oldKey} --status Inactive`,
        ),
      ),
    });
  });

  test('goes on although a version of long ago cannot be decrypted any more', async () => {
    stage = new Stage();
    const ancient = stage.aws.secretsManager.holderOf(SECRET, 'AWSCURRENT');
    for (const edits of [1, 2]) stage.alice.edit((fields) => ({ ...fields, edits }));
    stage.aws.faults.inject({
      kind: 'error',
      code: 'AccessDeniedException',
      status: 400,
      times: 1e9,
      match: ({ operation, input }) => operation === 'GetSecretValue' && input.VersionId === ancient,
    });
    const emergency = await stage.successor('emergency', emergencyOf(stage.oldKey));
    // A key that no version holds: all versions are searched for it.
    stage.loseAnswer('CreateAccessKey');
    await failureOf(emergency.step('create-access-key'));
    emergency.end('FAILED');
    await stage.wait(30 * MINUTE);
    const next = await stage.successor('next', SCHEDULED);
    await next.steps(...TO_PUBLICATION);
    expect(stage.consumerKey()).toBe(next.newKey);
  });

  test('asks again for a version that might be read in a moment', async () => {
    stage = new Stage();
    const rotation = await rotateUntilPublished();
    rotation.end('ABORTED');
    const emergency = await stage.successor('emergency', emergencyOf(rotation.newKey));
    const old = stage.aws.secretsManager.holderOf(SECRET, 'AWSPREVIOUS');
    stage.aws.faults.inject({
      kind: 'throttle',
      times: 99,
      match: ({ operation, input }) => operation === 'GetSecretValue' && input.VersionId === old,
    });
    expect(await failureOf(emergency.step('create-access-key'))).toMatchObject({
      name: 'TransientServiceError',
    });
  });

  /** The old key is Inactive, and the new one has leaked. */
  const untilFallBack = async (): Promise<{
    readonly rotation: Execution;
    readonly emergency: Execution;
  }> => {
    stage = new Stage();
    const rotation = await rotateUntilPublished();
    await retireOldKey(rotation);
    rotation.end('ABORTED');
    return { rotation, emergency: await stage.successor('emergency', emergencyOf(rotation.newKey)) };
  };

  test('does not set a key Active once more that a person has set Inactive before its publication', async () => {
    const { rotation, emergency } = await untilFallBack();
    await emergency.step('create-access-key');
    expect(stage.keys()[stage.oldKey]).toBe('Active');
    emergency.end('FAILED');
    stage.aws.iam.setStatus(stage.oldKey, 'Inactive');
    const next = await stage.successor('next', SCHEDULED);
    await next.steps(...TO_PUBLICATION);
    expect(stage.keys()).toEqual({ [rotation.newKey]: 'Active', [next.newKey]: 'Active' });
  });

  test('deletes no key when the secret is scheduled for deletion while it is being read', async () => {
    const { rotation, emergency } = await untilFallBack();
    let listings = 0;
    stage.aws.faults.inject({
      kind: 'act',
      match: ({ operation }) => operation === 'ListSecretVersionIds' && ++listings === 2,
      act: () => stage.aws.secretsManager.scheduleDeletion(SECRET),
    });
    expect(await failureOf(emergency.step('create-access-key'))).toMatchObject({ name: 'SecretConflict' });
    expect(stage.keys()).toEqual({ [stage.oldKey]: 'Inactive', [rotation.newKey]: 'Active' });
  });

  test('gives the lock back when no leaked key is left, and the keys are those of a person', async () => {
    stage = new Stage();
    const emergency = await stage.successor('emergency', emergencyOf(stage.oldKey));
    stage.aws.iam.removeAccessKey(stage.oldKey);
    const persons = [1, 2].map(() => stage.aws.iam.addAccessKey('alice').accessKeyId);
    stage.aws.secretsManager.edit(SECRET, () => '{}');
    expect(await failureOf(emergency.step('create-access-key'))).toMatchObject({ name: 'StateDrift' });
    expect(Object.keys(stage.keys()).sort()).toEqual(persons.sort());
    expect(stage.labels().AWSPENDING).toBeUndefined();
  });

  test('does not set the key Active that AWSCURRENT names, when a person has set it Inactive', async () => {
    stage = new Stage();
    const rotation = await rotateUntilPublished();
    rotation.end('ABORTED');
    const emergency = await stage.successor('emergency', emergencyOf(rotation.newKey));
    await emergency.steps(...TO_PUBLICATION);
    expect(stage.consumerKey()).toBe(stage.oldKey);
    stage.aws.iam.setStatus(stage.oldKey, 'Inactive');
    expect(await failureOf(emergency.step('confirm-adoption'))).toMatchObject({ name: 'StateDrift' });
    emergency.end('FAILED');
    const next = await stage.successor('next', SCHEDULED);
    await next.steps(...TO_PUBLICATION);
    // It makes room: nobody can use it, and the leaked key has to have a successor.
    expect(stage.keys()).toEqual({ [rotation.newKey]: 'Active', [next.newKey]: 'Active' });
    expect(stage.consumerKey()).toBe(next.newKey);
  });
});

describe('of several versions that hold the old key, one that works is taken', () => {
  /** The person who enrolled alice first put a wrong secret access key into the secret; then AWSPREVIOUS moved on. */
  const untilOverlap = async (): Promise<Execution> => {
    stage = new Stage({ secretString: '{}' });
    const key = stage.aws.iam.key(stage.oldKey);
    for (const SecretAccessKey of [`not-${key?.secretAccessKey}`, key?.secretAccessKey]) {
      await stage.wait(MINUTE);
      stage.alice.edit((fields) => ({ ...fields, Version: 1, AccessKeyId: stage.oldKey, SecretAccessKey }));
    }
    const rotation = await rotateUntilPublished();
    await stage.wait(MINUTE);
    stage.alice.edit((fields) => ({ ...fields, host: 'db-2' }));
    rotation.end('ABORTED');
    return rotation;
  };

  /** The owner put a wrong secret access key there, and took it back by moving AWSCURRENT to where it had been. */
  const untilOverlapAfterUndo = async (): Promise<Execution> => {
    stage = new Stage();
    const right = stage.aws.secretsManager.holderOf(SECRET, 'AWSCURRENT');
    await stage.wait(MINUTE);
    stage.alice.edit((fields) => ({ ...fields, SecretAccessKey: 'a-mistake' }));
    stage.aws.secretsManager.moveLabel(SECRET, 'AWSCURRENT', right);
    const rotation = await rotateUntilPublished();
    rotation.end('ABORTED');
    return rotation;
  };
  const mistakes: readonly [string, () => Promise<Execution>][] = [
    ['corrected', untilOverlap],
    ['undone', untilOverlapAfterUndo],
  ];

  test.each(mistakes)('by a rollback, when a mistake was %s', async (_how, begin) => {
    const rotation = await begin();
    stage.aws.iam.setStatus(rotation.newKey, 'Inactive');
    const rollback = await stage.successor('rollback', ROLLBACK);
    await rollback.step('create-access-key');
    await rollback.step('reactivate-access-key');
    expect(stage.consumerKey()).toBe(stage.oldKey);
  });

  test.each(mistakes)('by an emergency, when a mistake was %s', async (_how, begin) => {
    const rotation = await begin();
    const emergency = await stage.successor('emergency', emergencyOf(rotation.newKey));
    await emergency.steps(...TO_PUBLICATION);
    expect(stage.consumerKey()).toBe(stage.oldKey);
  });
});

describe('a rollback', () => {
  test('can be repeated when all labels are in use', async () => {
    stage = new Stage();
    const rotation = await rotateUntilPublished();
    rotation.end('ABORTED');
    stage.alice.addLabels(20 - stage.alice.labels().length);
    for (const name of ['rollback', 'rollback again']) {
      const rollback = await stage.successor(name, ROLLBACK);
      await rollback.step('create-access-key');
      expect((await rollback.step('reactivate-access-key')).status).toBe('rolled-back-by-hand');
      rollback.end('SUCCEEDED');
      expect(stage.labels()['rotation-held']).toBe('intent');
      // Only now it turns out that the new key is the trouble.
      stage.aws.iam.setStatus(rotation.newKey, 'Inactive');
    }
    expect(stage.consumerKey()).toBe(stage.oldKey);
  });

  test('of an emergency that is refused does not say how to set the leaked key Active', async () => {
    stage = new Stage();
    const emergency = await stage.successor('emergency', emergencyOf(stage.oldKey));
    await emergency.steps(...TO_PUBLICATION);
    await emergency.step('confirm-adoption');
    await emergency.step('deactivate-access-key');
    emergency.end('ABORTED');
    stage.aws.secretsManager.setRotationEnabled(SECRET, true);
    await stage.wait(10 * MINUTE);
    const failure = await failureOf(stage.execution('rollback').plan(ROLLBACK));
    expect(failure).toMatchObject({ name: 'SecretConflict' });
    expect(failure?.message).not.toContain('--status Active');
  });

  test('of a rotation that gave up does not say that the old key was deleted', async () => {
    stage = new Stage();
    const rotation = await rotateUntilPublished();
    await retireOldKey(rotation);
    rotation.end('ABORTED');
    stage.aws.secretsManager.edit(SECRET, () => '{}');
    const next = await stage.successor('next', SCHEDULED);
    expect(await failureOf(next.step('create-access-key'))).toMatchObject({ name: 'StateDrift' });
    next.end('FAILED');
    await stage.wait(10 * MINUTE);
    expect(stage.keys()[stage.oldKey]).toBe('Inactive');
    expect(await failureOf(stage.execution('rollback').plan(ROLLBACK))).toMatchObject({
      name: 'NothingToRollBack',
      message: expect.stringMatching(
        new RegExp(`^(?!.*was deleted).*--access-key-id ${stage.oldKey} --status Active`),
      ),
    });
  });
});
