import { HOUR, MINUTE } from '../../support/time';
import { runFleet } from './fleet';
import { isRead, SECRET_ID, setUp } from './scene';

const FLEET = {
  secretId: SECRET_ID,
  refreshAfter: ['PT10M', 'PT45M', 'PT1M', 'PT20M'],
  intervalsMs: [3 * MINUTE, 17 * MINUTE, 90 * MINUTE],
};

/**
 * Tests of many consumers that use the library, each with its own times.
 *
 * @param size - How many there are; a multiple of twelve has every combination of the times.
 */
export const testFleets = (size: number): void => {
  it('consumers do not notice a rotation with the shortest overlap', async () => {
    const { aws, clock, a, publish } = setUp();
    const work = runFleet({ aws, ...FLEET, size, forMs: 4 * HOUR });
    const rotation = async () => {
      await clock.sleep(HOUR);
      const b = publish();
      await clock.sleep(65 * MINUTE);
      aws.iam.setStatus(a.accessKeyId, 'Inactive');
      await clock.sleep(HOUR);
      aws.iam.removeAccessKey(a.accessKeyId);
      return b;
    };
    const [{ calls, failures }, b] = await clock.run(Promise.all([work, rotation()]));
    expect(failures).toEqual([]);
    expect(calls).toBeGreaterThan(30 * size);
    const used = aws.calls.filter(({ service }) => service === 'sts').map(({ accessKeyId }) => accessKeyId);
    expect(new Set(used)).toEqual(new Set([a.accessKeyId, b.accessKeyId]));
    // Not even a retry notices it: the old key was no longer used when it was deactivated.
    expect(aws.calls.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
  });

  it('nor an emergency, in which the old key is deleted as soon as the new one is published', async () => {
    const { aws, clock, a, publish } = setUp();
    const work = runFleet({ aws, ...FLEET, size, forMs: 3 * HOUR });
    const emergency = async () => {
      await clock.sleep(HOUR);
      publish();
      aws.iam.removeAccessKey(a.accessKeyId);
    };
    const [{ failures }] = await clock.run(Promise.all([work, emergency()]));
    expect(failures).toEqual([]);
    const refused = aws.calls.filter(({ outcome }) => outcome === 'InvalidClientTokenId');
    expect(refused.length).toBeGreaterThan(size / 5);
    expect(refused.length).toBeLessThanOrEqual(size);
  });

  it('nor that Secrets Manager is unavailable for hours, while no key changes', async () => {
    const { aws, clock } = setUp();
    const started = clock.now().getTime();
    aws.faults.inject({
      kind: 'before',
      as: 'http-500',
      match: isRead,
      between: { from: new Date(started + 100 * MINUTE), to: new Date(started + 200 * MINUTE) },
    });
    const { failures } = await clock.run(runFleet({ aws, ...FLEET, size, forMs: 4 * HOUR }));
    expect(failures).toEqual([]);
    expect(aws.calls.filter((call) => isRead(call) && call.outcome !== 'ok').length).toBeGreaterThan(
      (5 * size) / 2,
    );
  });
};
