import { SECRET } from '../support/alice';
import { MINUTE } from '../support/time';
import { Stage, TO_PUBLICATION } from './support/stage';

const DRAINED = 4 * MINUTE;

let stage: Stage;
afterEach(() => stage.close());

const owner = () => stage.labels().AWSPENDING;

/** A rotation whose create took effect, though nobody was answered. */
const withOrphan = async (): Promise<string> => {
  stage = new Stage();
  stage.aws.behaviour.cloudTrailDelay = Number.POSITIVE_INFINITY;
  const first = stage.execution('first');
  await first.plan();
  stage.aws.faults.inject({
    kind: 'after',
    as: 'connection',
    match: ({ operation }) => operation === 'CreateAccessKey',
  });
  await expect(first.step('create-access-key')).rejects.toThrow();
  first.end('FAILED');
  await stage.wait(DRAINED);
  const orphan = Object.keys(stage.keys()).find((id) => id !== stage.oldKey);
  if (orphan === undefined) throw new Error('The create has not taken effect.');
  return orphan;
};

/** An execution that goes on with it, as far as it gets. */
const goOn = async (name: string): Promise<{ readonly name: string; readonly message: string } | string> => {
  const execution = stage.execution(name);
  await execution.plan();
  try {
    return (await execution.step('create-access-key')).status;
  } catch (error) {
    const { name: error_, message } = error as Error;
    return { name: error_, message };
  } finally {
    execution.end('FAILED');
    await stage.wait(DRAINED);
  }
};

test('a CloudTrail that never tells: nothing is deleted, each start explains, and the wait has an end', async () => {
  const orphan = await withOrphan();
  const both = { [stage.oldKey]: 'Active', [orphan]: 'Active' };
  expect(await goOn('minutes-later')).toEqual({
    name: 'TransientServiceError',
    message: expect.stringContaining('That takes some minutes'),
  });
  for (const days of [1, 30, 57]) {
    await stage.waitDays(days);
    expect(await goOn(`after-${days}-more-days`)).toEqual({
      name: 'TransientServiceError',
      message: expect.stringMatching(
        /although it should by now.*CloudTrail is asked until Sat 30 May 2026, 08:/,
      ),
    });
    expect(owner()).toBe('intent');
  }
  await stage.waitDays(1);
  expect(await goOn('forgotten')).toEqual({
    name: 'AccessKeyConflict',
    message: expect.stringMatching(
      /Nothing tells any more who created.*Delete the one that is not in the secret/,
    ),
  });
  // A person was told, and nothing is held.
  expect(owner()).toBeUndefined();
  expect(stage.keys()).toEqual(both);
  expect(stage.aws.secretsManager.valueOf(SECRET)).toContain(stage.oldKey);
  stage.aws.iam.removeAccessKey(orphan);
  expect(await goOn('after-the-person')).toBe('created');
});

test('a CloudTrail that forgets before anybody asks: the same end', async () => {
  const orphan = await withOrphan();
  stage.aws.behaviour.cloudTrailDelay = 0;
  await stage.waitDays(91);
  expect(await goOn('late')).toMatchObject({ name: 'AccessKeyConflict' });
  expect(Object.keys(stage.keys())).toContain(orphan);
});

test('a person does what the message says: the rotation goes on at once', async () => {
  const orphan = await withOrphan();
  await stage.waitDays(2);
  stage.aws.iam.removeAccessKey(orphan);
  expect(await goOn('after-the-person')).toBe('created');
});

test('at the end of a rotation: the lock is released, and a person is told of the key', async () => {
  stage = new Stage();
  const rotation = stage.execution('first');
  await rotation.walk(...TO_PUBLICATION);
  stage.aws.behaviour.cloudTrailDelay = Number.POSITIVE_INFINITY;
  stage.aws.iam.removeAccessKey(stage.oldKey);
  const { accessKeyId } = stage.aws.iam.addAccessKey('alice');
  await stage.waitDays(88);
  await expect(rotation.step('delete-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
  expect(owner()).toBe('intent');
  await stage.waitDays(1);
  await expect(rotation.step('delete-access-key')).rejects.toMatchObject({
    name: 'AccessKeyConflict',
    message: expect.stringMatching(
      new RegExp(`the rotation is complete\\. But a key is left.*${accessKeyId}`),
    ),
  });
  expect(owner()).toBeUndefined();
  expect(Object.keys(stage.keys())).toContain(accessKeyId);
});
