import type { StepName } from '../../lambdas/shared/contract/steps';
import { accessKeyDocument } from '../../lambdas/shared/secret/key-document';
import { emergencyOf, PLAN, ROLLBACK, SCHEDULED, SECRET } from '../support/alice';
import { Stage } from './support/stage';

/*
 * A key that works, or could work again, for somebody else is never overwritten: neither by a rotation that begins, nor by
 * one that somebody edits the secret under.
 */

let stage: Stage;
afterEach(() => stage?.close());

/** Puts a key of bob's, with these changes of the document, into alice's secret. */
const putBobs = (fields: Readonly<Record<string, unknown>> = {}): string => {
  stage.aws.iam.addUser({ userName: 'bob' });
  stage.aws.behaviour.keyPropagationDelay = 0;
  const key = stage.aws.iam.addAccessKey('bob');
  const document = JSON.parse(accessKeyDocument(key)) as Record<string, unknown>;
  stage.aws.secretsManager.putValue(SECRET, JSON.stringify({ ...document, ...fields }));
  return key.accessKeyId;
};

const putTemporary = (fields: Readonly<Record<string, unknown>> = {}): string => {
  const { accessKeyId, secretAccessKey, sessionToken } = stage.aws.roleCredentials(
    'arn:aws:iam::111122223333:role/of-somebody',
  );
  const document = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken };
  stage.aws.secretsManager.putValue(SECRET, JSON.stringify({ ...document, ...fields }));
  return accessKeyId;
};

const conflict = (message: RegExp) => ({ name: 'SecretConflict', message: expect.stringMatching(message) });

describe('before a rotation', () => {
  test.each<[string, () => string, RegExp]>([
    [
      'bob’s key',
      () => putBobs({ UserName: 'alice' }),
      /not a key of alice: AWS accepts it as arn:aws:iam::\d+:user\/bob\./,
    ],
    [
      'bob’s key with a wrong secret',
      () => putBobs({ SecretAccessKey: 'a-mistyped-secret-access-key' }),
      /AWS knows it, but with another secret access key\./,
    ],
    [
      'bob’s Inactive key',
      () => {
        const accessKeyId = putBobs({ UserName: 'alice' });
        stage.aws.iam.setStatus(accessKeyId, 'Inactive');
        stage.aws.behaviour.statusPropagationDelay = 0;
        return accessKeyId;
      },
      /IAM knows it as a key of the user bob\./,
    ],
    [
      'a key that is gone, and that the document says is bob’s',
      () => {
        const accessKeyId = putBobs();
        stage.aws.iam.removeAccessKey(accessKeyId);
        stage.aws.behaviour.statusPropagationDelay = 0;
        return accessKeyId;
      },
      /the field UserName beside it names bob\./,
    ],
    [
      'a temporary key',
      putTemporary,
      /AWS accepts it as arn:aws:sts::\d+:assumed-role\/of-somebody\/embedded\./,
    ],
    [
      'a temporary key without its token',
      () => putTemporary({ SessionToken: 'of another session' }),
      /it is a temporary key/,
    ],
  ])('%s in the secret is a conflict, in the plan', async (_case, put, message) => {
    for (const input of [{}, { trigger: 'schedule' }]) {
      stage?.close();
      stage = new Stage();
      const accessKeyId = put();
      const plan = stage.execution('first').plan({ userName: 'alice', ...input });
      await expect(plan).rejects.toMatchObject(conflict(message));
      await expect(plan).rejects.toMatchObject(
        conflict(/Nothing was changed\. Keys now: .* put-secret-value/),
      );
      expect(stage.changes()).toEqual([]);
      expect(stage.alice.current()).toBe(accessKeyId);
    }
  });

  test('an emergency says what stays exposed, and overwrites nothing', async () => {
    stage = new Stage();
    const bobs = putBobs();
    const plan = stage.execution('first').plan(emergencyOf(stage.oldKey));
    await expect(plan).rejects.toMatchObject(
      conflict(/The leaked key AKIA\w{16} of alice is still Active.*update-access-key/),
    );
    expect(stage.alice.current()).toBe(bobs);
  });

  test('a plan says so, too', async () => {
    stage = new Stage();
    putBobs();
    const { outcome } = await stage.execution('first').plan(PLAN);
    expect(outcome).toMatch(/would not start: it would end in SecretConflict\. .*user\/bob/);
  });

  test('a key that is so new that AWS does not accept it yet is waited for', async () => {
    stage = new Stage();
    const key = { ...stage.aws.iam.addAccessKey('alice'), userName: 'alice' };
    stage.aws.iam.removeAccessKey(key.accessKeyId);
    stage.aws.behaviour.statusPropagationDelay = 0;
    stage.aws.secretsManager.putValue(SECRET, accessKeyDocument(key));
    await expect(stage.execution('first').plan()).rejects.toMatchObject({ name: 'TransientServiceError' });
    await stage.wait(90_000);
    expect(await stage.execution('second').plan()).toMatchObject({ status: 'due' });
  });

  test('a key that nobody has is replaced at once', async () => {
    stage = new Stage();
    stage.aws.iam.removeAccessKey(stage.oldKey);
    await stage.wait(90_000);
    expect(await stage.execution('first').plan(SCHEDULED)).toMatchObject({
      status: 'due',
      outcome: expect.stringContaining('does not exist'),
    });
  });

  test('whether a key is gone is not known when AWS cannot be asked', async () => {
    stage = new Stage();
    stage.aws.iam.removeAccessKey(stage.oldKey);
    stage.throttle('GetCallerIdentity');
    const plan = stage.execution('first').plan();
    await expect(plan).rejects.toMatchObject({ name: 'TransientServiceError' });
    expect(stage.changes()).toEqual([]);
  });

  test('a user’s own key that the list does not show yet is waited for', async () => {
    stage = new Stage({ firstKey: 'none' });
    stage.aws.behaviour.keyPropagationDelay = 0;
    const key = stage.aws.iam.addAccessKey('alice');
    stage.aws.secretsManager.putValue(SECRET, accessKeyDocument(key));
    stage.aws.behaviour.iamReadLag = 600_000;
    const plan = stage.execution('first').plan();
    await expect(plan).rejects.toMatchObject({ name: 'TransientServiceError' });
    expect(stage.alice.current()).toBe(key.accessKeyId);
  });
});

describe('during a rotation', () => {
  const WALK = ['create-access-key', 'test-access-key', 'publish-access-key'] as const;

  /** The steps before this one are taken, then bob's key is put into the secret. */
  const editBefore = async (step: StepName, input: Readonly<Record<string, unknown>> = {}) => {
    stage = new Stage();
    const rotation = stage.execution('first');
    await rotation.plan({ userName: 'alice', ...input });
    for (const before of WALK.slice(0, WALK.indexOf(step as (typeof WALK)[number])))
      await rotation.step(before);
    return { rotation, bobs: putBobs() };
  };

  test.each(['create-access-key', 'publish-access-key'] as const)(
    '%s gives up, and the next start is told',
    async (step) => {
      const { rotation, bobs } = await editBefore(step);
      await expect(rotation.step(step)).rejects.toMatchObject(conflict(/not a key of alice: AWS accepts it/));
      rotation.end('FAILED');
      await stage.wait(600_000);
      await expect(stage.execution('second').plan()).rejects.toMatchObject(conflict(/user\/bob/));
      expect(stage.alice.current()).toBe(bobs);
      expect(stage.keys()[stage.oldKey]).toBe('Active');
    },
  );

  test.each(['create-access-key', 'publish-access-key'] as const)(
    'of an emergency, %s gives up, and keeps what is known of the leak',
    async (step) => {
      stage = new Stage();
      const { oldKey } = stage;
      stage.close();
      const leaked = { action: 'emergency', accessKeyId: oldKey, reason: 'leaked' };
      const { rotation, bobs } = await editBefore(step, leaked);
      await expect(rotation.step(step)).rejects.toMatchObject(conflict(/not a key of alice/));
      expect(stage.alice.current()).toBe(bobs);
      expect(stage.labels().AWSPENDING).toBe('intent');
    },
  );

  test('an edit right before the label moves is lost to the edit, not the edit to it', async () => {
    stage = new Stage();
    const rotation = stage.execution('first');
    await rotation.walk('create-access-key', 'test-access-key');
    let bobs = '';
    stage.aws.faults.inject({
      kind: 'act',
      match: ({ operation, input }) =>
        operation === 'UpdateSecretVersionStage' && input.VersionStage === 'AWSCURRENT',
      act: () => {
        bobs = putBobs();
      },
    });
    await expect(rotation.step('publish-access-key')).rejects.toMatchObject(conflict(/user\/bob/));
    expect(stage.alice.current()).toBe(bobs);
  });

  test('when the edit is undone, the next start goes on with the key that is there', async () => {
    const { rotation } = await editBefore('publish-access-key');
    await expect(rotation.step('publish-access-key')).rejects.toMatchObject({ name: 'SecretConflict' });
    rotation.end('FAILED');
    stage.aws.secretsManager.moveLabel(
      SECRET,
      'AWSCURRENT',
      stage.aws.secretsManager.holderOf(SECRET, 'AWSPREVIOUS'),
    );
    await stage.wait(600_000);
    const second = stage.execution('second');
    expect(await second.walk(...WALK)).toMatchObject({ status: 'published' });
    expect(stage.alice.current()).toBe(rotation.state.newAccessKeyId);
  });

  describe('a rollback', () => {
    const rollBack = async (given: () => void = () => {}) => {
      const published = await editBefore('confirm-adoption');
      published.rotation.end();
      await stage.wait(600_000);
      const rollback = stage.execution('rollback');
      given();
      stage.aws.iam.setStatus(stage.oldKey, 'Inactive');
      await rollback.plan(ROLLBACK);
      await rollback.step('create-access-key');
      return { ...published, rollback };
    };

    test('brings the old key back, sets the hold, and leaves the key there', async () => {
      const { rollback, bobs } = await rollBack();
      const output = await rollback.step('reactivate-access-key');
      expect(output).toMatchObject({
        status: 'rolled-back',
        failure: { Error: 'SecretConflict' },
        outcome: expect.stringMatching(
          /is Active again\..*not a key of alice: AWS accepts it as .*It was left there/,
        ),
      });
      expect(stage.alice.current()).toBe(bobs);
      expect(stage.labels()['rotation-held']).toBe('intent');
    });

    test('that cannot ask whose it is has brought the old key back and set the hold', async () => {
      const { rollback, bobs } = await rollBack(() => stage.throttle('GetCallerIdentity'));
      await expect(rollback.step('reactivate-access-key')).rejects.toMatchObject({
        name: 'TransientServiceError',
      });
      expect(stage.alice.current()).toBe(bobs);
      expect(stage.keys()[stage.oldKey]).toBe('Active');
      expect(stage.labels()['rotation-held']).toBe('intent');
    });
  });
});
