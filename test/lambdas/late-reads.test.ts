import { VirtualClock } from '../../embedded-aws/ground/clock';
import { LATE_READ_SECONDS, LATE_REQUEST_MARGIN_SECONDS } from '../../lambdas/shared/contract/timing';
import { Late, mayBeLate, untilShown } from '../../lambdas/shared/gateways/late-reads';
import { SECRET } from '../support/alice';
import { DAY, MINUTE, SECOND } from '../support/time';
import { NOW } from './support/fixtures';
import { Stage, TO_PUBLICATION } from './support/stage';

describe('untilShown', () => {
  /** Late so many times. */
  const looking = async (late: number) => {
    const clock = new VirtualClock({ start: NOW });
    const uninstall = clock.install();
    let looks = 0;
    try {
      const found = await clock.run(() =>
        untilShown(async () => {
          looks += 1;
          return looks > late ? 'shown' : new Late({ code: 'own-lock', secretId: 'a-secret' });
        }).catch((error: Error) => error),
      );
      return { found, looks };
    } finally {
      uninstall();
    }
  };

  test.each([0, 1, 2, 5])('looks again after %s late reads', async (late) => {
    expect(await looking(late)).toEqual({ found: 'shown', looks: late + 1 });
  });

  test('gives the step back to the state machine after six', async () => {
    expect(await looking(6)).toEqual({
      looks: 6,
      found: expect.objectContaining({
        name: 'TransientServiceError',
        message: expect.stringContaining("does not show AWSPENDING of a-secret on this execution's intent."),
      }),
    });
  });
});

test.each<[string, Date | undefined, boolean]>([
  ['it is not known when', undefined, true],
  ['now', NOW, true],
  ['within the bound', new Date(NOW.getTime() - LATE_READ_SECONDS * SECOND + 1), true],
  ['at the bound', new Date(NOW.getTime() - LATE_READ_SECONDS * SECOND), false],
  ['by a clock that is ahead', new Date(NOW.getTime() + SECOND), true],
])('a read may be late when something was written: %s', (_when, writtenBy, expected) => {
  expect(mayBeLate(writtenBy, NOW)).toBe(expected);
});

test('what another attempt, or a predecessor, has written is no longer late', () => {
  expect(LATE_READ_SECONDS).toBeLessThanOrEqual(LATE_REQUEST_MARGIN_SECONDS);
});

describe('while every read of the secret is of before the rotation', () => {
  let stage: Stage;
  const START = { userName: 'alice', action: 'emergency', trigger: 'manual', reason: 'leaked' } as const;
  afterEach(() => stage.close());

  /** Nothing that is written from now on shows. */
  const blind = () => {
    stage.aws.behaviour.secretsReadLag = 10_000 * DAY;
  };
  const see = () => {
    stage.aws.behaviour.secretsReadLag = 0;
  };
  const late = { name: 'TransientServiceError', message: expect.stringContaining('does not show') };

  test.each([
    ['test-access-key', ['create-access-key']],
    ['publish-access-key', ['create-access-key', 'test-access-key']],
    ['confirm-adoption', TO_PUBLICATION],
    ['deactivate-access-key', TO_PUBLICATION],
  ] as const)('%s changes nothing, and goes on when they show it', async (step, before) => {
    stage = new Stage();
    const rotation = stage.execution('emergency');
    await rotation.plan({ ...START, accessKeyId: stage.oldKey });
    for (const name of before) await rotation.step(name);
    const { keys, labels } = { keys: stage.keys(), labels: stage.labels() };
    blind();
    await expect(rotation.step(step)).rejects.toMatchObject(late);
    expect(stage.keys()).toEqual(keys);
    expect(stage.labels()).toEqual(labels);
    see();
    await rotation.step(step);
  });

  test('delete-access-key does not take a lock that does not show for a finished rotation', async () => {
    stage = new Stage({ firstKey: 'none' });
    const rotation = stage.execution('first');
    await rotation.walk(...TO_PUBLICATION);
    // Of the moment before the lock was taken, though AWSCURRENT shows.
    const pending = stage.aws.secretsManager.holderOf(SECRET, 'AWSPENDING');
    stage.aws.secretsManager.moveLabel(SECRET, 'AWSPENDING');
    await expect(rotation.step('delete-access-key')).rejects.toMatchObject(late);
    stage.aws.secretsManager.moveLabel(SECRET, 'AWSPENDING', pending);
    await rotation.step('delete-access-key');
    expect(stage.labels().AWSPENDING).toBeUndefined();
  });

  test('an emergency does not take a running rotation whose lock does not show for one that is over', async () => {
    stage = new Stage();
    const rotation = stage.execution('first');
    await rotation.walk(...TO_PUBLICATION);
    const emergency = stage.execution('emergency');
    await emergency.plan({ ...START, accessKeyId: stage.oldKey });
    blind();
    await expect(emergency.step('stop-execution')).rejects.toMatchObject(late);
    see();
    expect((await emergency.step('stop-execution')).status).toBe('stopped');
    await stage.wait(4 * MINUTE);
    blind();
    await expect(emergency.step('create-access-key')).rejects.toMatchObject(late);
    see();
    expect((await emergency.step('create-access-key')).status).toBe('contained');
  });
});
