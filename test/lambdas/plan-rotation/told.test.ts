import { type Message, UNDERSTANDS_MESSAGES } from '../../../lambdas/shared/contract/told';
import { emergencyOf, PLAN, ROTATION, SCHEDULED, SECRET } from '../../support/alice';
import { Stage, type StageOptions } from '../support/stage';

/* Who is told what of a plan, and whether it is urgent. The texts are on the page of messages. */

let stage: Stage;
afterEach(() => stage.close());

const open = (options?: StageOptions): void => {
  stage = new Stage(options);
  stage.understands = [...stage.understands, UNDERSTANDS_MESSAGES];
};
const messageOf = async (input: object): Promise<Message> => {
  const error = await stage
    .execution('first')
    .plan({ ...input })
    .catch((thrown: unknown) => thrown);
  return JSON.parse((error as Error).message) as Message;
};
const hold = (): void => {
  const { secretsManager } = stage.aws;
  secretsManager.moveLabel(SECRET, 'rotation-held', secretsManager.holderOf(SECRET, 'AWSCURRENT'));
};

test('a schedule that finds a hold tells of it, and a person who starts a rotation gets an error', async () => {
  open();
  hold();
  const { status, message } = await stage.execution('scheduled').plan(SCHEDULED);
  expect([status, message]).toMatchObject([
    'on-hold',
    { event: 'RotationOnHold', user: 'alice', urgent: 'no', section: 'RotationOnHold' },
  ]);
  expect(await messageOf(ROTATION)).toMatchObject({ event: 'RotationOnHold', user: 'alice' });
});

test.each([
  ['a plan that is only shown', PLAN],
  ['a rotation that starts', ROTATION],
])('nobody is told of %s', async (_what, input) => {
  open();
  expect(await stage.execution('first').plan({ ...input })).not.toHaveProperty('message');
});

const empty = (): void => void stage.aws.secretsManager.putValue(SECRET, '{}');
const switchRotationOn = (): void => stage.aws.secretsManager.setRotationEnabled(SECRET, true);
const enrolled = { rotateAfter: 'P365D' };

test.each<[string, () => object, () => void, StageOptions, 'yes' | 'no', string]>([
  ['a secret that cannot be used', () => ROTATION, switchRotationOn, {}, 'no', 'SecretConflict'],
  ['a secret that was emptied', () => SCHEDULED, empty, { enrolled }, 'yes', 'SecretConflict'],
  [
    'a secret that is scheduled for deletion',
    () => ROTATION,
    () => stage.aws.secretsManager.scheduleDeletion(SECRET),
    {},
    'yes',
    'SecretConflict',
  ],
  [
    'an emergency that cannot be carried out',
    () => emergencyOf(stage.oldKey),
    switchRotationOn,
    {},
    'yes',
    'SecretConflict',
  ],
  [
    'an emergency for a key that nobody has',
    () => emergencyOf('AKIAOTHEROTHEROTHER3'),
    () => {},
    {},
    'yes',
    'End sessions already obtained with a key',
  ],
])('%s', async (_what, input, happens, options, urgent, section) => {
  open(options);
  happens();
  expect(await messageOf(input())).toMatchObject({ urgent, section });
});

test('a leaked key that stays Active is set Inactive by the command that stands first', async () => {
  open();
  switchRotationOn();
  const { text } = await messageOf(emergencyOf(stage.oldKey));
  const [first, ...others] = text.match(/^ {3}aws .*$/gm) ?? [];
  expect(first).toBe(
    `   aws iam update-access-key --user-name alice --access-key-id ${stage.oldKey} --status Inactive`,
  );
  expect(others.at(-1)).toContain(`"accessKeyId":"${stage.oldKey}"`);
});
