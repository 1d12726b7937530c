import { decideContainment } from '../../../lambdas/create-access-key/emergency';
import type { AccessKey } from '../../../lambdas/shared/rotation/access-key';
import type { Rotation } from '../../../lambdas/shared/rotation/rotation-state';
import { SECRET } from '../../support/alice';
import { SECOND } from '../../support/time';
import { key, NEW, OLD, OTHER, ROTATION } from '../support/fixtures';
import { type Execution, Stage, TO_PUBLICATION } from '../support/stage';

const idsOf = (keys: readonly AccessKey[]) => keys.map(({ accessKeyId }) => accessKeyId);
const leaked = (...leakedAccessKeyIds: string[]): Rotation => ({ ...ROTATION, leakedAccessKeyIds });

describe('which leaked keys may be set Inactive at once', () => {
  test.each<[string, Rotation, readonly AccessKey[], string | undefined, readonly string[]]>([
    ['the one, beside what consumers read', leaked(OLD), [key(OLD), key(NEW)], NEW, [OLD]],
    ['none that consumers read', leaked(OLD), [key(OLD), key(OTHER)], OLD, []],
    ['none, where all that consumers read has leaked', leaked(OLD, NEW), [key(OLD), key(NEW)], NEW, []],
    ['none, where consumers read an Inactive key', leaked(OLD), [key(OLD), key(NEW, 'Inactive')], NEW, []],
    ['none, where consumers read a key that is not listed', leaked(OLD), [key(OLD)], NEW, []],
    ['none that is Inactive already', leaked(OLD), [key(OLD, 'Inactive'), key(NEW)], NEW, []],
    ['none that is not listed', leaked(OLD), [key(NEW)], NEW, []],
    ['none, where none has leaked', leaked(), [key(OLD), key(NEW)], NEW, []],
    ['the one, whatever consumers read', leaked(OLD), [key(OLD)], undefined, [OLD]],
    ['both, whatever consumers read', leaked(OLD, NEW), [key(OLD), key(NEW)], undefined, [OLD, NEW]],
    ['none that has not leaked, whatever consumers read', leaked(OLD), [key(NEW)], undefined, []],
  ])('%s', (_title, rotation, keys, current, expected) => {
    expect(idsOf(decideContainment(rotation, keys, current))).toEqual(expected);
  });
});

describe('what is not certain is left to the ordinary way', () => {
  let stage: Stage;
  let emergency: Execution;
  beforeEach(async () => {
    stage = new Stage();
    const rotation = stage.execution('first');
    await rotation.walk(...TO_PUBLICATION);
    rotation.end('FAILED');
    emergency = await stage.successor('emergency', {
      userName: 'alice',
      action: 'emergency',
      accessKeyId: stage.oldKey,
      reason: 'in a log',
    });
  });
  afterEach(() => stage.close());

  const create = async () => {
    const { status } = await emergency.step('create-access-key');
    return { status, old: stage.keys()[stage.oldKey] };
  };
  const GOES_ON = { status: 'deactivated', old: 'Inactive' };

  test('nothing speaks against it', async () => {
    expect(await create()).toEqual({ status: 'contained', old: 'Inactive' });
    expect(await create()).toEqual(GOES_ON);
    expect(emergency.state).toMatchObject({ deactivatedHere: true, contained: { functions: 2 } });
  });

  test.each(['GetCallerIdentity', 'ListAccessKeys'])(
    '%s does not answer at that moment',
    async (operation) => {
      let isFirst = true;
      stage.aws.faults.inject({
        kind: 'error',
        code: 'AccessDenied',
        status: 403,
        times: Number.POSITIVE_INFINITY,
        match: (call) => {
          const matches = isFirst && call.operation === operation;
          if (matches) isFirst = false;
          return matches;
        },
      });
      expect(await create()).toEqual({ status: 'published', old: 'Active' });
    },
  );

  test('AWS does not accept what consumers read', async () => {
    const published = stage.alice.document();
    stage.alice.put({ accessKeyId: String(published.AccessKeyId), secretAccessKey: 'not-the-right-one' });
    expect(await create()).toEqual({ status: 'published', old: 'Active' });
  });

  test('its answer gets lost: the next attempt finds the key Inactive, and goes on', async () => {
    stage.loseAnswer('UpdateAccessKey');
    await emergency.step('create-access-key').catch(() => undefined);
    expect(stage.keys()[stage.oldKey]).toBe('Inactive');
    expect(await create()).toEqual(GOES_ON);
  });

  test('and IAM does not show for a while that the key is Inactive: it goes on all the same', async () => {
    expect(await create()).toEqual({ status: 'contained', old: 'Inactive' });
    // Every read is of before the containment.
    stage.aws.behaviour.iamReadLag = 30 * SECOND;
    for (let look = 0; look < 5; look += 1) expect(await create()).toEqual(GOES_ON);
  });

  test('the owner has put the leaked key back right before, and reads are late', async () => {
    const { secretsManager } = stage.aws;
    secretsManager.moveLabel(SECRET, 'AWSCURRENT', secretsManager.holderOf(SECRET, 'AWSPREVIOUS'));
    stage.aws.behaviour.secretsReadLag = 30 * SECOND;
    await create().catch(() => undefined);
    expect(stage.keys()[stage.oldKey]).toBe('Active');
  });

  test('its definition does not know of it', async () => {
    stage.understands = ['denials', 'look-again', 'no-verdict', 'notice', 'declared-emergency'];
    expect(await create()).toEqual({ status: 'published', old: 'Active' });
  });
});
