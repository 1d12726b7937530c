import { smtpPassword } from '../../lambdas/shared/secret/ses-smtp';
import { emergencyOf, SECRET } from '../support/alice';
import { Stage, TO_PUBLICATION } from './support/stage';

const SMTP = { regions: ['eu-west-1'], userField: 'user', passwordField: 'password' };
const SETTINGS = { document: 'named-fields', sesSmtp: SMTP, deactivationWindow: 'always' } as const;

let stage: Stage;
afterEach(() => stage.close());

const text = (): string => stage.aws.secretsManager.valueOf(SECRET) ?? '';
const fields = () => stage.alice.document();
const secretOf = (accessKeyId: string): string =>
  stage.aws.iam.credential(accessKeyId)?.secretAccessKey ?? '';
const passwordOf = (accessKeyId: string, region = 'eu-west-1'): string =>
  smtpPassword(secretOf(accessKeyId), region);
/** A mail program reads its login from the secret, and sends. */
const send = (region = 'eu-west-1', field = 'password'): boolean =>
  stage.aws.ses.send(String(fields().user), String(fields()[field]), region);
const write = (document: object): void => {
  stage.aws.secretsManager.putValue(SECRET, JSON.stringify(document));
};

/** A mail relay's secret, as its owner has made it: nobody has the secret access key any more. */
const withMailSecret = (more: object = {}): void => {
  stage = new Stage({ firstKey: 'not-in-secret', enrolled: SETTINGS });
  write({ host: 'h', user: stage.oldKey, password: passwordOf(stage.oldKey), ...more });
};

const rotateToTheEnd = async (name: string, field = 'password'): Promise<string> => {
  const rotation = stage.execution(name);
  await rotation.walk(...TO_PUBLICATION);
  expect(send('eu-west-1', field)).toBe(true);
  await stage.waitDays(3.1);
  expect(send('eu-west-1', field)).toBe(true);
  await stage.wait(3_600_000);
  expect((await rotation.step('confirm-adoption')).status).toBe('adopted');
  await rotation.retire();
  rotation.end('SUCCEEDED');
  expect(send('eu-west-1', field)).toBe(true);
  return rotation.newKey;
};

test('a mail relay’s secret without a secret access key is rotated, and mail goes on', async () => {
  withMailSecret();
  expect(send()).toBe(true);
  const first = await rotateToTheEnd('first');
  expect(first).not.toBe(stage.oldKey);
  expect(text()).toBe(
    JSON.stringify({
      host: 'h',
      user: first,
      password: passwordOf(first),
      AccessKeyId: first,
      SecretAccessKey: secretOf(first),
    }),
  );
  const second = await rotateToTheEnd('second');
  expect(Object.keys(stage.keys())).toEqual([second]);
  expect(fields()).toEqual({
    host: 'h',
    user: second,
    password: passwordOf(second),
    AccessKeyId: second,
    SecretAccessKey: secretOf(second),
  });
});

test('what the owner writes between creation and publication is carried, and the login is the new one', async () => {
  withMailSecret();
  const rotation = stage.execution('edited');
  await rotation.walk('create-access-key', 'test-access-key');
  write({ port: 587, ...fields(), host: 'other' });
  await rotation.step('publish-access-key');
  const { newKey } = rotation;
  expect(text().startsWith(`{"port":587,"host":"other","user":"${newKey}","password":"`)).toBe(true);
  expect(send()).toBe(true);
});

test('a rollback that has to bring AWSCURRENT back brings the old password back', async () => {
  stage = new Stage({ enrolled: SETTINGS });
  const first = stage.execution('first');
  await first.walk(...TO_PUBLICATION);
  expect(send()).toBe(true);
  stage.aws.iam.setStatus(first.newKey, 'Inactive');
  write({ ...fields(), added: 'by hand' });
  await expect(first.step('confirm-adoption')).rejects.toMatchObject({ name: 'StateDrift' });
  first.end('FAILED');
  await stage.wait(600_000);
  const next = stage.execution('next');
  await next.walk('create-access-key', 'reactivate-access-key');
  expect(fields()).toMatchObject({
    user: stage.oldKey,
    password: passwordOf(stage.oldKey),
    added: 'by hand',
  });
  expect(send()).toBe(true);
});

test('each Region has a password of its own, and one that is added later comes with the next key', async () => {
  const one = { ...SMTP, passwordField: 'pass-{Region}' };
  stage = new Stage({ enrolled: { ...SETTINGS, sesSmtp: one } });
  await rotateToTheEnd('one', 'pass-eu-west-1');
  expect(Object.keys(fields())).not.toContain('pass-us-east-1');
  Object.assign(stage.enrolled, { sesSmtp: { ...one, regions: ['eu-west-1', 'us-east-1'] } });
  await rotateToTheEnd('two', 'pass-eu-west-1');
  expect(send('us-east-1', 'pass-us-east-1')).toBe(true);
});

test('a key that was stored before there was sesSmtp is published with it', async () => {
  stage = new Stage({ enrolled: { ...SETTINGS, sesSmtp: undefined } });
  const first = stage.execution('first');
  await first.walk('create-access-key');
  first.end('FAILED');
  await stage.wait(600_000);
  Object.assign(stage.enrolled, { sesSmtp: SMTP });
  const next = stage.execution('next');
  await next.walk(...TO_PUBLICATION);
  expect(next.state.newAccessKeyId).toBe(first.state.newAccessKeyId);
  expect(fields().user).toBe(next.state.newAccessKeyId);
  expect(send()).toBe(true);
});

test('a login whose key was deleted is named for what it is; with empty fields, the next key takes its place', async () => {
  withMailSecret();
  stage.aws.iam.removeAccessKey(stage.oldKey);
  await expect(stage.execution('deleted').plan()).rejects.toMatchObject({
    name: 'SecretConflict',
    message: expect.stringMatching(/which the user does not have\. .*deleted.* empty the fields .* sesSmtp/),
  });
  write({ host: 'h', user: '', password: '' });
  const rotation = stage.execution('emptied');
  await rotation.walk(...TO_PUBLICATION);
  expect(send()).toBe(true);
  expect(fields()).toMatchObject({ host: 'h', user: rotation.state.newAccessKeyId });
});

test('a leaked key that the secret names as a login is this service’s to touch', async () => {
  withMailSecret();
  const { accessKeyId: other } = stage.aws.iam.addAccessKey('alice');
  const emergency = (accessKeyId: string, name: string) => {
    const execution = stage.execution(name);
    const input = emergencyOf(accessKeyId);
    return { execution, planned: execution.plan(input) };
  };
  await expect(emergency(other, 'other').planned).rejects.toMatchObject({
    message: expect.stringContaining('not in the secret iam-access-key-rotation/alice'),
  });
  const { execution, planned } = emergency(stage.oldKey, 'login');
  await planned;
  // Two keys are as many as AWS allows: a person has to choose.
  await expect(execution.step('create-access-key')).rejects.toMatchObject({
    name: 'AccessKeyConflict',
    message: expect.stringMatching(/THE LEAKED KEY \w+ IS ACTIVE/),
  });
});

describe('refused by the plan, before a key is created', () => {
  const refused = async (message: RegExp): Promise<void> => {
    await expect(stage.execution('refused').plan()).rejects.toMatchObject({
      name: 'SecretConflict',
      message: expect.stringMatching(message),
    });
    expect(stage.changes()).toEqual([]);
  };
  /** The document of a rotation before. */
  const whole = (more: () => object): void => {
    stage = new Stage({ enrolled: SETTINGS });
    write({
      AccessKeyId: stage.oldKey,
      SecretAccessKey: secretOf(stage.oldKey),
      user: stage.oldKey,
      password: passwordOf(stage.oldKey),
      ...more(),
    });
  };

  test('the password of another Region under the name of this one', async () => {
    whole(() => ({ password: passwordOf(stage.oldKey, 'us-east-1') }));
    await refused(/has something at password that is not the login/);
  });

  test("somebody else's login, where the document has no key", async () => {
    withMailSecret({ user: 'AKIAOFSOMEBODYELSE00' });
    await refused(/AKIAOFSOMEBODYELSE00, which the user does not have/);
  });

  test('a password of the key for another Region, in another field of its own', async () => {
    whole(() => ({ deep: { us: passwordOf(stage.oldKey, 'us-east-1') } }));
    await refused(/has a password for SES's SMTP interface at deep\.us\. /);
  });

  test('fields of a key that have such a login: the message names what is for it', async () => {
    withMailSecret();
    Object.assign(stage.enrolled, {
      sesSmtp: undefined,
      fieldNames: { accessKeyId: 'user', secretAccessKey: 'password' },
    });
    await refused(/its field password holds a password for SES's SMTP interface .* in sesSmtp of the user/);
  });
});
