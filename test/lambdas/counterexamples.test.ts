import type { StepName } from '../../lambdas/shared/contract/steps';
import { DRAIN_SECONDS, LATE_REQUEST_MARGIN_SECONDS } from '../../lambdas/shared/contract/timing';
import { SCHEDULED, SECRET } from '../support/alice';
import { SECOND } from '../support/time';
import { type Execution, Stage, TO_PUBLICATION } from './support/stage';

/*
 * Each schedule below made an earlier draft of the protocol lose a key, kill a live one, or stall for ever. They
 * are numbered as in the model check that found them.
 */

let stage: Stage;
afterEach(() => stage.close());

const DRAINED = DRAIN_SECONDS * SECOND;
const LATE_REQUEST = LATE_REQUEST_MARGIN_SECONDS * SECOND;

/**
 * An execution that was stopped that long ago, when it had created its key.
 *
 * @param inTheNextStep - The function of the next step was at work, and its answer has never come.
 */
const stopped = async (wait = DRAINED, inTheNextStep = false): Promise<Execution> => {
  stage = new Stage();
  const execution = stage.execution('first');
  await execution.walk('create-access-key');
  const begins = ['TaskScheduled', 'TaskStarted'].map((type) => ({ type, timestamp: stage.clock.now() }));
  if (inTheNextStep) stage.aws.states.addEvents(execution.arn, ...begins);
  execution.end();
  await stage.wait(wait);
  return execution;
};
/** Two successors, planned one after the other. */
const successors = async (): Promise<readonly [Execution, Execution]> => {
  const [second, third] = [stage.execution('second'), stage.execution('third')];
  await second.plan();
  await third.plan();
  return [second, third];
};

test('1: of two successors only one gets the lock, and the key is published once', async () => {
  const first = await stopped();
  const [second, third] = await successors();
  expect(await second.step('create-access-key')).toMatchObject({
    status: 'created',
    newAccessKeyId: first.newKey,
  });
  await expect(third.step('create-access-key')).rejects.toMatchObject({ name: 'RotationInProgress' });
  await second.step('test-access-key');
  await second.step('publish-access-key');
  expect(stage.consumerKey()).toBe(first.newKey);
});

test('1: two successors at the very same moment: the compare-and-set lets one through', async () => {
  await stopped();
  const [second, third] = await successors();
  const attempts = await stage.run(() =>
    Promise.allSettled([second.step('create-access-key'), third.step('create-access-key')]),
  );
  expect(attempts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(attempts.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { name: 'RotationInProgress' },
  });
  expect(Object.keys(stage.keys())).toHaveLength(2);
});

test.each([
  ['right after the stop', 0, LATE_REQUEST, false],
  [
    'a second before a request of the last function must have come',
    LATE_REQUEST - SECOND,
    LATE_REQUEST,
    false,
  ],
  ['a second before the last function must be dead', DRAINED - SECOND, DRAINED, true],
])('2: no takeover %s', async (_when, wait, rest, inTheNextStep) => {
  await stopped(wait, inTheNextStep);
  const second = stage.execution('second');
  await second.plan();
  await expect(second.step('create-access-key')).rejects.toMatchObject({ name: 'RotationInProgress' });
  await stage.wait(rest - wait);
  expect((await second.step('create-access-key')).status).toBe('created');
});

test("3: a person's fresh key is never swept, and the conflict frees the lock", async () => {
  stage = new Stage();
  const rotation = stage.execution('first');
  await rotation.plan();
  const persons = stage.aws.iam.addAccessKey('alice').accessKeyId;
  await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'AccessKeyConflict' });
  expect(stage.keys()).toEqual({ [stage.oldKey]: 'Active', [persons]: 'Active' });
  expect(stage.labels().AWSPENDING).toBeUndefined();
});

test('3: nor when it comes between our list and our create', async () => {
  stage = new Stage();
  let persons = '';
  stage.aws.faults.inject({
    kind: 'act',
    match: (call) => call.operation === 'CreateAccessKey',
    act: () => {
      persons = stage.aws.iam.addAccessKey('alice').accessKeyId;
    },
  });
  const rotation = stage.execution('first');
  await rotation.plan();
  // What took the place is not known before CloudTrail says so.
  await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
  await stage.wait(11 * 60_000);
  await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'AccessKeyConflict' });
  expect(stage.keys()).toEqual({ [stage.oldKey]: 'Active', [persons]: 'Active' });
  expect(stage.labels().AWSPENDING).toBeUndefined();
});

test('3: nor after a crash, because CloudTrail names its creator', async () => {
  stage = new Stage();
  const rotation = stage.execution('first');
  await rotation.plan();
  stage.aws.faults.inject({ kind: 'before', match: (call) => call.operation === 'CreateAccessKey' });
  await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
  const persons = stage.aws.iam.addAccessKey('alice').accessKeyId;
  await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
  await stage.wait(11 * 60_000);
  await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'AccessKeyConflict' });
  expect(stage.keys()).toEqual({ [stage.oldKey]: 'Active', [persons]: 'Active' });
});

test('4: a key that was stored before the crash is adopted, not called a conflict for ever', async () => {
  stage = new Stage();
  const first = stage.execution('first');
  await first.walk('create-access-key');
  expect((await secondAfter(first)).newKey).toBe(first.newKey);
  expect(Object.keys(stage.keys())).toHaveLength(2);
});

/** The execution ends; its successor takes over and repeats the create step. */
const secondAfter = async (first: Execution): Promise<Execution> => {
  first.end();
  const second = await stage.successor(`after-${stage.aws.calls.length}`);
  await second.step('create-access-key');
  return second;
};

test('5: the old key is remembered although it never was in the secret, and AWSPREVIOUS moves', async () => {
  stage = new Stage({ firstKey: 'not-in-secret' });
  const first = stage.execution('first');
  await first.walk(...TO_PUBLICATION);
  stage.alice.edit((fields) => ({ ...fields, edited: true }));
  const second = await secondAfter(first);
  expect(second.state).toMatchObject({
    status: 'published',
    newAccessKeyId: first.newKey,
    rotation: { oldAccessKeyId: stage.oldKey },
  });
});

test("6: a predecessor's orphan does not become a key from before", async () => {
  stage = new Stage();
  const first = stage.execution('first');
  await first.plan();
  stage.loseAnswer('CreateAccessKey');
  await expect(first.step('create-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
  const orphan = Object.keys(stage.keys()).find((id) => id !== stage.oldKey);
  first.end();
  await stage.wait(11 * 60_000);
  const second = stage.execution('second');
  await second.plan();
  await second.step('create-access-key');
  expect(stage.keys()).toEqual({ [stage.oldKey]: 'Active', [second.newKey]: 'Active' });
  expect(second.newKey).not.toBe(orphan);
});

test('6: the same execution removes its own orphan, as soon as CloudTrail proves whose it is', async () => {
  stage = new Stage();
  const rotation = stage.execution('first');
  await rotation.plan();
  stage.loseAnswer('CreateAccessKey');
  await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
  await stage.wait(60_000);
  await expect(rotation.step('create-access-key')).rejects.toMatchObject({
    name: 'TransientServiceError',
    message: expect.stringContaining('CloudTrail does not show yet'),
  });
  await stage.wait(11 * 60_000);
  await rotation.step('create-access-key');
  expect(Object.keys(stage.keys())).toHaveLength(2);
  expect(stage.changes().filter((action) => action === 'iam:DeleteAccessKey')).toHaveLength(1);
});

test('7: a condemned key can never be published, even while its deletion is still on its way', async () => {
  stage = new Stage();
  stage.aws.behaviour.keyPropagationDelay = 10 * 60_000;
  const rotation = stage.execution('first');
  await rotation.walk('create-access-key');
  const { newKey } = rotation;
  stage.aws.faults.inject({
    kind: 'late',
    delayMs: 3_600_000,
    match: (call) => call.operation === 'DeleteAccessKey',
  });
  await expect(rotation.step('test-access-key')).rejects.toBeDefined();
  await expect(rotation.step('publish-access-key')).rejects.toBeDefined();
  expect(stage.consumerKey()).toBe(stage.oldKey);
  await stage.wait(2 * 3_600_000);
  expect(stage.consumerKey()).toBe(stage.oldKey);
  expect(stage.keys()[newKey]).toBeUndefined();
});

test('8: a store that arrives late meets a tombstone', async () => {
  stage = new Stage();
  const rotation = stage.execution('first');
  await rotation.plan();
  // Every attempt to store the key breaks, and commits an hour later; the function then dies.
  stage.aws.faults.inject({
    kind: 'late',
    delayMs: 3_600_000,
    times: 3,
    match: (call) =>
      call.operation === 'PutSecretValue' && String(call.input.ClientRequestToken).startsWith('access-key-'),
  });
  await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
  const orphan = Object.keys(stage.keys()).find((id) => id !== stage.oldKey) ?? '';
  await stage.wait(11 * 60_000);
  await rotation.step('create-access-key');
  await stage.wait(2 * 3_600_000);
  expect(stage.labels()[`rotation-key-${orphan}`]).toBeUndefined();
  expect(Object.keys(stage.keys()).sort()).toEqual([stage.oldKey, rotation.newKey].sort());
});

test('9: a plan that a whole rotation has overtaken is given up under the lock', async () => {
  stage = new Stage();
  const late = stage.execution('late');
  await late.plan();
  const quick = stage.execution('quick');
  await quick.walk(...TO_PUBLICATION);
  await quick.adopt();
  await quick.retire();
  quick.end('SUCCEEDED');

  await expect(late.step('create-access-key')).rejects.toMatchObject({ name: 'StateDrift' });
  expect(stage.keys()).toEqual({ [quick.newKey]: 'Active' });
  expect(stage.labels().AWSPENDING).toBeUndefined();
});

test.each<StepName>(['create-access-key', 'test-access-key', 'publish-access-key'])(
  '10: a redriven execution changes nothing at %s',
  async (step) => {
    stage = new Stage();
    const rotation = stage.execution('first');
    await rotation.walk(...(step === 'create-access-key' ? [] : (['create-access-key'] as const)));
    const before = stage.aws.calls.length;
    await expect(rotation.step(step, 1)).rejects.toMatchObject({
      name: 'InvalidRotationInput',
      message: expect.stringContaining('Start a new execution'),
    });
    expect(stage.aws.calls.length).toBe(before);
  },
);

test('12: a schedule does not skip a user whose current key was disabled', async () => {
  stage = new Stage();
  stage.aws.iam.setStatus(stage.oldKey, 'Inactive');
  expect(await stage.execution('first').plan(SCHEDULED)).toMatchObject({
    status: 'due',
  });
});

test("13: an owner's read-modify-write across publication does not let the old key be deactivated", async () => {
  stage = new Stage();
  const before = stage.aws.secretsManager.valueOf(SECRET) ?? '';
  const rotation = stage.execution('first');
  await rotation.walk(...TO_PUBLICATION);
  stage.aws.secretsManager.edit(SECRET, () => before);
  // So soon after the publication, the reads may as well be late.
  for (const name of ['TransientServiceError', 'StateDrift']) {
    await expect(rotation.step('confirm-adoption')).rejects.toMatchObject({ name });
    await expect(rotation.step('deactivate-access-key')).rejects.toMatchObject({ name });
    await stage.wait(60_000);
  }
  expect(stage.keys()[stage.oldKey]).toBe('Active');
  // The next execution publishes again.
  const second = await secondAfter(rotation);
  await second.step('test-access-key');
  await second.step('publish-access-key');
  expect(stage.consumerKey()).toBe(rotation.newKey);
});

test('a step whose lock was taken over changes nothing', async () => {
  stage = new Stage();
  const first = stage.execution('first');
  await first.walk('create-access-key', 'test-access-key');
  await secondAfter(first);
  const changes = stage.changes().length;
  for (const step of ['test-access-key', 'publish-access-key'] satisfies StepName[]) {
    await expect(first.step(step)).rejects.toMatchObject({ name: 'InvalidRotationInput' });
  }
  // Even where Step Functions does not show yet that it is over.
  stage.aws.states.setStatus(first.arn, 'RUNNING');
  for (const step of ['test-access-key', 'publish-access-key'] satisfies StepName[]) {
    await expect(first.step(step)).rejects.toMatchObject({ name: 'StateDrift' });
  }
  expect(stage.changes()).toHaveLength(changes);
});

test('a lost answer of the compare-and-set is recognised as our own success', async () => {
  stage = new Stage();
  const rotation = stage.execution('first');
  await rotation.plan();
  stage.loseAnswer('UpdateSecretVersionStage');
  expect((await rotation.step('create-access-key')).status).toBe('created');
  await rotation.step('test-access-key');
  stage.loseAnswer('UpdateSecretVersionStage');
  expect((await rotation.step('publish-access-key')).status).toBe('published');
});

test('a lost answer of a takeover is recognised as our own success', async () => {
  await stopped();
  stage.loseAnswer('UpdateSecretVersionStage');
  const second = stage.execution('second');
  await second.plan();
  expect((await second.step('create-access-key')).status).toBe('created');
  expect(stage.aws.faults.pending).toBe(0);
});

test('an orphan that the list did not show is swept before the rotation is closed', async () => {
  // The mark of ownership would be waited for, too.
  stage = new Stage({ firstKey: 'none', enrolled: { ownershipMark: 'off' } });
  // No list shows what happens from here on.
  stage.aws.behaviour.iamReadLag = 365 * 86_400_000;
  const rotation = stage.execution('first');
  await rotation.plan();
  stage.loseAnswer('CreateAccessKey');
  await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
  const [orphan = ''] = Object.keys(stage.keys());
  await stage.wait(60_000);
  await rotation.step('create-access-key');
  expect(Object.keys(stage.keys()).sort()).toEqual([orphan, rotation.newKey].sort());
  await stage.wait(6 * 60_000);
  stage.aws.behaviour.iamReadLag = 0;
  await rotation.step('test-access-key');
  await rotation.step('publish-access-key');
  await rotation.step('confirm-adoption');
  await expect(rotation.step('delete-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
  expect(stage.labels().AWSPENDING).toBe('intent');
  await stage.wait(11 * 60_000);
  await rotation.step('delete-access-key');
  expect(stage.keys()).toEqual({ [rotation.newKey]: 'Active' });
});

test('an orphan that the list shows only when the quota refuses is not taken for a conflict', async () => {
  stage = new Stage({ enrolled: { ownershipMark: 'off' } });
  stage.aws.behaviour.iamReadLag = 3_600_000;
  const rotation = stage.execution('first');
  await rotation.plan();
  stage.loseAnswer('CreateAccessKey');
  await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
  await stage.wait(60_000);
  stage.aws.faults.inject({
    kind: 'act',
    match: (call) => call.operation === 'CreateAccessKey',
    act: () => {
      stage.aws.behaviour.iamReadLag = 0;
    },
  });
  await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
  await stage.wait(11 * 60_000);
  expect((await rotation.step('create-access-key')).status).toBe('created');
  expect(Object.keys(stage.keys())).toHaveLength(2);
});

test('a merge does not give its label back to a key that was condemned meanwhile', async () => {
  stage = new Stage();
  const rotation = stage.execution('first');
  await rotation.walk('create-access-key', 'test-access-key');
  const label = `rotation-key-${rotation.newKey}`;
  const intent = stage.aws.secretsManager.holderOf(SECRET, 'AWSPENDING');
  stage.alice.edit((fields) => ({ ...fields, edited: true }));
  stage.aws.faults.inject({
    kind: 'act',
    match: (call) => call.operation === 'PutSecretValue',
    act: () => stage.aws.secretsManager.moveLabel(SECRET, label, intent),
  });
  await expect(rotation.step('publish-access-key')).rejects.toMatchObject({ name: 'StateDrift' });
  expect(stage.consumerKey()).toBe(stage.oldKey);
});

test("an owner's edit between our read and our move is merged, not lost", async () => {
  stage = new Stage();
  const rotation = stage.execution('first');
  await rotation.walk('create-access-key', 'test-access-key');
  stage.aws.faults.inject({
    kind: 'act',
    match: (call) => call.operation === 'UpdateSecretVersionStage',
    act: () =>
      void stage.aws.secretsManager.edit(SECRET, (text) =>
        JSON.stringify({ ...JSON.parse(text), edited: true }),
      ),
  });
  await rotation.step('publish-access-key');
  expect(JSON.parse(stage.aws.secretsManager.valueOf(SECRET) ?? '{}')).toMatchObject({ edited: true });
  expect(stage.consumerKey()).toBe(rotation.newKey);
});

test('a lock that a person takes away during the recovery period does not pass for a finished rotation', async () => {
  stage = new Stage();
  const rotation = stage.execution('first');
  await rotation.walk(...TO_PUBLICATION);
  await rotation.adopt();
  await rotation.step('deactivate-access-key');
  stage.aws.secretsManager.moveLabel(SECRET, 'AWSPENDING');
  await stage.waitDays(15);
  await expect(rotation.step('delete-access-key')).rejects.toMatchObject({ name: 'StateDrift' });
  expect(stage.keys()[stage.oldKey]).toBe('Inactive');
});
