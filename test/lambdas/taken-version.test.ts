import type { Call } from '../../embedded-aws/calls/call-log';
import { SECRET } from '../support/alice';
import { Stage } from './support/stage';

/*
 * A version ID stands for one text for ever. What is to be published has to find an ID under which it can be stored, or the
 * rotation has to say that it cannot.
 */

let stage: Stage;
afterEach(() => stage.close());

const merges = ({ operation }: Call): boolean => operation === 'PutSecretValue';

test('what an attempt has stored does not stop the next one, which writes another text on the same AWSCURRENT', async () => {
  stage = new Stage({ enrolled: { document: 'named-fields' } });
  const createDate = stage.aws.iam.keysOf('alice')[0]?.createDate.toISOString();
  const rotation = stage.execution('dated');
  await rotation.walk('create-access-key', 'test-access-key');
  stage.alice.edit(({ AccessKeyId, SecretAccessKey }) => ({
    AccessKeyId,
    SecretAccessKey,
    CreateDate: createDate,
  }));
  // The text is stored, and the function dies before the key's label is on it.
  const withdraw = stage.throttle('UpdateSecretVersionStage');
  await expect(rotation.step('publish-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
  withdraw();
  // Nothing tells any more that the date is the old key's, so the text is another one.
  stage.aws.iam.removeAccessKey(stage.oldKey);
  expect((await rotation.step('publish-access-key')).status).toBe('published');
  expect(stage.consumerKey()).toBe(rotation.state.newAccessKeyId);
});

test('a version ID that somebody else has taken is named, and any change in AWSCURRENT is a way on', async () => {
  stage = new Stage();
  const rotation = stage.execution('taken');
  await rotation.walk('create-access-key', 'test-access-key');
  stage.alice.edit((fields) => ({ ...fields, added: 'by hand' }));
  stage.aws.faults.inject({
    kind: 'act',
    match: merges,
    act: ({ input }) => {
      const versionId = String(input.ClientRequestToken);
      stage.aws.secretsManager.putValue(SECRET, '{}', { versionId, labels: ['owners'] });
    },
  });
  const refused = {
    name: 'SecretConflict',
    message: expect.stringMatching(
      /^Version access-key-[\w-]+ of .* is there already and holds something else: .* AWSCURRENT was not moved/,
    ),
  };
  await expect(rotation.step('publish-access-key')).rejects.toMatchObject(refused);
  await expect(rotation.step('publish-access-key')).rejects.toMatchObject(refused);
  expect(stage.consumerKey()).toBe(stage.oldKey);
  stage.aws.secretsManager.edit(SECRET, (text) => `${text} `);
  expect((await rotation.step('publish-access-key')).status).toBe('published');
  expect(JSON.parse(stage.aws.secretsManager.valueOf(SECRET) ?? '').added).toBe('by hand');
});
