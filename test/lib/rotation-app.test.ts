import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import cdkJson from '../../cdk.json';
import { CONFIG_CONTEXT_KEY, CONFIG_FILE, ConfigError, findConfig } from '../../lib/config';
import { readConfiguration } from '../../lib/config/source';
import { rotationApp } from '../../lib/rotation-app';

const directory = mkdtempSync(join(tmpdir(), 'rotation-app-'));
afterAll(() => rmSync(directory, { recursive: true }));

const PROJECT = join(__dirname, '..', '..');
const written = (name: string, content: unknown): string => {
  const file = join(directory, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};
const contextOf = (configuration: unknown): string =>
  JSON.stringify({ ...cdkJson.context, [CONFIG_CONTEXT_KEY]: configuration, 'aws:cdk:bundling-stacks': [] });
const alice = { userName: 'alice' };

describe('where the configuration is', () => {
  const empty = mkdtempSync(join(directory, 'empty-'));
  const full = mkdtempSync(join(directory, 'full-'));
  writeFileSync(join(full, CONFIG_FILE), JSON.stringify({ users: [alice] }));

  test('nowhere', () => {
    expect(findConfig(undefined, empty)).toBeUndefined();
  });

  test('in a file of its own, beside cdk.json', () => {
    expect(findConfig(undefined, full)).toEqual({
      value: { users: [alice] },
      source: 'rotation.config.json',
    });
  });

  test.each([
    ['by a relative path', 'other.json'],
    ['by an absolute path', join(directory, 'other.json')],
  ])('in the file that cdk.json names %s, even if there is another', (_how, file) => {
    written('other.json', { users: [] });
    writeFileSync(join(full, 'other.json'), JSON.stringify({ users: [] }));
    expect(findConfig(file, full)).toEqual({ value: { users: [] }, source: file });
  });

  test('in cdk.json itself, and a file beside it is not read', () => {
    const source = 'The context key iamAccessKeyRotation in cdk.json';
    expect(findConfig({ users: [alice] }, empty)).toEqual({ value: { users: [alice] }, source });
    expect(findConfig({ users: [alice] }, full)).toMatchObject({ source, unread: 'rotation.config.json' });
  });

  test.each([
    [
      'missing.json',
      /^missing\.json, which should hold the configuration, has one problem:\n {2}- It cannot be read: ENOENT/,
    ],
    [written('broken.json', '{"users": ['), /broken\.json has one problem:\n {2}- It is not JSON: /],
  ])('a file that cannot be read is named: %s', (file, problem) => {
    expect(() => findConfig(file, empty)).toThrow(ConfigError);
    expect(() => findConfig(file, empty)).toThrow(problem);
  });
});

describe('a configuration for the properties of a construct', () => {
  test('is what the file has', () => {
    const config = { $schema: './schema.json', users: [alice] };
    expect(readConfiguration(written('one.json', config))).toEqual(config);
  });

  test.each<[string, string, RegExp]>([
    [
      'none',
      join(directory, 'none.json'),
      /none\.json, which should hold the configuration, has one problem:/,
    ],
    [
      'a list',
      written('list.json', [alice]),
      /- It is JSON, but not of an object \{"users": \[\.\.\.\]\}\.$/,
    ],
    ['nothing', written('null.json', null), /- It is JSON, but not of an object/],
    [
      'several stacks',
      written('stacks.json', { stacks: [] }),
      /stacks\.json has one problem:\n {2}- stacks: several were given\. Allowed: users of one rotation\./,
    ],
  ])('is refused: %s', (_what, file, problem) => {
    expect(() => readConfiguration(file)).toThrow(ConfigError);
    expect(() => readConfiguration(file)).toThrow(problem);
  });
});

const stacksOf = async (configuration: unknown, environment: Record<string, string> = {}) => {
  process.env.CDK_CONTEXT_JSON = contextOf(configuration);
  try {
    const app = await rotationApp(Promise.resolve(), environment);
    return app.node.children.filter((child) => Stack.isStack(child));
  } finally {
    delete process.env.CDK_CONTEXT_JSON;
  }
};

const CREDENTIALS = { CDK_DEFAULT_ACCOUNT: '111122223333', CDK_DEFAULT_REGION: 'eu-west-1' };
const HERE_ALONE = { deployment: { forwardExposedKeys: false } };

describe('the stacks', () => {
  test('one, in the place of the credentials', async () => {
    const [stack, ...others] = await stacksOf({ ...HERE_ALONE, users: [alice] }, CREDENTIALS);
    expect([stack?.stackName, stack?.environment, others]).toEqual([
      'IamAccessKeyRotation',
      'aws://111122223333/eu-west-1',
      [],
    ]);
  });

  test('one, anywhere: without an account the Region is made up', async () => {
    const [stack] = await stacksOf({ users: [alice] }, { CDK_DEFAULT_REGION: 'us-east-1' });
    expect(stack?.environment).toBe('aws://unknown-account/unknown-region');
  });

  test('two, each in its own place, with its own name', async () => {
    const file = written('two.json', {
      ...HERE_ALONE,
      stacks: [
        { stackName: 'Production', account: '444455556666', users: [alice] },
        { stackName: 'Staging', region: 'us-east-1', users: [alice] },
      ],
    });
    const stacks = await stacksOf(file, CREDENTIALS);
    expect(stacks.map(({ stackName, environment }) => [stackName, environment])).toEqual([
      ['Production', 'aws://444455556666/eu-west-1'],
      ['Staging', 'aws://111122223333/us-east-1'],
    ]);
    const machines = stacks.map((stack) =>
      stack.node.findAll().flatMap((one) => (one instanceof CfnStateMachine ? [one.stateMachineName] : [])),
    );
    expect(machines).toEqual([
      ['Production', 'Production-emergency'],
      ['Staging', 'Staging-emergency'],
    ]);
  });

  test('a mistake in a place that is known', async () => {
    await expect(
      stacksOf({ users: [{ ...alice, replicaRegions: ['eu-west-1'] }] }, CREDENTIALS),
    ).rejects.toThrow(/users\[0\]\.replicaRegions: .* Allowed: Regions other than eu-west-1/);
  });
});

describe('warnings', () => {
  const warningsOf = async (
    configuration: object,
    environment: Record<string, string> = CREDENTIALS,
  ): Promise<readonly string[]> => {
    const [stack] = await stacksOf(configuration, environment);
    if (stack === undefined) throw new Error('There is no stack.');
    // Without a synthesis, whose validation takes seconds.
    return stack.node.metadata
      .filter(({ type }) => type === 'aws:cdk:warning')
      .map(({ data }) => String(data));
  };

  test('about a topic without a subscriber, and users without a health check', async () => {
    const users = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((userName) => ({ userName }));
    expect(await warningsOf({ users })).toEqual([
      expect.stringContaining('notifications names no address and no topic'),
      expect.stringContaining(
        'Neither healthAlarms nor a validator is set for a, b, c, d, e and 2 more: their rotations cannot notice',
      ),
    ]);
  });

  test('none if everything is configured', async () => {
    const validator = 'arn:aws:lambda:eu-west-1:111122223333:function:shop';
    const users = [
      { ...alice, healthAlarms: ['orders'] },
      { userName: 'bob', validator },
    ];
    for (const notifications of [
      { emails: ['ops@example.com'] },
      { topicArn: 'arn:aws:sns:eu-west-1:111122223333:oncall' },
    ]) {
      expect(await warningsOf({ notifications, users })).toEqual([]);
    }
  });
});

describe('warnings about events of exposed keys', () => {
  const warningsOf = async (configuration: object, environment = {}) => {
    const [stack] = await stacksOf(
      { notifications: { emails: ['ops@example.com'] }, ...configuration },
      environment,
    );
    return (stack?.node.metadata ?? [])
      .filter(({ type }) => type === 'aws:cdk:warning')
      .map(({ data }) => String(data));
  };
  const watched = { ...alice, healthAlarms: ['orders'] };
  const contained = { ...watched, onExposedKey: 'emergency' };

  test('the Region of the stack is not known', async () => {
    expect(await warningsOf({ users: [watched] })).toEqual([
      expect.stringContaining('nothing forwards AWS’s events that a key is exposed to it'),
    ]);
    expect(await warningsOf({ ...HERE_ALONE, users: [watched] })).toEqual([]);
  });

  test('an emergency that nothing would start', async () => {
    const tells = expect.stringContaining(
      'onExposedKey is "emergency" for alice, and nothing forwards AWS’s',
    );
    expect(await warningsOf({ ...HERE_ALONE, users: [contained] }, CREDENTIALS)).toEqual([tells]);
    expect(await warningsOf({ ...HERE_ALONE, users: [contained] })).toEqual([tells]);
    const there = { ...CREDENTIALS, CDK_DEFAULT_REGION: 'us-east-1' };
    expect(await warningsOf({ ...HERE_ALONE, users: [contained] }, there)).toEqual([]);
    expect(await warningsOf({ users: [contained] }, CREDENTIALS)).toEqual([]);
  });
});

describe('the process that the command line tool starts', () => {
  const run = (configuration: unknown) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', join('lib', 'app.ts')],
      {
        cwd: PROJECT,
        env: {
          PATH: process.env.PATH,
          CDK_CONTEXT_JSON: contextOf(configuration),
          CDK_OUTDIR: mkdtempSync(join(directory, 'out-')),
        },
        encoding: 'utf8',
      },
    );
    return { status, said: stdout + stderr };
  };

  test('prints the list of mistakes and nothing else', () => {
    expect(run({ users: [{ ...alice, overlap: 'P1D' }, { userName: 'a b' }] })).toEqual({
      status: 1,
      said: expect.stringMatching(
        /^The context key iamAccessKeyRotation in cdk\.json has 2 problems:\n {2}- users\[0\]\.overlap: .*\n {2}- users\[1\]\.userName: .*\n$/,
      ),
    });
  }, 60_000);

  test('prints what exceeds IAM’s limits in the same way', () => {
    const users = Array.from({ length: 100 }, (_none, index) => ({
      userName: `user-${index}`,
      existingSecret: `user-${index}`.padEnd(500, 's'),
    }));
    expect(run({ users })).toEqual({
      status: 1,
      said: expect.stringMatching(
        /^The configuration has one problem:\n {2}- users: .*Role needs more than the 10 managed policies .*\n$/,
      ),
    });
  }, 60_000);
});
