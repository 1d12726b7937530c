import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListRolesCommand, ListUserTagsCommand } from '@aws-sdk/client-iam';
import { ListExecutionsCommand, ListStateMachinesCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { iamPathOf, NAME_PREFIX } from '../../../test/contract/subject';
import {
  findRuns,
  leftOfStatements,
  lookForRun,
  removeRun,
  removeStatements,
} from '../../../tools/accept/removal';
import { addStrangers, namesIn, PROGRESS, RUN, SUITE, setUp } from './world';

describe('what statements have left', () => {
  it.each([0, 1, 2])('is found and removed, %d of a kind, and nothing of strangers', async (count) => {
    const world = setUp();
    const { aws, place, user, own, there } = world;
    addStrangers(world);
    const before = await there();
    for (let index = 0; index < count; index += 1) {
      user(`${SUITE}u${index + 3}`, { path: own });
      aws.logs.addGroup(`${SUITE}group${index}`);
      aws.cloudWatch.addAlarm(`${SUITE}s${index}`);
    }
    const { things, unknown } = await leftOfStatements(place);
    expect([things.length, unknown]).toEqual([3 * count, []]);
    const { removed, left } = await removeStatements(place, things, PROGRESS);
    expect(left).toEqual([]);
    expect(namesIn(removed)).toEqual(namesIn(things));
    expect(await there()).toEqual(before);
  });

  it('is what was found, and not what a suite makes since then', async () => {
    const { place, user, own, there } = setUp();
    user(`${SUITE}u1`, { path: own });
    const { things } = await leftOfStatements(place);
    const later = `${NAME_PREFIX}-ffffff-012345-u1`;
    user(later, { path: own });
    await removeStatements(place, things, PROGRESS);
    expect(await there()).toEqual([`IAM user ${later}`]);
  });

  it('of a suite in another Region stays, and the Region is said', async () => {
    const { place, user } = setUp();
    user(`${SUITE}u1`, { path: iamPathOf('ap-south-1') });
    const regions: string[] = [];
    const look = await leftOfStatements(place, undefined, (region) => regions.push(region));
    expect(look).toEqual({ things: [], unknown: [] });
    expect(regions).toEqual(['ap-south-1']);
  });

  it('of one run is told from that of others', async () => {
    const { place, user, own } = setUp();
    for (const id of ['abcdef', 'ffffff']) user(`${NAME_PREFIX}-${id}-012345-u1`, { path: own });
    const { things } = await leftOfStatements(place, 'ffffff');
    expect(namesIn(things)).toEqual([`IAM user ${NAME_PREFIX}-ffffff-012345-u1`]);
  });

  it('is found behind the first page', async () => {
    const { aws, place, user, own } = setUp();
    for (let index = 0; index < 120; index += 1) user(`alice${index}`);
    for (let index = 0; index < 60; index += 1) aws.logs.addGroup(`/a/${SUITE}${String(index)}`);
    user(`${SUITE}u1`, { path: own });
    aws.logs.addGroup(`${SUITE}group`);
    expect(namesIn((await leftOfStatements(place)).things)).toEqual([
      `IAM user ${SUITE}u1`,
      `log group ${SUITE}group`,
    ]);
  });
});

describe('a listing that is refused', () => {
  const denied = (): never => {
    throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
  };

  it('is unknown, and not nothing', async () => {
    const { place, answers, aws } = setUp();
    answers.set(DescribeLogGroupsCommand, denied);
    aws.cloudWatch.addAlarm(`${SUITE}s1`);
    const { things, unknown } = await leftOfStatements(place);
    expect(namesIn(things)).toEqual([`alarm ${SUITE}s1`]);
    expect(unknown).toMatchObject([{ what: 'log group', removal: expect.stringContaining('Rate exceeded') }]);
    const look = await lookForRun(place, RUN);
    expect(namesIn(look.unknown).map((one) => one.split(' ')[0])).toEqual(['log', 'log']);
  });

  it('at the end of a removal counts as left, and what may be there, not as removed', async () => {
    const { place, answers, aws } = setUp();
    aws.logs.addGroup(`${SUITE}group`);
    const { things } = await leftOfStatements(place);
    answers.set(DescribeLogGroupsCommand, denied);
    const { removed, left } = await removeStatements(place, things, PROGRESS);
    expect(removed).toEqual([]);
    expect(left).toMatchObject([{ what: 'log group' }]);
  });

  it('of the tags of users makes no run one that is here', async () => {
    const { place, answers, user } = setUp();
    user(`${RUN.prefix}rotation`, { region: 'ap-south-1' });
    answers.set(ListUserTagsCommand, denied);
    answers.set(ListRolesCommand, () => ({ Roles: [{ RoleName: `${RUN.prefix}Role`, Path: '/' }] }));
    const { here, unknown } = await findRuns(place);
    expect(here).toEqual([]);
    expect(unknown).toMatchObject([{ what: 'IAM user' }]);
  });
});

describe('runs', () => {
  it('are found where their users say, and others are named with their Regions', async () => {
    const world = setUp();
    const { aws, place, user } = world;
    addStrangers(world);
    expect(await findRuns(place)).toEqual({ here: [], elsewhere: new Map(), unknown: [] });
    user(`${RUN.prefix}rotation`, { region: aws.region });
    user('rotation-acceptance-bbbbbb-rotation', { region: 'ap-south-1' });
    aws.logs.addGroup('/aws/lambda/rotation-acceptance-cccccc-IamAccessKeyRotation-x');
    const { here, elsewhere } = await findRuns(place);
    expect([...here].sort()).toEqual(['1a2b3c', 'cccccc']);
    expect([...elsewhere]).toEqual([['bbbbbb', 'ap-south-1']]);
  });

  it('are removed with all that is theirs, and nothing of others', async () => {
    const world = setUp();
    const { aws, place, user, there } = world;
    addStrangers(world);
    user('rotation-acceptance-bbbbbb-rotation', { region: aws.region });
    aws.logs.addGroup('/aws/lambda/rotation-acceptance-bbbbbb-x');
    const before = await there();
    user(`${RUN.prefix}rotation`, { region: aws.region });
    aws.cloudWatch.addAlarm(`${RUN.prefix}secret`);
    for (const name of ['', '/aws/lambda/', '/aws/vendedlogs/states/'])
      aws.logs.addGroup(`${name}${RUN.prefix}x`);
    const { removed, left } = await removeRun(place, RUN, undefined, PROGRESS);
    expect(left).toEqual([]);
    expect(removed).toHaveLength(5);
    expect(await there()).toEqual(before);
  });

  it('whose stack cannot be deleted keep their users, and the stack is named', async () => {
    const { aws, place, user } = setUp();
    user(`${RUN.prefix}rotation`, { region: aws.region });
    const { left } = await removeRun(place, RUN, () => Promise.reject(new Error('no')), PROGRESS);
    expect(namesIn(left)).toEqual([`IAM user ${RUN.prefix}rotation`, `stack ${RUN.stack}`]);
  });
});

describe('executions', () => {
  const MACHINE = `arn:aws:states:eu-west-1:111122223333:stateMachine:${RUN.stack}`;
  const EMERGENCY = `${MACHINE}-emergency`;

  /** Two state machines, in which something new runs behind the first pass, or after each stop. */
  const withExecutions = (patienceSeconds: number, startsAnew: boolean) => {
    const world = setUp();
    const running = new Set([`${MACHINE}#1`, `${EMERGENCY}#1`]);
    const stopped: string[] = [];
    world.answers.set(ListStateMachinesCommand, () => ({
      stateMachines: [{ stateMachineArn: MACHINE }, { stateMachineArn: EMERGENCY }],
    }));
    world.answers.set(ListExecutionsCommand, ({ stateMachineArn }) => ({
      executions: [...running]
        .filter((executionArn) => executionArn.startsWith(`${stateMachineArn}#`))
        .map((executionArn) => ({ executionArn })),
    }));
    world.answers.set(StopExecutionCommand, ({ executionArn }) => {
      stopped.push(String(executionArn));
      running.delete(String(executionArn));
      // What the emergency had begun to start is there after all others were looked at.
      if (startsAnew || stopped.length === 2) running.add(`${MACHINE}#${stopped.length}`);
      return {};
    });
    const place = { ...world.place, pace: { ...world.place.pace, patienceSeconds } };
    return { place, running, stopped };
  };

  it('are stopped until none is running, those of emergencies first', async () => {
    const { place, running, stopped } = withExecutions(60, false);
    let left = -1;
    const destroy = async (): Promise<never> => {
      left = running.size;
      throw new Error('that is all');
    };
    await removeRun(place, RUN, destroy, PROGRESS);
    expect(left).toBe(0);
    expect(stopped).toEqual([`${EMERGENCY}#1`, `${MACHINE}#1`, `${MACHINE}#2`]);
  });

  it('that go on and on keep the stack, which is named', async () => {
    const { place } = withExecutions(0, true);
    let isDestroyed = false;
    const destroy = async (): Promise<void> => {
      isDestroyed = true;
    };
    const { left } = await removeRun(place, RUN, destroy, PROGRESS);
    expect(isDestroyed).toBe(false);
    expect(namesIn(left)).toContain(`stack ${RUN.stack}`);
  });
});
