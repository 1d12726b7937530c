import { RESUME, SCHEDULED } from '../support/alice';
import { Stage, TO_PUBLICATION } from './support/stage';

let stage: Stage;
afterEach(() => stage.close());

describe('an ordinary rotation, step by step', () => {
  test('moves the labels and the keys as the protocol says', async () => {
    stage = new Stage();
    const { oldKey } = stage;
    stage.aws.iam.useAccessKey(oldKey);
    const rotation = stage.execution('first');

    expect(await rotation.plan()).toMatchObject({ status: 'due', rotation: { oldAccessKeyId: oldKey } });
    expect(stage.changes()).toEqual([]);

    const created = await rotation.step('create-access-key');
    const { newKey } = rotation;
    expect(created.status).toBe('created');
    expect(stage.labels()).toEqual({
      AWSCURRENT: oldKey,
      AWSPENDING: 'intent',
      'rotation-scratch': 'intent',
      [`rotation-key-${newKey}`]: newKey,
    });

    expect(await rotation.step('test-access-key')).toMatchObject({ status: 'usable' });
    expect(stage.consumerKey()).toBe(oldKey);

    expect(await rotation.step('publish-access-key')).toMatchObject({ status: 'published' });
    expect(stage.labels()).toMatchObject({ AWSCURRENT: newKey, AWSPREVIOUS: oldKey, AWSPENDING: 'intent' });
    expect(stage.keys()).toEqual({ [oldKey]: 'Active', [newKey]: 'Active' });

    await stage.waitDays(3.1);
    expect((await rotation.step('confirm-adoption')).status).toBe('wait-for-consumers');
    stage.aws.iam.useAccessKey(newKey);
    await stage.wait(3_600_000);
    expect((await rotation.step('confirm-adoption')).status).toBe('adopted');

    expect((await rotation.step('deactivate-access-key')).status).toBe('deactivated');
    expect(stage.keys()).toEqual({ [oldKey]: 'Inactive', [newKey]: 'Active' });

    expect((await rotation.step('confirm-health')).status).toBe('check-again');
    expect((await rotation.step('delete-access-key')).status).toBe('look-again');
    expect(stage.keys()).toEqual({ [oldKey]: 'Inactive', [newKey]: 'Active' });
    await stage.waitDays(14);
    expect((await rotation.step('confirm-health')).status).toBe('recovered');
    expect((await rotation.step('delete-access-key')).status).toBe('completed');

    expect(stage.keys()).toEqual({ [newKey]: 'Active' });
    expect(stage.labels()).toEqual({ AWSCURRENT: newKey, AWSPREVIOUS: oldKey });
    expect(stage.consumerKey()).toBe(newKey);
  });

  test('each step can be repeated: the second time it finds its own work and changes no key', async () => {
    stage = new Stage();
    const { oldKey } = stage;
    const rotation = stage.execution('repeated');
    await rotation.plan();

    await rotation.step('create-access-key');
    const { newKey } = rotation;
    expect(await rotation.step('create-access-key')).toMatchObject({ newAccessKeyId: newKey });
    await rotation.step('test-access-key');
    await rotation.step('publish-access-key');
    await rotation.step('publish-access-key');
    await rotation.adopt();
    await rotation.step('deactivate-access-key');
    await rotation.step('deactivate-access-key');
    await stage.waitDays(14.1);
    await rotation.step('confirm-health');
    await rotation.step('delete-access-key');
    expect((await rotation.step('delete-access-key')).status).toBe('completed');

    expect(stage.changes().filter((action) => action.startsWith('iam:'))).toEqual([
      'iam:TagUser',
      'iam:CreateAccessKey',
      'iam:UpdateAccessKey',
      'iam:DeleteAccessKey',
    ]);
    expect(stage.keys()).toEqual({ [newKey]: 'Active' });
    expect(stage.keys()[oldKey]).toBeUndefined();
  });

  test('a user without a key gets a first one', async () => {
    stage = new Stage({ firstKey: 'none' });
    const rotation = stage.execution('first-key');
    await rotation.walk(...TO_PUBLICATION);
    await stage.wait(300_000);
    expect((await rotation.step('confirm-adoption')).status).toBe('no-old-key');
    expect((await rotation.step('delete-access-key')).status).toBe('completed');
    expect(stage.keys()).toEqual({ [rotation.newKey]: 'Active' });
    expect(stage.labels()).toMatchObject({
      AWSCURRENT: rotation.newKey,
      AWSPREVIOUS: 'placeholder',
    });
    expect(stage.labels().AWSPENDING).toBeUndefined();
  });

  test("an owner's fields survive, also those edited while the key was tested", async () => {
    stage = new Stage();
    stage.alice.edit((fields) => ({ ...fields, bucket: 'before' }));
    const rotation = stage.execution('edited');
    await rotation.walk('create-access-key', 'test-access-key');
    stage.alice.edit((fields) => ({ ...fields, bucket: 'during', added: 1 }));
    await rotation.step('publish-access-key');
    expect(stage.alice.document()).toMatchObject({
      AccessKeyId: rotation.newKey,
      bucket: 'during',
      added: 1,
    });
    expect(stage.consumerKey()).toBe(rotation.newKey);
  });

  test('a key that AWS goes on refusing is condemned and deleted before anybody could read it', async () => {
    stage = new Stage();
    stage.aws.behaviour.keyPropagationDelay = 10 * 60_000;
    const rotation = stage.execution('unusable');
    await rotation.walk('create-access-key');
    await expect(rotation.step('test-access-key')).rejects.toMatchObject({
      name: 'AccessKeyNotUsable',
      message: expect.stringContaining('did not work and was deleted'),
    });
    expect(stage.keys()).toEqual({ [stage.oldKey]: 'Active' });
    expect(stage.labels()).toMatchObject({ AWSCURRENT: stage.oldKey });
    expect(stage.labels()[`rotation-key-${rotation.newKey}`]).toBe('intent');
    // Asked again, the step finds its own verdict.
    await expect(rotation.step('test-access-key')).rejects.toMatchObject({ name: 'AccessKeyNotUsable' });
  });

  test('a rollback brings the old key back, keeps a working new one current, and holds', async () => {
    stage = new Stage({ enrolled: { healthAlarms: ['errors'] } });
    stage.aws.cloudWatch.addAlarm('errors', 'OK');
    const rotation = stage.execution('unhealthy');
    await rotation.walk(...TO_PUBLICATION);
    const { newKey } = rotation;
    expect((await rotation.adopt()).status).toBe('adopted');
    await rotation.step('deactivate-access-key');
    stage.aws.cloudWatch.setAlarmState('errors', 'ALARM');
    await stage.wait(900_000);
    expect((await rotation.step('confirm-health')).status).toBe('roll-back');
    expect(await rotation.step('reactivate-access-key')).toMatchObject({
      status: 'rolled-back',
      failure: { Error: 'ConsumersUnhealthy' },
    });
    expect(stage.keys()).toEqual({ [stage.oldKey]: 'Active', [newKey]: 'Active' });
    expect(stage.labels()).toMatchObject({
      AWSCURRENT: newKey,
      'rotation-held': 'intent',
      AWSPENDING: 'intent',
    });
    rotation.end('FAILED');
    await stage.wait(600_000);

    // Scheduled starts only report; a person resumes.
    const scheduled = stage.execution('scheduled');
    expect(await scheduled.plan(SCHEDULED)).toMatchObject({
      status: 'on-hold',
    });
    await expect(stage.execution('by-hand').plan()).rejects.toMatchObject({ name: 'RotationOnHold' });
    const resumed = stage.execution('resumed');
    await resumed.plan(RESUME);
    expect((await resumed.step('create-access-key')).status).toBe('published');
    expect(stage.labels()['rotation-held']).toBeUndefined();
  });

  test('a deployment that pauses the user is noticed by a running rotation', async () => {
    stage = new Stage();
    const rotation = stage.execution('paused');
    await rotation.walk(...TO_PUBLICATION);
    expect(rotation.state.settings).not.toHaveProperty('paused');
    await stage.waitDays(3.1);
    stage.aws.iam.useAccessKey(rotation.newKey);
    await stage.wait(3_600_000);
    const { enrolled } = stage;
    Object.assign(enrolled, { paused: 'freeze' });
    expect(await rotation.step('confirm-adoption')).toMatchObject({
      status: 'wait-for-consumers',
      outcome: expect.stringContaining('configuration (freeze)'),
    });
    Object.assign(enrolled, { paused: undefined });
    expect((await rotation.step('confirm-adoption')).status).toBe('adopted');
    await rotation.step('deactivate-access-key');
    await stage.waitDays(14);
    Object.assign(enrolled, { paused: 'freeze' });
    expect(await rotation.step('confirm-health')).toMatchObject({ status: 'check-again' });
    Object.assign(enrolled, { paused: undefined });
    expect((await rotation.step('confirm-health')).status).toBe('recovered');
  });

  test('a published key that somebody disables is taken back from the consumers', async () => {
    stage = new Stage();
    const rotation = stage.execution('disabled');
    await rotation.walk(...TO_PUBLICATION);
    const { newKey } = rotation;
    stage.aws.iam.setStatus(newKey, 'Inactive');
    await expect(rotation.step('confirm-adoption')).rejects.toMatchObject({ name: 'StateDrift' });
    rotation.end('FAILED');
    const next = await stage.successor('next');
    expect((await next.step('create-access-key')).status).toBe('restore');
    expect(await next.step('reactivate-access-key')).toMatchObject({ failure: { Error: 'StateDrift' } });
    expect(stage.consumerKey()).toBe(stage.oldKey);
  });
});
