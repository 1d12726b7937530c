import { STEP_NAMES, type StepName } from '../../lambdas/shared/contract/steps';
import { emergencyOf, SECRET } from '../support/alice';
import { type Execution, Stage } from './support/stage';

/*
 * Every failure of an emergency says that the leaked key may still be Active, and what to do, unless the same message shows
 * that there is no such key any more.
 */

let stage: Stage;
afterEach(() => stage.close());

/** An emergency for the user's only key, right before this step. */
const emergencyBefore = async (step: StepName): Promise<Execution> => {
  stage = new Stage();
  const emergency = stage.execution('emergency');
  await emergency.plan(emergencyOf(stage.oldKey));
  for (const before of STEP_NAMES.slice(STEP_NAMES.indexOf('create-access-key'), STEP_NAMES.indexOf(step))) {
    await emergency.step(before);
  }
  return emergency;
};

const remove = (accessKeyIds: readonly string[]) => {
  for (const accessKeyId of accessKeyIds) stage.aws.iam.removeAccessKey(accessKeyId);
};

const failureOf = async (emergency: Execution, step: StepName): Promise<string> =>
  emergency.step(step).then(
    ({ outcome }) => `no failure, but ${outcome}`,
    ({ message }: Error) => message,
  );

const NOTE = 'MAY STILL BE ACTIVE';

describe.each<[StepName, () => void]>([
  // Without it, this step would create another key.
  ['create-access-key', () => void stage.aws.secretsManager.edit(SECRET, () => 'not JSON')],
  ['test-access-key', () => {}],
  ['publish-access-key', () => {}],
  ['confirm-adoption', () => {}],
  ['deactivate-access-key', () => {}],
])('%s', (step, spoil) => {
  test('a failure does not speak of the leaked key when the user has no key left', async () => {
    const emergency = await emergencyBefore(step);
    spoil();
    remove(Object.keys(stage.keys()));
    // Until then a list without the new key is late.
    await stage.wait(60_000);
    const failure = await failureOf(emergency, step);
    expect(failure).toContain('The user has no access key.');
    expect(failure).not.toContain(NOTE);
  });

  test('a failure does when the leaked key is left', async () => {
    const emergency = await emergencyBefore(step);
    spoil();
    remove(Object.keys(stage.keys()).filter((accessKeyId) => accessKeyId !== stage.oldKey));
    await stage.wait(60_000);
    const failure = await failureOf(emergency, step);
    expect(failure).toContain(`${stage.oldKey} Active`);
    expect(failure).toContain(NOTE);
  });
});
