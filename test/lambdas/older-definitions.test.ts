import { DAY, HOUR } from '../support/time';
import { type Execution, Stage, TO_PUBLICATION } from './support/stage';

/*
 * Executions that began before a deployment: their definitions know none of the statuses that came later, and get answers that
 * they know.
 */

let stage: Stage;
afterEach(() => stage.close());

const ALARM = 'errors';

/** A rotation with an alarm, up to where the old key may be deactivated. */
const adopted = async (understands: readonly string[]): Promise<Execution> => {
  stage = new Stage({ enrolled: { healthAlarms: [ALARM] } });
  stage.understands = understands;
  stage.aws.cloudWatch.addAlarm(ALARM, 'OK');
  const rotation = stage.execution('first');
  await rotation.walk(...TO_PUBLICATION);
  await rotation.adopt();
  return rotation;
};
const deactivated = async (understands: readonly string[]): Promise<Execution> => {
  const rotation = await adopted(understands);
  await rotation.step('deactivate-access-key');
  return rotation;
};
const recovered = async (understands: readonly string[]): Promise<Execution> => {
  const rotation = await deactivated(understands);
  await stage.waitDays(14.1);
  await rotation.step('confirm-health');
  return rotation;
};
const pause = () => stage.alice.pause('audit');
const unenrol = () => {
  stage.present = [];
};

describe.each([
  ['an alarm that goes off', () => stage.aws.cloudWatch.setAlarmState(ALARM, 'ALARM')],
  ['an alarm that is gone', () => stage.aws.cloudWatch.removeAlarm(ALARM)],
  ['a pause', pause],
  ['a user who is not enrolled any more', unenrol],
])('%s, after the check', (_case, happens) => {
  test('before the deactivation: today’s definition looks again', async () => {
    const rotation = await adopted(['look-again']);
    happens();
    const { status, waitUntil } = await rotation.step('deactivate-access-key');
    expect(status).toBe('look-again');
    expect(Date.parse(String(waitUntil))).toBeGreaterThan(stage.clock.now().getTime());
    expect(stage.alice.statuses()).toEqual(['Active', 'Active']);
  });

  test('before the deactivation: an older one tries again', async () => {
    const rotation = await adopted([]);
    happens();
    await expect(rotation.step('deactivate-access-key')).rejects.toMatchObject({
      name: 'TransientServiceError',
      message: expect.stringContaining('This is retried for a while'),
    });
    expect(stage.alice.statuses()).toEqual(['Active', 'Active']);
  });

  test('before the deletion: today’s definition looks again', async () => {
    const rotation = await recovered(['look-again']);
    happens();
    expect(await rotation.step('delete-access-key')).toMatchObject({
      status: 'look-again',
      deactivatedAt: rotation.state.deactivatedAt,
      deactivatedHere: true,
    });
    expect(stage.alice.statuses()).toEqual(['Inactive', 'Active']);
  });

  test('before the deletion: an older one tries again', async () => {
    const rotation = await recovered([]);
    happens();
    await expect(rotation.step('delete-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
    expect(stage.alice.statuses()).toEqual(['Inactive', 'Active']);
  });
});

test.each<[string, readonly string[], readonly string[]]>([
  ['today’s definition tells a person once', ['no-verdict'], ['no-verdict', 'check-again', 'no-verdict']],
  ['an older one checks again', [], ['check-again', 'check-again', 'check-again']],
])('nobody can say whether consumers are well: %s for each cause', async (_case, understands, expected) => {
  const rotation = await deactivated(understands);
  const found: string[] = [];
  stage.aws.cloudWatch.removeAlarm(ALARM);
  found.push((await rotation.step('confirm-health')).status);
  found.push((await rotation.step('confirm-health')).status);
  unenrol();
  found.push((await rotation.step('confirm-health')).status);
  expect(found).toEqual(expected);
});

test('a cause that comes back is told again', async () => {
  const rotation = await deactivated(['no-verdict']);
  stage.aws.cloudWatch.removeAlarm(ALARM);
  expect((await rotation.step('confirm-health')).status).toBe('no-verdict');
  stage.aws.cloudWatch.addAlarm(ALARM, 'OK');
  expect((await rotation.step('confirm-health')).status).toBe('check-again');
  stage.aws.cloudWatch.removeAlarm(ALARM);
  expect((await rotation.step('confirm-health')).status).toBe('no-verdict');
});

describe('a notice ahead of the deactivation', () => {
  const published = async (understands: readonly string[]): Promise<Execution> => {
    stage = new Stage({ enrolled: { noticeBefore: 'P2D' } });
    stage.understands = understands;
    const rotation = stage.execution('first');
    await rotation.walk(...TO_PUBLICATION);
    return rotation;
  };
  /** So many days from now, the next state begins. */
  const daysUntil = ({ waitUntil }: Readonly<Record<string, unknown>>): number =>
    Math.round((Date.parse(String(waitUntil)) - stage.clock.now().getTime()) / DAY);

  test.each<[string, readonly string[], number, readonly string[]]>([
    ['today’s definition gives it, and waits', ['notice'], 1, ['notice', 'adopted']],
    ['an older one waits for the overlap period as before', [], 3, ['adopted']],
  ])('%s', async (_case, understands, days, statuses) => {
    const rotation = await published(understands);
    expect(daysUntil(rotation.state)).toBe(days);
    const found: string[] = [];
    while (found.length < statuses.length) {
      await stage.waitDays(daysUntil(rotation.state));
      stage.aws.iam.useAccessKey(rotation.newKey);
      await stage.wait(HOUR);
      found.push((await rotation.step('confirm-adoption')).status);
    }
    expect(found).toEqual(statuses);
  });

  test.each<[string, readonly string[], number]>([
    ['today’s definition', ['notice'], 1],
    ['an older one', [], 3],
  ])('%s that takes over', async (_case, understands, days) => {
    const rotation = await published(understands);
    rotation.end();
    const next = await stage.successor('next');
    expect(daysUntil(await next.step('create-access-key'))).toBe(days);
  });
});
