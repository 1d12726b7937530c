import type { StepName } from '../../../lambdas/shared/contract/steps';
import { accessKeyDocument } from '../../../lambdas/shared/secret/key-document';
import { SCHEDULED, SECRET } from '../../support/alice';
import { Stage, type StageOptions } from '../support/stage';

/* A secret that somebody has damaged after a rotation is noticed by the next scheduled start, whatever the key's age. */

let stage: Stage;
afterEach(() => stage?.close());

const WALK: readonly StepName[] = [
  'create-access-key',
  'test-access-key',
  'publish-access-key',
  'delete-access-key',
];

/** A first key is made and published: the rotation is over in minutes. */
const rotated = async (options: StageOptions = {}): Promise<string> => {
  stage = new Stage({ firstKey: 'none', ...options });
  const rotation = stage.execution('first');
  await rotation.walk(...WALK.slice(0, 3));
  await rotation.step('confirm-adoption');
  await rotation.step('delete-access-key');
  rotation.end('SUCCEEDED');
  await stage.waitDays(1);
  return rotation.newKey;
};

const put = (fields: unknown) => stage.aws.secretsManager.putValue(SECRET, JSON.stringify(fields));
const value = () => JSON.parse(stage.aws.secretsManager.valueOf(SECRET) ?? '{}') as Record<string, unknown>;
const scheduled = (name = 'scheduled') => stage.execution(name).plan(SCHEDULED);

/** What the message tells the person to do: AWSCURRENT goes to the version that it names. */
const doAsTold = async (message: string): Promise<void> => {
  const [, from, to] =
    /--version-stage AWSCURRENT --remove-from-version-id (\S+) --move-to-version-id ([\w-]+)/.exec(message) ??
    [];
  expect(stage.aws.secretsManager.holderOf(SECRET, 'AWSCURRENT')).toBe(from);
  stage.aws.secretsManager.moveLabel(SECRET, 'AWSCURRENT', to);
};

const messageOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'SecretConflict' });
  return (error as Error).message;
};

test.each<[string, () => void, RegExp]>([
  ['emptied', () => put({}), /holds no key any more\. It held AKIA\w{16}, which alice still has/],
  [
    'emptied twice, so that AWSPREVIOUS has no key either',
    () => {
      put({});
      put({ Owner: 'edited' });
    },
    /holds no key any more/,
  ],
  [
    'given another secret access key',
    () => put({ ...value(), SecretAccessKey: 'a-mistyped-secret-access-key' }),
    /with a wrong secret access key/,
  ],
])('a secret that was %s is told of, with what brings it back', async (_case, damage, message) => {
  const newKey = await rotated();
  damage();
  const told = await messageOf(scheduled());
  expect(told).toMatch(message);
  expect(told).toMatch(/Nothing was changed\. Keys now: AKIA\w{16} Active\./);
  expect(stage.consumerKey()).toBeUndefined();
  await doAsTold(told);
  expect(stage.consumerKey()).toBe(newKey);
  expect(await scheduled('again')).toMatchObject({ status: 'nothing-to-do' });
});

test('a person who starts a rotation instead gets another key', async () => {
  await rotated();
  put({});
  expect(await stage.execution('manual').plan()).toMatchObject({ status: 'due' });
});

test('a plan says what the schedule would do', async () => {
  await rotated();
  put({});
  const { outcome } = await stage.execution('plan').plan({ userName: 'alice', action: 'plan' });
  expect(outcome).toMatch(
    /A rotation of alice would start .*The schedule would not start it now, but end in SecretConflict\. .*holds no key any more/,
  );
});

test('a key that is old enough is rotated, which puts a key into the secret', async () => {
  await rotated();
  put({});
  await stage.waitDays(80);
  expect(await scheduled()).toMatchObject({ status: 'due' });
});

test('a key that somebody has set Inactive is replaced at once', async () => {
  const newKey = await rotated();
  stage.aws.iam.setStatus(newKey, 'Inactive');
  expect(await scheduled()).toMatchObject({ status: 'due', outcome: expect.stringContaining('is Inactive') });
});

test('what cannot be understood is told of', async () => {
  await rotated();
  stage.aws.secretsManager.putValue(SECRET, 'no JSON');
  expect(await messageOf(scheduled())).toMatch(/cannot be understood: its value is not JSON/);
});

describe('nothing is wrong', () => {
  const young: Partial<StageOptions> = { enrolled: { rotateAfter: 'P365D' } };

  test.each<[string, StageOptions]>([
    ['with a secret that has not held a key yet', { ...young, firstKey: 'not-in-secret' }],
    [
      'with an owner’s document without a key',
      { ...young, firstKey: 'not-in-secret', secretString: '{"Owner":"x"}' },
    ],
    ['with a key that the owner has put there', young],
  ])('%s', async (_case, options) => {
    stage = new Stage(options);
    expect(await scheduled()).toMatchObject({ status: 'nothing-to-do' });
    if (options.firstKey === 'not-in-secret') {
      put({ Owner: 'edited' });
      expect(await scheduled('again')).toMatchObject({ status: 'nothing-to-do' });
    }
  });

  test.each<[string, () => void]>([
    ['after a rotation', () => {}],
    ['when the owner has edited a field of theirs', () => put({ ...value(), Owner: 'edited' })],
  ])('%s', async (_case, edit) => {
    await rotated();
    edit();
    expect(await scheduled()).toMatchObject({ status: 'nothing-to-do' });
  });

  test('when the version that would tell cannot be read', async () => {
    await rotated();
    put({});
    stage.aws.faults.inject({
      kind: 'error',
      code: 'DecryptionFailure',
      status: 400,
      match: ({ operation, input }) => operation === 'GetSecretValue' && input.VersionId !== undefined,
      times: Number.POSITIVE_INFINITY,
    });
    expect(await scheduled()).toMatchObject({ status: 'nothing-to-do' });
  });
});

test('a key of the owner’s that was put in before any rotation, and taken out again, is missed, too', async () => {
  stage = new Stage({ enrolled: { rotateAfter: 'P365D' } });
  put({});
  expect(await messageOf(scheduled())).toMatch(/holds no key any more/);
});

test('AWS that does not answer is no answer', async () => {
  await rotated();
  put({});
  stage.aws.faults.inject({
    kind: 'error',
    code: 'ThrottlingException',
    status: 400,
    match: ({ operation, input }) => operation === 'GetSecretValue' && input.VersionId !== undefined,
    times: Number.POSITIVE_INFINITY,
  });
  await expect(scheduled()).rejects.toMatchObject({ name: 'TransientServiceError' });
});

test('a key of the user that the secret holds beside another one of the user is a matter of which one is in use', async () => {
  const newKey = await rotated();
  const other = stage.aws.iam.addAccessKey('alice');
  stage.aws.secretsManager.putValue(SECRET, accessKeyDocument({ ...other, userName: 'alice' }));
  await expect(scheduled()).rejects.toMatchObject({ name: 'AccessKeyConflict' });
  expect(stage.keys()[newKey]).toBe('Active');
});
