import { METRICS } from '../../lambdas/shared/contract/names';
import { main } from '../../local/story/cli';
import { DAY, HOUR } from '../support/time';
import { appOf } from './support/deployed';

// Keys that are eighty days old, and may get older.
const app = appOf(['alice', 'bob'].map((userName) => ({ userName, rotateAfter: 'P90D' })));

const figure = (world: Awaited<ReturnType<typeof app.deploy>>, name: string): number | undefined =>
  world.aws.cloudWatch.values.findLast(({ metric }) => metric.name === name)?.value;

test('the deployed survey needs no more than its role has, and is told of nobody who is not subscribed', async () => {
  const world = await app.deploy();
  await world.run(world.survey);
  expect(world.aws.calls.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
  expect([figure(world, METRICS.enrolled), figure(world, METRICS.unknown)]).toEqual([2, 2]);
  // The configuration of this test names no address.
  expect(world.aws.sns.messages.map(({ subject }) => subject)).toEqual([
    '[111122223333/us-east-1] the survey: messages may not reach everybody (SurveyFindings)',
  ]);
});

test('in the middle of a rotation it tells where that stands, under its own role', async () => {
  const world = await app.deploy();
  const execution = world.startExecution({ userName: 'alice' });
  await world.run(async () => {
    await world.aws.clock.sleep(HOUR);
    await world.survey();
  });
  expect([figure(world, METRICS.adoption), figure(world, METRICS.recovery)]).toEqual([1, 0]);
  await world.run(execution.result);
  await world.run(world.survey);
  expect([figure(world, METRICS.adoption), figure(world, METRICS.unfinished)]).toEqual([0, 0]);
  expect(
    world.aws.calls.filter(({ caller, outcome }) => caller.includes('Survey') && outcome !== 'ok'),
  ).toEqual([]);
});

test('a survey that does not come any more is one mail of the alarm, and one that comes is none', async () => {
  const world = await app.deploy();
  world.aws.sns.subscribe(world.notificationTopicArn, 'email', 'oncall@example.com');
  await world.run(async () => {
    for (let day = 0; day < 3; day += 1) {
      await world.survey();
      await world.aws.clock.sleep(DAY);
    }
    expect(world.aws.sns.messages).toEqual([]);
    await world.aws.clock.sleep(3 * HOUR);
  });
  expect(world.aws.sns.messages.map(({ subject }) => subject)).toEqual([
    expect.stringMatching(/^ALARM: ".*NoHeartbeat.*" in us-east-1$/),
  ]);
});

test('a finding that has an alarm is one mail, that of the survey', async () => {
  const world = await app.deploy();
  world.aws.sns.subscribe(world.notificationTopicArn, 'email', 'oncall@example.com');
  const { accessKeyId = '' } = world.aws.iam.keysOf('alice')[0] ?? {};
  await world.run(world.startExecution({ userName: 'alice' }).result);
  for (const key of world.aws.iam.keysOf('alice')) world.aws.iam.setStatus(key.accessKeyId, 'Inactive');
  await world.run(world.survey);
  expect(accessKeyId).not.toBe('');
  const alarms = world.aws.cloudWatch.snapshot().filter(({ state }) => state === 'ALARM');
  expect(alarms.map(({ name }) => name)).toEqual([expect.stringContaining('Drifted')]);
  expect(world.aws.sns.messages.map(({ subject, attributes }) => [subject, attributes])).toEqual([
    [
      'URGENT [alice @ 111122223333/us-east-1] the survey: 1 user to look at (SurveyFindings)',
      { event: 'SurveyFindings', urgent: 'yes' },
    ],
  ]);
});

describe('with Security Hub', () => {
  const withHub = appOf([{ userName: 'carol', rotateAfter: 'P90D' }], { securityHub: true });

  test('it imports what is overdue, and ends it, and needs no more than its role has', async () => {
    const world = await withHub.deploy();
    const { securityHub } = world.aws;
    const states = () => securityHub.findings.map(({ RecordState }) => RecordState);
    await world.run(async () => {
      await world.survey();
      expect(states()).toEqual([]);
      // Nothing starts rotations here by itself.
      await world.aws.clock.sleep(60 * DAY);
      await world.survey();
    });
    expect(states()).toEqual(['ACTIVE']);
    for (const { accessKeyId } of world.aws.iam.keysOf('carol')) world.aws.iam.removeAccessKey(accessKeyId);
    await world.run(async () => {
      await world.aws.clock.sleep(DAY);
      await world.survey();
    });
    expect(states()).toEqual(['ARCHIVED']);
    expect(
      world.aws.calls.filter(({ caller, outcome }) => caller.includes('Survey') && outcome !== 'ok'),
    ).toEqual([]);
  });
});

test('npm start shows what it finds at the end of a story, when asked to', async () => {
  const told = async (...args: readonly string[]): Promise<string> => {
    let text = '';
    const out = (piece: string): void => {
      text += piece;
    };
    await main(['--scenario', 'first-key', ...args], { out, err: out, isTerminal: false });
    return text;
  };
  const story = await told('--survey');
  expect(story).toMatch(/\nThe survey, when the story is over\n {2}alice: rotation: none\n/);
  expect(story).toContain('alice: everything is fine');
  expect(story).not.toMatch(/survey.*Messages to people/s);
  const { survey } = JSON.parse(await told('--survey', '--json')) as { readonly survey: unknown };
  expect(survey).toMatchObject({ findings: [], users: [{ userName: 'alice', findings: [] }] });
  expect(await told()).not.toContain('The survey');
});
