import { SECRET, worldOfAlice } from '../support/alice';
import { failureOf, Stage, TO_PUBLICATION } from './support/stage';

/*
 * Schedules that an attack on this implementation found: functions that nobody waits for any more, answers that
 * come late, and people who edit the secret in the middle of a rotation.
 */

let stage: Stage;
afterEach(() => stage?.close());

describe('a function that nobody waits for any more', () => {
  test('never deletes the key that its successor has published', async () => {
    let hits = 0;
    const world = worldOfAlice(
      {},
      {
        wire: 'full',
        seed: 3,
        interceptInvocation: ({ functionName }) => {
          hits += functionName === 'test-access-key' ? 1 : 0;
          return functionName === 'test-access-key' && hits === 1 ? { kind: 'lose-answer' } : undefined;
        },
      },
    );
    world.aws.faults.inject({
      kind: 'delay',
      ms: 110_000,
      match: ({ operation }) => operation === 'GetCallerIdentity',
    });
    const outages: string[] = [];
    world.aws.onCall(({ operation }) => {
      const { AccessKeyId, SecretAccessKey } = world.document();
      if (!world.aws.iam.authenticates(String(AccessKeyId), String(SecretAccessKey))) outages.push(operation);
    });
    world.consume();
    const { status } = await world.execute();
    world.close();
    expect({ status, outages }).toEqual({ status: 'SUCCEEDED', outages: [] });
  });

  test('a deletion and a publication that meet: whichever comes second gives way', async () => {
    stage = new Stage();
    stage.aws.behaviour.keyPropagationDelay = 10 * 60_000;
    const rotation = stage.execution('first');
    await rotation.walk('create-access-key');
    // The test step is about to delete; at this very moment the key is published, by whoever believes in it.
    stage.aws.faults.inject({
      kind: 'act',
      match: ({ operation, input }) =>
        operation === 'UpdateSecretVersionStage' && String(input.VersionStage).startsWith('rotation-key-'),
      act: () => {
        const version = stage.aws.secretsManager.holderOf(SECRET, `rotation-key-${rotation.newKey}`);
        stage.aws.secretsManager.moveLabel(SECRET, `rotation-published-${rotation.newKey}`, version);
        stage.aws.secretsManager.moveLabel(SECRET, 'AWSCURRENT', version);
      },
    });
    await expect(rotation.step('test-access-key')).rejects.toMatchObject({ name: 'StateDrift' });
    expect(stage.keys()[rotation.newKey]).toBe('Active');
  });

  test('a publication and a deletion that both gave way leave a key that is taken up again', async () => {
    stage = new Stage({ firstKey: 'none' });
    const rotation = stage.execution('first');
    await rotation.walk('create-access-key', 'test-access-key');
    const { newKey } = rotation;
    const intent = stage.aws.secretsManager.holderOf(SECRET, 'AWSPENDING');
    // Right after the mark is set, a function that nobody waits for moves the label to the intent, and sees the mark.
    stage.aws.faults.inject({
      kind: 'act',
      when: 'after',
      match: ({ input }) => input.VersionStage === `rotation-published-${newKey}`,
      act: () => stage.aws.secretsManager.moveLabel(SECRET, `rotation-key-${newKey}`, intent),
    });
    await expect(rotation.step('publish-access-key')).rejects.toMatchObject({ name: 'StateDrift' });
    rotation.end('FAILED');
    const next = await stage.successor('next');
    await next.steps(...TO_PUBLICATION);
    expect(stage.consumerKey()).toBe(newKey);
    expect(stage.keys()).toEqual({ [newKey]: 'Active' });
  });

  test('does not give away the lock of the attempt that followed it', async () => {
    stage = new Stage();
    const rotation = stage.execution('first');
    await rotation.plan();
    stage.aws.faults.inject({
      kind: 'delay',
      ms: 70_000,
      effect: 'with-answer',
      match: ({ operation }) => operation === 'CreateAccessKey',
    });
    await stage.run(async () => {
      const zombie = failureOf(rotation.step('create-access-key'));
      await stage.clock.sleep(60_000);
      await rotation.step('create-access-key');
      await zombie;
    });
    expect(stage.labels().AWSPENDING).toBe('intent');
    expect(Object.keys(stage.keys())).toHaveLength(2);
  });
});

describe('a person who edits the secret in the middle', () => {
  test("a person's key with our other fields beside it is not taken for ours, and ours is not deleted", async () => {
    stage = new Stage();
    const rotation = stage.execution('first');
    await rotation.walk(...TO_PUBLICATION);
    await stage.waitDays(2);
    stage.aws.iam.removeAccessKey(stage.oldKey);
    const persons = stage.aws.iam.addAccessKey('alice');
    stage.alice.edit((fields) => ({
      ...fields,
      AccessKeyId: persons.accessKeyId,
      SecretAccessKey: persons.secretAccessKey,
    }));
    rotation.end();
    const second = await stage.successor('second');
    await expect(second.step('create-access-key')).rejects.toMatchObject({ name: 'StateDrift' });
    expect(stage.keys()).toEqual({ [rotation.newKey]: 'Active', [persons.accessKeyId]: 'Active' });
  });

  test('our key in a version of theirs is proved to be ours by the version in which we stored it', async () => {
    stage = new Stage();
    const rotation = stage.execution('first');
    await rotation.walk('create-access-key', 'test-access-key');
    const { newKey } = rotation;
    const key = stage.aws.iam.key(newKey);
    stage.aws.secretsManager.edit(SECRET, () =>
      JSON.stringify({ Version: 1, AccessKeyId: newKey, SecretAccessKey: key?.secretAccessKey }),
    );
    // Condemned by a function that nobody waits for any more.
    stage.aws.secretsManager.moveLabel(SECRET, `rotation-key-${newKey}`);
    await rotation.step('publish-access-key');
    rotation.end('ABORTED');
    const second = await stage.successor('second');
    expect((await second.step('create-access-key')).status).toBe('published');
    expect(second.newKey).toBe(newKey);
  });

  test('an orphan is not forgotten because AWSCURRENT was edited', async () => {
    stage = new Stage({ firstKey: 'not-in-secret' });
    const rotation = stage.execution('first');
    await rotation.plan();
    stage.loseAnswer('CreateAccessKey');
    await failureOf(rotation.step('create-access-key'));
    const old = stage.aws.iam.key(stage.oldKey);
    stage.alice.edit((fields) => ({
      ...fields,
      AccessKeyId: old?.accessKeyId,
      SecretAccessKey: old?.secretAccessKey,
    }));
    await stage.wait(60_000);
    await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
    expect(stage.labels().AWSPENDING).toBe('intent');
    await stage.wait(11 * 60_000);
    await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'StateDrift' });
    expect(stage.keys()).toEqual({ [stage.oldKey]: 'Active' });
    expect(stage.labels().AWSPENDING).toBeUndefined();
  });

  test.each<[string, string]>([
    ['a field that the placeholder has, too', '"message":"mine","kind":"db"'],
    ['a minus zero', '"n":-0'],
    ['a number with more digits than a double has', '"n":9007199254740993'],
    ['a number that is too large for a double', '"n":1e400'],
  ])("the owner's fields are carried over: %s", async (_case, json) => {
    stage = new Stage();
    stage.aws.secretsManager.edit(SECRET, (text) => `${text.slice(0, -1)},${json}}`);
    const rotation = stage.execution('first');
    await rotation.walk(...TO_PUBLICATION);
    const published = stage.aws.secretsManager.valueOf(SECRET) ?? '{}';
    expect(published).toContain(json);
    expect(JSON.parse(published).AccessKeyId).toBe(rotation.newKey);
  });
});

describe('silence and lateness are no answers', () => {
  test('CloudTrail that is an hour late: the key is neither deleted nor forgotten', async () => {
    stage = new Stage();
    stage.aws.behaviour.cloudTrailDelay = 60 * 60_000;
    const rotation = stage.execution('first');
    await rotation.plan();
    stage.loseAnswer('CreateAccessKey');
    await failureOf(rotation.step('create-access-key'));
    await stage.wait(50 * 60_000);
    await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
    rotation.end('FAILED');
    await stage.wait(20 * 60_000);
    const next = stage.execution('next');
    await next.plan();
    expect((await next.step('create-access-key')).status).toBe('created');
    expect(stage.keys()).toEqual({ [stage.oldKey]: 'Active', [next.newKey]: 'Active' });
  });

  test('one slow answer of STS does not condemn a good key', async () => {
    stage = new Stage();
    const rotation = stage.execution('first');
    await rotation.walk('create-access-key');
    stage.aws.faults.inject({
      kind: 'delay',
      ms: 95_000,
      match: ({ operation }) => operation === 'GetCallerIdentity',
    });
    const outcome = await failureOf(rotation.step('test-access-key'));
    expect(outcome).not.toMatchObject({ name: 'AccessKeyNotUsable' });
    expect(stage.keys()[rotation.newKey]).toBe('Active');
  });
});

describe('a rollback tells what it did, and does what it tells', () => {
  const edited = () => stage.alice.edit((fields) => ({ ...fields, edited: true }));
  const untilRestore = async () => {
    stage = new Stage();
    const rotation = stage.execution('first');
    await rotation.walk(...TO_PUBLICATION);
    return rotation.disable();
  };
  const movesCurrent = ({
    operation,
    input,
  }: {
    operation: string;
    input: Readonly<Record<string, unknown>>;
  }) => operation === 'UpdateSecretVersionStage' && input.VersionStage === 'AWSCURRENT';

  test('a lost answer', async () => {
    const next = await untilRestore();
    stage.aws.faults.inject({ kind: 'after', match: movesCurrent });
    expect((await next.step('reactivate-access-key')).outcome).toContain(
      'again, because the key that it held does not work',
    );
    expect(stage.consumerKey()).toBe(stage.oldKey);
  });

  test('an edit at the same moment', async () => {
    const next = await untilRestore();
    stage.aws.faults.inject({ kind: 'act', match: movesCurrent, act: edited });
    expect((await next.step('reactivate-access-key')).outcome).toContain(
      'again, because the key that it held does not work',
    );
    expect(stage.consumerKey()).toBe(stage.oldKey);
  });

  const untilRollBack = async () => {
    stage = new Stage({ enrolled: { healthAlarms: ['errors'] } });
    stage.aws.cloudWatch.addAlarm('errors', 'OK');
    const rotation = stage.execution('first');
    await rotation.walk(...TO_PUBLICATION);
    await rotation.adopt();
    await rotation.step('deactivate-access-key');
    stage.aws.cloudWatch.setAlarmState('errors', 'ALARM');
    await stage.wait(900_000);
    await rotation.step('confirm-health');
    return rotation;
  };

  test('an old key that is deleted at that very moment', async () => {
    const rotation = await untilRollBack();
    stage.aws.faults.inject({
      kind: 'act',
      match: ({ operation }) => operation === 'UpdateAccessKey',
      act: () => stage.aws.iam.removeAccessKey(stage.oldKey),
    });
    const { outcome } = await rotation.step('reactivate-access-key');
    expect(outcome).toContain('There is no old key of alice to bring back');
    expect(outcome).not.toContain('is Active again');
  });

  test('one that does not get through says so, and what to do about the outage', async () => {
    const rotation = await untilRollBack();
    stage.aws.faults.inject({
      kind: 'throttle',
      times: 99,
      match: ({ service }) => service === 'secretsmanager',
    });
    await expect(rotation.step('reactivate-access-key')).rejects.toMatchObject({
      name: 'TransientServiceError',
      message: expect.stringMatching(
        new RegExp(`DID NOT GET THROUGH.*in ALARM: errors.*--access-key-id ${stage.oldKey} --status Active`),
      ),
    });
  });

  test('one that meets an error without a name of ours says so, too', async () => {
    const rotation = await untilRollBack();
    stage.aws.faults.inject({
      kind: 'error',
      code: 'AccessDenied',
      status: 403,
      match: ({ operation }) => operation === 'UpdateAccessKey',
    });
    await expect(rotation.step('reactivate-access-key')).rejects.toMatchObject({
      name: 'PermissionDenied',
      message: expect.stringContaining('THE ROLLBACK DID NOT GET THROUGH'),
    });
  });
});

test('a key that was marked, never published, and is then refused for a while is not lost', async () => {
  stage = new Stage();
  const rotation = stage.execution('first');
  await rotation.walk('create-access-key', 'test-access-key');
  const { newKey } = rotation;
  stage.aws.faults.inject({
    kind: 'error',
    code: 'AccessDeniedException',
    status: 400,
    match: ({ input }) => input.VersionStage === 'AWSCURRENT' && input.MoveToVersionId !== undefined,
  });
  await expect(rotation.step('publish-access-key')).rejects.toMatchObject({ name: 'PermissionDenied' });
  rotation.end('FAILED');
  await stage.wait(600_000);
  const refusing = stage.aws.faults.inject({
    kind: 'error',
    code: 'InvalidClientTokenId',
    status: 403,
    times: 1e9,
    match: ({ operation }) => operation === 'GetCallerIdentity',
  });
  const second = stage.execution('second');
  await second.plan();
  await second.step('create-access-key');
  await expect(second.step('test-access-key')).rejects.toMatchObject({ name: 'AccessKeyNotUsable' });
  second.end('FAILED');
  refusing();
  await stage.waitDays(1);
  const third = stage.execution('third');
  await third.plan();
  await third.steps(...TO_PUBLICATION);
  expect(stage.consumerKey()).toBe(newKey);
});

test('labels of keys that a person deletes do not pile up', async () => {
  stage = new Stage();
  const before = stage.aws.secretsManager.valueOf(SECRET) ?? '';
  for (const name of ['first', 'second', 'third']) {
    const rotation = stage.execution(name);
    await rotation.walk(...TO_PUBLICATION);
    stage.aws.secretsManager.edit(SECRET, () => before);
    stage.aws.iam.removeAccessKey(rotation.newKey);
    rotation.end();
    await stage.wait(600_000);
  }
  const last = stage.execution('last');
  await last.walk('create-access-key');
  expect(
    Object.keys(stage.labels())
      .filter((label) => label.startsWith('rotation-'))
      .sort(),
  ).toEqual([`rotation-key-${last.newKey}`, 'rotation-scratch']);
});

test('labels of keys that are gone make room for the mark of one that is taken up', async () => {
  stage = new Stage();
  const rotation = stage.execution('first');
  await rotation.walk('create-access-key');
  rotation.end('ABORTED');
  await stage.wait(600_000);
  const current = stage.aws.secretsManager.holderOf(SECRET, 'AWSCURRENT');
  const label = (name: string) => stage.aws.secretsManager.moveLabel(SECRET, name, current);
  // An execution that is redriven after a person has deleted its key leaves these.
  for (const name of ['key', 'published']) label(`rotation-${name}-AKIAGONE000000000000`);
  const second = stage.execution('second');
  await second.plan();
  for (let index = 0; Object.keys(stage.labels()).length < 20; index += 1) label(`own-${index}`);
  await second.steps(...TO_PUBLICATION);
  expect(stage.consumerKey()).toBe(rotation.newKey);
});

test('a secret with too many labels of its owner is refused before anything is begun', async () => {
  stage = new Stage();
  const version = stage.aws.secretsManager.holderOf(SECRET, 'AWSCURRENT');
  const label = (index: number) => stage.aws.secretsManager.moveLabel(SECRET, `own-${index}`, version);
  for (let index = 0; index < 11; index += 1) label(index);
  expect((await stage.execution('eleven').plan()).status).toBe('due');
  label(11);
  await expect(stage.execution('twelve').plan()).rejects.toMatchObject({
    name: 'SecretConflict',
    message: expect.stringContaining('too many staging labels: 1 more'),
  });
});

test('a lost release and a new start in between do not fail a finished rotation', async () => {
  stage = new Stage({ firstKey: 'none' });
  const rotation = stage.execution('first');
  await rotation.walk(...TO_PUBLICATION);
  // As the state machine does: until a create that is in flight must have arrived.
  await stage.wait(180_000);
  await rotation.step('confirm-adoption');
  await rotation.step('delete-access-key');
  const next = stage.execution('next');
  await next.plan();
  await next.step('create-access-key');
  expect((await rotation.step('delete-access-key')).status).toBe('completed');
  await next.step('test-access-key');
  await next.step('publish-access-key');
  expect((await rotation.step('delete-access-key')).status).toBe('completed');
});
