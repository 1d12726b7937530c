import { SECRET } from '../support/alice';
import { Stage, TO_PUBLICATION } from './support/stage';

let stage: Stage;
afterEach(() => stage?.close());

test('a key of ours that consumers may have read, and that is no key of the rotation any more, is not passed over in silence', async () => {
  stage = new Stage({ firstKey: 'none', enrolled: { deactivationWindow: 'always' } });
  const first = stage.execution('first');
  await first.walk(...TO_PUBLICATION);
  const published = first.newKey;
  first.end();
  // Somebody sets it Inactive, and empties the secret: the next execution makes another one.
  stage.aws.iam.setStatus(published, 'Inactive');
  stage.aws.secretsManager.putValue(SECRET, '{}');
  await stage.waitDays(1);
  const second = stage.execution('second');
  await second.walk(...TO_PUBLICATION, 'confirm-adoption');
  const made = second.newKey;
  expect(made).not.toBe(published);
  await expect(second.step('delete-access-key')).rejects.toMatchObject({
    name: 'AccessKeyConflict',
    message: expect.stringMatching(
      new RegExp(
        `${published}, which is Inactive, was in AWSCURRENT during this rotation.*get-access-key-last-used`,
      ),
    ),
  });
  expect(stage.keys()).toEqual({ [published]: 'Inactive', [made]: 'Active' });
  expect(stage.labels()).not.toHaveProperty('AWSPENDING');
});

test('a list of keys that does not show the new key yet is no sign that somebody has deleted it', async () => {
  stage = new Stage({ enrolled: { deactivationWindow: 'always' } });
  const rotation = stage.execution('first');
  await rotation.walk(...TO_PUBLICATION);
  stage.aws.behaviour.iamReadLag = 365 * 86_400_000;
  await expect(rotation.step('confirm-adoption')).rejects.toMatchObject({
    name: 'TransientServiceError',
    message: expect.stringContaining('IAM does not show the new key of alice'),
  });
  // A minute later it would be one.
  await stage.wait(60_000);
  await expect(rotation.step('confirm-adoption')).rejects.toMatchObject({ name: 'StateDrift' });
});
