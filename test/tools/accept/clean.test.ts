import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { iamPathOf, NAME_PREFIX } from '../../../test/contract/subject';
import { Cleanup } from '../../../test/e2e/support/cleanup';
import { clean } from '../../../tools/accept/clean';
import { Parts } from '../../../tools/accept/parts';
import { addStrangers, RUN, SUITE, setUp as setUpWorld } from './world';

/** `--clean` in a world of tests, where a person is asked if it is not told yes. */
const setUp = () => {
  const world = setUpWorld();
  const { place } = world;
  const run = async (
    wanted: true | string = true,
    { yes = true, json = false, answer = async () => 'no' } = {},
  ) => {
    const said = { out: '', err: '' };
    const { signal: interruption } = new AbortController();
    const code = await clean({
      host: {
        surroundings: {
          out: (text) => {
            said.out += text;
          },
          err: (text) => {
            said.err += text;
          },
          ask: answer,
          readInput: undefined,
          directory: '.',
        },
        environment: {},
        interruption,
      },
      options: {
        account: place.account,
        region: undefined,
        profile: undefined,
        yes,
        report: undefined,
        json,
        checks: [],
        keep: false,
        clean: wanted,
        rehearsal: undefined,
      },
      place,
      names: RUN,
      parts: new Parts(() => {}, interruption),
      scratch: '.',
      cleanup: new Cleanup(),
      removing: new Cleanup(),
      over: new AbortController(),
      destroy: undefined,
      leftOut: [],
    });
    return { code, ...said };
  };
  return { ...world, run };
};

const command = (region: string, id = ''): string =>
  `npm run accept -- --account 111122223333 --region ${region} --clean${id}`;

test('among things of others there is nothing to remove', async () => {
  const world = setUp();
  addStrangers(world);
  const before = await world.there();
  expect(await world.run()).toMatchObject({ code: 0, out: expect.stringMatching(/^Nothing is left here/) });
  expect(await world.there()).toEqual(before);
});

test('what statements have left is named, removed, and counted', async () => {
  const { user, own, run, there } = setUp();
  user(`${SUITE}u1`, { path: own });
  const { code, out, err } = await run();
  expect(err).toContain(`- IAM user ${SUITE}u1`);
  expect([code, out, await there()]).toEqual([0, 'Removed: 1.\n', []]);
});

test('nothing is removed without a yes, nor what comes after it', async () => {
  const { user, own, run, there } = setUp();
  user(`${SUITE}u1`, { path: own });
  await expect(run(true, { yes: false })).rejects.toThrow();
  expect(await there()).toEqual([`IAM user ${SUITE}u1`]);
  const later = `${NAME_PREFIX}-ffffff-012345-u1`;
  const answer = async (): Promise<string> => {
    user(later, { path: own });
    return 'yes';
  };
  expect(await run(true, { yes: false, answer })).toMatchObject({ code: 0 });
  expect(await there()).toEqual([`IAM user ${later}`]);
});

test('statements of the one run that is named are removed, and those of others stay', async () => {
  const { user, own, run, there } = setUp();
  const other = `${NAME_PREFIX}-ffffff-012345-u1`;
  user(`${SUITE}u1`, { path: own });
  user(other, { path: own });
  expect(await run('abcdef')).toMatchObject({ code: 0, out: 'Removed: 1.\n' });
  expect(await there()).toEqual([`IAM user ${other}`]);
  expect(await run('abcdef')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Nothing of the run abcdef is left here/),
  });
});

test.each<[string, true | string, string]>([
  ['all runs', true, ''],
  ['the run that is named', RUN.id, ` ${RUN.id}`],
])('of %s, what is in another Region stays, with the command for it', async (_what, wanted, id) => {
  const { user, run, there } = setUp();
  user(`${RUN.prefix}rotation`, { region: 'ap-south-1' });
  const before = await there();
  for (const json of [false, true]) {
    const { code, out, err } = await run(wanted, { json });
    expect(code).toBe(1);
    expect(err).toContain(command('ap-south-1', id));
    if (json) expect(JSON.parse(out)).toMatchObject({ elsewhere: [command('ap-south-1', id)] });
    else expect(out).toMatch(/^NOT ALL IS REMOVED\. Nothing/);
  }
  expect(await there()).toEqual(before);
});

test('another run in another Region is no matter of the one that is named', async () => {
  const { user, run } = setUp();
  user('rotation-acceptance-bbbbbb-rotation', { region: 'ap-south-1' });
  expect(await run(RUN.id)).toMatchObject({ code: 0 });
});

test('statements in another Region are said, too', async () => {
  const { user, run } = setUp();
  user(`${SUITE}u1`, { path: iamPathOf('ap-south-1') });
  expect(await run()).toMatchObject({ code: 1, err: expect.stringContaining(command('ap-south-1')) });
});

test('what could not be listed is no proof that nothing is left', async () => {
  const { answers, run, user, own } = setUp();
  answers.set(DescribeLogGroupsCommand, () => {
    throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
  });
  expect(await run()).toMatchObject({ code: 1, err: expect.stringContaining('log group') });
  user(`${SUITE}u1`, { path: own });
  const { code, out } = await run();
  expect(code).toBe(1);
  expect(out).toContain('NOT ALL IS REMOVED. Removed: 1.');
});
