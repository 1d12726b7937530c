import type { Call } from '../../embedded-aws/calls/call-log';
import { keyVersionId } from '../../lambdas/shared/secret/versions';
import { ROLLBACK, SCHEDULED, SECRET } from '../support/alice';
import type { Execution } from './support/stage';
import { Stage, TO_PUBLICATION } from './support/stage';

/*
 * A rollback that has to move AWSCURRENT loses nothing of what the owner has written, or says which version has it.
 */

let stage: Stage;
afterEach(() => stage.close());

const text = (): string => stage.aws.secretsManager.valueOf(SECRET) ?? '';
const write = (value: string): void => void stage.aws.secretsManager.edit(SECRET, () => value);
const holder = (label: string): string | undefined => stage.aws.secretsManager.holderOf(SECRET, label);
const isPut = ({ operation }: Call): boolean => operation === 'PutSecretValue';
const failing = (match: (call: Call) => boolean) =>
  stage.aws.faults.inject({ kind: 'error', code: 'Throttling', status: 400, times: 99, match });

/** A key is published, the owner writes of it, and the key is disabled: AWSCURRENT has to go back. */
const toRollBack = async (): Promise<Execution> => {
  stage = new Stage({ enrolled: { document: 'named-fields' } });
  await stage.wait(60_000);
  stage.alice.edit((all) => ({ ...all, before: 1 }));
  const rotation = stage.execution('disabled');
  await rotation.walk(...TO_PUBLICATION);
  stage.alice.edit((all) => ({ ...all, during: 2 }));
  return rotation.disable();
};

const expectOldKey = (): void => {
  const secretAccessKey = stage.aws.iam.credential(stage.oldKey)?.secretAccessKey;
  expect(stage.alice.document()).toMatchObject({
    AccessKeyId: stage.oldKey,
    SecretAccessKey: secretAccessKey,
  });
};
const OWN = ['AccessKeyId', 'SecretAccessKey', 'Version'];
const owners = (): readonly string[] =>
  Object.keys(stage.alice.document()).filter((name) => !OWN.includes(name));

const LOST = 'WHAT WAS WRITTEN INTO THE SECRET LAST IS NOT IN AWSCURRENT';

/** The message says which version was left, and that is where it says, as it was. */
const expectLeft = (outcome: string, versionId: string | undefined, value: string): void => {
  expect(outcome).toContain(LOST);
  expect(outcome).toContain(` --secret-id ${SECRET} --version-id ${versionId} `);
  expect(holder('AWSPREVIOUS')).toBe(versionId);
  expect(stage.aws.secretsManager.valueOf(SECRET, 'AWSPREVIOUS')).toBe(value);
};

const withMore = (more: string): string => `${text().slice(0, -1)},${more}}`;

test.each<[string, () => string, RegExp]>([
  ['is no JSON any more', () => `${text()},`, /cannot be understood: its value is not JSON/],
  ['is binary junk in text', () => '\u0000', /cannot be understood/],
  ['has a name twice at the root', () => withMore('"after":1,"after":2'), /the field after twice/],
  [
    'has the key under a name that stands twice',
    () => withMore(`"s3":{"key":"${stage.alice.document().AccessKeyId}","key":"x"}`),
    /would not be right.* the field s3\.key twice/,
  ],
  ['has a token beside the key', () => withMore('"SessionToken":"x"'), /would not be right.* SessionToken/],
  ['was emptied', () => '{}', /could not take the key, because it holds no key/],
])('what was readable last is carried, and what %s is kept and named', async (_what, written, why) => {
  const next = await toRollBack();
  const value = written();
  write(value);
  const left = holder('AWSCURRENT');
  const { outcome } = await next.step('reactivate-access-key');
  expectOldKey();
  expect(owners()).toEqual(['before', 'during']);
  expectLeft(outcome, left, value);
  expect(outcome).toMatch(why);
});

test('a name that stands twice below the root is no reason to lose anything', async () => {
  const next = await toRollBack();
  write(withMore('"db":{"host":"a","host":"b"}'));
  const { outcome } = await next.step('reactivate-access-key');
  expectOldKey();
  expect(text()).toContain('"during":2,"db":{"host":"a","host":"b"}');
  expect(outcome).not.toContain(LOST);
});

test('of several versions that cannot be understood, the youngest one before them is carried', async () => {
  const next = await toRollBack();
  for (const value of ['{', '[', '"']) {
    await stage.wait(1000);
    write(value);
  }
  const left = holder('AWSCURRENT');
  const { outcome } = await next.step('reactivate-access-key');
  expectOldKey();
  expect(owners()).toEqual(['before', 'during']);
  expectLeft(outcome, left, '"');
});

test('a version of another user’s key is no base', async () => {
  const next = await toRollBack();
  const bob = stage.aws.iam.addUser({ userName: 'bob' }) && stage.aws.iam.addAccessKey('bob');
  stage.alice.edit(() => ({
    AccessKeyId: bob.accessKeyId,
    SecretAccessKey: bob.secretAccessKey,
    bobs: true,
  }));
  await stage.wait(1000);
  write('{');
  await next.step('reactivate-access-key');
  expectOldKey();
  expect(owners()).toEqual(['before', 'during']);
});

test('where nothing can be stored, the youngest version that has the key is what consumers read', async () => {
  const next = await toRollBack();
  const left = holder('AWSCURRENT');
  const value = text();
  failing(isPut);
  const { outcome } = await next.step('reactivate-access-key');
  expectOldKey();
  expect(owners()).toEqual(['before']);
  expectLeft(outcome, left, value);
  expect(outcome).toContain('did not store it with the key');
});

test('where nothing can be stored, nor anything taken as settings have it, it is the same', async () => {
  stage = new Stage({ enrolled: { document: 'credential-process' } });
  // A former rotation has stored the key, and the owner has written of it since.
  const versionId = keyVersionId('a former rotation', stage.oldKey);
  stage.aws.secretsManager.putValue(SECRET, text(), { versionId, labels: ['AWSCURRENT'] });
  await stage.wait(1000);
  stage.alice.edit((all) => ({ ...all, before: 1 }));
  const rotation = stage.execution('disabled');
  await rotation.walk(...TO_PUBLICATION);
  const next = await rotation.disable();
  failing(isPut);
  await next.step('reactivate-access-key');
  expectOldKey();
  expect(owners()).toEqual(['before']);
});

test('a rollback before anything was published keeps the document of the old key as it is, whatever of the key is in it', async () => {
  stage = new Stage({ enrolled: { document: 'named-fields' } });
  const rotation = stage.execution('first');
  await rotation.walk('create-access-key');
  rotation.end('ABORTED');
  await stage.wait(600_000);
  stage.alice.edit((all) => ({ ...all, url: `s3://${stage.oldKey}@bucket` }));
  const last = text();
  await stage.wait(1000);
  write('{');
  const left = holder('AWSCURRENT');
  const back = stage.execution('back');
  await back.plan(ROLLBACK);
  await back.step('create-access-key');
  const { outcome } = await back.step('reactivate-access-key');
  expect(text()).toBe(last);
  expectLeft(outcome, left, '{');
});

test('an attempt that comes after one that was interrupted says it, too', async () => {
  const next = await toRollBack();
  write('{');
  const left = holder('AWSCURRENT');
  const withdraw = failing(
    ({ operation, input }) =>
      operation === 'UpdateSecretVersionStage' && input.VersionStage === 'rotation-held',
  );
  await expect(next.step('reactivate-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
  withdraw();
  expectOldKey();
  const { outcome } = await next.step('reactivate-access-key');
  expectLeft(outcome, left, '{');
  // What the owner has corrected is not told again.
  stage.alice.edit((all) => ({ ...all, corrected: true }));
  expect((await next.step('reactivate-access-key')).outcome).not.toContain(LOST);
});

test('what was left is there until a person resumes, whatever the schedule does', async () => {
  const next = await toRollBack();
  write('{');
  const left = holder('AWSCURRENT');
  await next.step('reactivate-access-key');
  next.end('FAILED');
  for (const name of ['scheduled', 'again']) {
    await stage.waitDays(40);
    const scheduled = stage.execution(name);
    expect((await scheduled.plan(SCHEDULED)).status).toBe('on-hold');
    scheduled.end('SUCCEEDED');
  }
  expect(holder('AWSPREVIOUS')).toBe(left);
});
