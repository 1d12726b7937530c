import type { StepName } from '../../lambdas/shared/contract/steps';
import { UNDERSTANDS_MESSAGES } from '../../lambdas/shared/contract/told';
import { emergencyOf, ROLLBACK } from '../support/alice';
import { type Execution, Stage, type StageOptions, TO_PUBLICATION } from './support/stage';

/* Who is told by the steps that retire the old key, and whether it is urgent. The texts are on the page of messages. */

let stage: Stage;
afterEach(() => stage.close());

const open = (enrolled: StageOptions['enrolled'] = {}): void => {
  stage = new Stage({ enrolled: { deactivationWindow: 'always', ...enrolled } });
  stage.understands = [...stage.understands, UNDERSTANDS_MESSAGES];
};

/** A rotation, up to and including these steps. */
const rotation = async (...steps: readonly StepName[]): Promise<Execution> => {
  const execution = stage.execution('first');
  await execution.walk(...TO_PUBLICATION);
  if (steps.length > 0) await execution.adopt();
  for (const step of steps.slice(1)) await execution.step(step);
  return execution;
};

/** An emergency for the only key, up to its publication. */
const emergency = async (): Promise<Execution> => {
  const execution = stage.execution('first');
  await execution.plan(emergencyOf(stage.oldKey));
  for (const step of TO_PUBLICATION) await execution.step(step);
  return execution;
};

/** Goes on with an emergency that has ended, by a plain start. */
const resumed = async (): Promise<Execution> => {
  const first = await emergency();
  first.end('FAILED');
  await stage.wait(600_000);
  const next = stage.execution('next');
  await next.plan();
  return next;
};

const removeOld = (): void => stage.aws.iam.removeAccessKey(stage.oldKey);

describe('confirm-adoption', () => {
  test('tells that the old key is set Inactive though it is in use', async () => {
    open({ onAdoptionDeadline: 'go-on' });
    const execution = await rotation();
    await stage.waitDays(7.1);
    stage.aws.iam.useAccessKey(stage.oldKey);
    await stage.wait(3_600_000);
    expect(await execution.step('confirm-adoption')).toMatchObject({
      status: 'go-on',
      message: { event: 'AdoptionOverruled', user: 'alice', urgent: 'yes' },
    });
  });

  test('tells nobody that consumers have moved, nor that it goes on with a leaked key that is still Active', async () => {
    open();
    const execution = await rotation();
    const adopted = await execution.adopt();
    expect([adopted.status, adopted.message]).toEqual(['adopted', undefined]);
    stage.close();
    open();
    const leaked = await (await emergency()).step('confirm-adoption');
    expect([leaked.status, leaked.message]).toEqual(['go-on', undefined]);
    expect(leaked).toHaveProperty('lastUseOfLeakedKey');
  });

  test('tells that a leaked key is gone, and nobody of another old key', async () => {
    open();
    const execution = await emergency();
    removeOld();
    expect(await execution.step('confirm-adoption')).toMatchObject({
      status: 'no-old-key',
      message: { event: 'LeakedKeyGone', urgent: 'yes', text: expect.stringContaining('in a log') },
    });
    stage.close();
    open();
    const ordinary = await rotation();
    removeOld();
    const { status, message } = await ordinary.step('confirm-adoption');
    expect([status, message]).toEqual(['no-old-key', undefined]);
  });
});

describe('deactivate-access-key', () => {
  test('tells nobody of an ordinary deactivation', async () => {
    open();
    const { status, message } = await (await rotation('confirm-adoption')).step('deactivate-access-key');
    expect([status, message]).toEqual(['deactivated', undefined]);
  });

  test.each<[string, () => void, string]>([
    ['is Inactive', () => {}, 'LeakedKeyInactive'],
    [
      'was set Inactive by somebody else',
      () => stage.aws.iam.setStatus(stage.oldKey, 'Inactive'),
      'LeakedKeyInactive',
    ],
    ['was deleted by somebody else', removeOld, 'LeakedKeyGone'],
  ])('tells that the leaked key %s', async (_what, happens, event) => {
    open();
    const execution = await emergency();
    await execution.step('confirm-adoption');
    happens();
    expect(await execution.step('deactivate-access-key')).toMatchObject({
      status: 'deactivated',
      message: { event, urgent: 'yes', text: expect.stringContaining('in a log') },
    });
  });

  test('tells so whoever goes on with the emergency', async () => {
    open();
    const next = await resumed();
    expect(await next.step('create-access-key')).toMatchObject({
      status: 'contained',
      message: { event: 'LeakedKeyInactive' },
    });
  });

  test('a definition that sends no messages gets none', async () => {
    open();
    stage.understands = [];
    const execution = await emergency();
    await execution.step('confirm-adoption');
    expect(await execution.step('deactivate-access-key')).not.toHaveProperty('message');
  });
});

describe('confirm-health', () => {
  const watched = async (): Promise<Execution> => {
    open({ healthAlarms: ['errors'] });
    stage.aws.cloudWatch.addAlarm('errors', 'OK');
    return rotation('confirm-adoption', 'deactivate-access-key');
  };

  test('tells once that an alarm is gone', async () => {
    const execution = await watched();
    stage.aws.cloudWatch.removeAlarm('errors');
    expect(await execution.step('confirm-health')).toMatchObject({
      status: 'no-verdict',
      message: { event: 'NoVerdict', urgent: 'no' },
    });
    const { status, message } = await execution.step('confirm-health');
    expect([status, message]).toEqual(['check-again', undefined]);
  });

  test('tells of a user that is not enrolled any more', async () => {
    const execution = await watched();
    stage.present = [];
    expect(await execution.step('confirm-health')).toMatchObject({
      status: 'no-verdict',
      message: { event: 'NoVerdict', section: 'Un-enrol a user' },
    });
  });
});

describe('reactivate-access-key', () => {
  const outcome = (message: unknown) => ({ Error: 'ConsumersUnhealthy', details: { errorMessage: message } });

  test('tells of a rollback under the name of its error, also as definitions of earlier releases do', async () => {
    open({ healthAlarms: ['errors'] });
    stage.aws.cloudWatch.addAlarm('errors', 'OK');
    const execution = await rotation('confirm-adoption', 'deactivate-access-key');
    stage.aws.cloudWatch.setAlarmState('errors', 'ALARM');
    await execution.step('confirm-health');
    const told = await execution.step('reactivate-access-key');
    expect(told).toMatchObject({
      status: 'rolled-back',
      message: { event: 'ConsumersUnhealthy', urgent: 'yes' },
      failure: outcome(expect.stringContaining(`The old key ${stage.oldKey} of alice is Active again.`)),
    });
  });

  test('tells of a rollback that a person has asked for', async () => {
    open();
    const first = await rotation('confirm-adoption', 'deactivate-access-key');
    first.end('ABORTED');
    await stage.wait(600_000);
    const back = stage.execution('back');
    await back.plan(ROLLBACK);
    await back.step('create-access-key');
    expect(await back.step('reactivate-access-key')).toMatchObject({
      status: 'rolled-back-by-hand',
      message: { event: 'RolledBackByHand', urgent: 'no' },
    });
  });
});
