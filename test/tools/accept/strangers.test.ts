import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListRolesCommand, ListUserPoliciesCommand, ListUserTagsCommand } from '@aws-sdk/client-iam';
import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { inventory } from '../../../test/contract/kinds';
import { createClients, iamPathOf, NAME_PREFIX } from '../../../test/contract/subject';
import type { Progress } from '../../../test/e2e/support/progress';
import { InterruptibleHandler } from '../../../tools/accept/interruptible';
import type { Place } from '../../../tools/accept/place';
import { namesOf, PACE_OF_EMULATOR, REGION_TAG } from '../../../tools/accept/plan';
import {
  findRuns,
  leftOfStatements,
  lookForRun,
  removeRun,
  removeStatements,
} from '../../../tools/accept/removal';

const SUITE = `${NAME_PREFIX}-abcdef-012345-`;
const RUN = namesOf('1a2b3c');
const PROGRESS: Progress = { note: () => {}, step: (_title, work) => work(new AbortController().signal) };

type Answer = (input: Readonly<Record<string, unknown>>) => object | undefined;

/** The embedded AWS, and answers to calls that it does not have, or that must go wrong. */
const setUp = () => {
  const aws = new EmbeddedAws({
    clock: new VirtualClock({ start: new Date() }),
    behaviour: { keyPropagationDelay: 0, statusPropagationDelay: 0, lastUsedDelay: 0, logsDelay: 0 },
    authorize: ({ caller }) => caller.includes(':role/'),
  });
  const janitor = createClients({
    name: 'embedded',
    connection: { region: aws.region, requestHandler: aws.requestHandler(), maxAttempts: 1 },
    credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/tester`),
    accountId: aws.accountId,
    patienceSeconds: 0,
    isNotModelled: ({ $metadata }) => $metadata?.httpStatusCode === 501,
  });
  const answers = new Map<unknown, Answer>();
  for (const client of [janitor.iam, janitor.logs] as const) {
    const send = client.send.bind(client) as (command: object, ...rest: unknown[]) => Promise<object>;
    Object.assign(client, {
      send: async (command: { readonly input: Readonly<Record<string, unknown>> }, ...rest: unknown[]) =>
        answers.get(command.constructor)?.(command.input) ?? send(command, ...rest),
    });
  }
  const regions = new Map<string, string>();
  answers.set(ListUserTagsCommand, ({ UserName }) => {
    const Value = regions.get(String(UserName));
    return { Tags: Value === undefined ? [] : [{ Key: REGION_TAG, Value }] };
  });
  answers.set(ListUserPoliciesCommand, () => ({ PolicyNames: [] }));
  const user = (userName: string, { path = '/', region }: { path?: string; region?: string } = {}): void => {
    aws.iam.addUser({ userName, path });
    aws.iam.addAccessKey(userName);
    if (region !== undefined) regions.set(userName, region);
  };
  const place: Place = {
    account: aws.accountId,
    region: aws.region,
    caller: '',
    requestHandler: new InterruptibleHandler(new AbortController().signal),
    clients: janitor,
    janitor,
    pace: { ...PACE_OF_EMULATOR, patienceSeconds: 0 },
    rehearsal: undefined,
  };
  const there = async (): Promise<readonly string[]> =>
    (await inventory(janitor, { beginning: '' })).map(({ what, name }) => `${what} ${name}`).sort();
  return { aws, place, answers, user, there, own: iamPathOf(aws.region) };
};

const namesIn = (things: readonly { readonly what: string; readonly name: string }[]) =>
  things.map(({ what, name }) => `${what} ${name}`).sort();

/** Things of others, whose names begin as those of the suite, or of a run. */
const addStrangers = ({ aws, user, own }: ReturnType<typeof setUp>): void => {
  user(`${NAME_PREFIX}ors-app`, { path: '/prod/' });
  user(`${NAME_PREFIX}-app`, { path: own });
  user(`${SUITE}u1`, { path: '/prod/' });
  user(`${SUITE}u2`);
  user(`${RUN.prefix}app`);
  user('rotation-acceptance-team', { region: aws.region });
  aws.logs.addGroup(`/aws/codebuild/${NAME_PREFIX}-tests`);
  aws.logs.addGroup(`/aws/codebuild/${SUITE}group`);
  aws.logs.addGroup(`/team/audit-of-${SUITE}group`);
  aws.logs.addGroup(`/team/${RUN.prefix}x`);
  aws.logs.addGroup(`/aws/lambda/my-${RUN.prefix}x`);
  aws.cloudWatch.addAlarm(`${NAME_PREFIX}-known`);
  aws.cloudWatch.addAlarm(`${NAME_PREFIX}-password`);
};

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
