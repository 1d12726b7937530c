import { obstacleIn } from '../../lambdas/shared/secret/key-document';
import { emergencyOf, SECRET } from '../support/alice';
import { Stage, TO_PUBLICATION } from './support/stage';

/*
 * What Secrets Manager would refuse after CreateAccessKey is found before: otherwise each start would leave another Active key.
 */

let stage: Stage;
afterEach(() => stage.close());

const MOST = 65_536;
const created = () => stage.aws.calls.filter(({ operation }) => operation === 'CreateAccessKey').length;
/** The owner's field is made so long that the value has this many bytes. */
const growTo = (bytes: number) =>
  stage.aws.secretsManager.edit(SECRET, (text) => {
    const { note: _note, ...document } = JSON.parse(text) as Record<string, unknown>;
    const without = JSON.stringify({ ...document, note: '' });
    return JSON.stringify({ ...document, note: 'x'.repeat(bytes - without.length) });
  });

const conflict = {
  name: 'SecretConflict',
  message: expect.stringMatching(/would have \d+ bytes too many/),
};

test('in the plan, at each start, and no key is created', async () => {
  stage = new Stage();
  growTo(MOST);
  for (const name of ['first', 'second']) {
    await expect(stage.execution(name).plan()).rejects.toMatchObject(conflict);
  }
  const { status, outcome } = await stage.execution('third').plan({ userName: 'alice', action: 'plan' });
  expect([status, outcome]).toEqual([
    'planned',
    expect.stringContaining('would not start: it would end in SecretConflict.'),
  ]);
  expect(created()).toBe(0);
});

test('an emergency says, too, how the leaked key is set Inactive by hand', async () => {
  stage = new Stage();
  growTo(MOST);
  const leaked = emergencyOf(stage.oldKey);
  await expect(stage.execution('first').plan(leaked)).rejects.toMatchObject({
    ...conflict,
    message: expect.stringMatching(/The leaked key AKIA\w{16} of alice is still Active.* bytes too many/),
  });
});

test('under the lock, when the owner has added to it since: each start ends so, and no key is created', async () => {
  stage = new Stage();
  for (const name of ['first', 'second']) {
    growTo(1000);
    const rotation = stage.execution(name);
    await rotation.plan();
    growTo(MOST);
    await expect(rotation.step('create-access-key')).rejects.toMatchObject(conflict);
    rotation.end('FAILED');
    await stage.wait(600_000);
  }
  expect([created(), Object.keys(stage.keys()).length]).toEqual([0, 1]);
});

test('before publication, when the owner has added to it since: the key is kept, and the next start goes on with it', async () => {
  stage = new Stage();
  const rotation = stage.execution('first');
  await rotation.walk('create-access-key', 'test-access-key');
  growTo(MOST);
  await expect(rotation.step('publish-access-key')).rejects.toMatchObject(conflict);
  rotation.end('FAILED');
  await stage.wait(600_000);
  const next = stage.execution('second');
  await next.walk('create-access-key', 'test-access-key');
  await expect(next.step('publish-access-key')).rejects.toMatchObject(conflict);
  expect(created()).toBe(1);
  growTo(1000);
  expect((await next.step('publish-access-key')).status).toBe('published');
});

test('what just fits with the longest key that IAM may return is let through', async () => {
  stage = new Stage();
  const fits = (bytes: number): boolean => {
    growTo(bytes);
    const text = stage.aws.secretsManager.valueOf(SECRET) ?? '';
    return obstacleIn({ text, settings: { document: 'credential-process' }, keys: [] }) === undefined;
  };
  // Halved again and again: each look goes through the whole value.
  let [most, tooMany] = [MOST - 700, MOST + 1];
  expect(fits(most)).toBe(true);
  while (tooMany - most > 1) {
    const middle = Math.floor((most + tooMany) / 2);
    if (fits(middle)) most = middle;
    else tooMany = middle;
  }
  expect(fits(most + 1)).toBe(false);
  expect(fits(most)).toBe(true);
  await stage.execution('first').walk(...TO_PUBLICATION);
  expect(created()).toBe(1);
});
