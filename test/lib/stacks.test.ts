import { ConfigError, type Place, parseStacks } from '../../lib/config';

const LIMITS = { executionTimeoutSeconds: 90 * 86_400 };
const HERE = { account: '111122223333', region: 'eu-west-1' };

const problemsOf = (config: unknown, here: Place = {}): readonly string[] => {
  try {
    parseStacks(config, LIMITS, here);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};
const alice = (settings: object = {}) => ({ users: [{ userName: 'alice', ...settings }] });
const stack = (stackName: string, more: object = {}) => ({ stackName, ...alice(), ...more });

describe('one stack', () => {
  test('keeps its name, and is in the place of the credentials', () => {
    expect(parseStacks(alice(), LIMITS, HERE)).toMatchObject([
      { stackName: 'IamAccessKeyRotation', place: HERE, users: [{ userName: 'alice' }] },
    ]);
  });

  test('may be anywhere if nothing is known', () => {
    expect(parseStacks(alice(), LIMITS)[0]?.place).toEqual({});
  });
});

describe('several stacks', () => {
  test('take the settings for all, and their own', () => {
    const stacks = parseStacks(
      {
        $schema: './rotation.config.schema.json',
        notifications: { emails: ['all@example.com'] },
        runbookUrl: 'https://wiki.example.com/all',
        securityHub: true,
        paused: 'freeze',
        defaults: { overlapPeriod: 'P2D', timeZone: 'Asia/Tokyo' },
        stacks: [
          stack('Production', {
            region: 'us-east-1',
            account: '444455556666',
            notifications: { emails: ['oncall@example.com'] },
            runbookUrl: 'https://wiki.example.com/production',
            securityHub: false,
            paused: 'audit',
            defaults: { overlapPeriod: 'P1D' },
          }),
          stack('Staging'),
        ],
      },
      LIMITS,
      HERE,
    );
    expect(stacks).toMatchObject([
      {
        stackName: 'Production',
        place: { account: '444455556666', region: 'us-east-1' },
        runbookUrl: 'https://wiki.example.com/production',
        securityHub: false,
        notifications: { emails: ['oncall@example.com'] },
        users: [{ userName: 'alice', overlapPeriod: 'P1D', timeZone: 'Asia/Tokyo', paused: 'audit' }],
      },
      {
        stackName: 'Staging',
        place: HERE,
        runbookUrl: 'https://wiki.example.com/all',
        securityHub: true,
        notifications: { emails: ['all@example.com'] },
        users: [{ userName: 'alice', overlapPeriod: 'P2D', timeZone: 'Asia/Tokyo', paused: 'freeze' }],
      },
    ]);
  });

  test('may be one', () => {
    expect(parseStacks({ stacks: [stack('Only')] }, LIMITS)).toHaveLength(1);
  });

  test('publish to a topic where they are', () => {
    const topicArn = 'arn:aws:sns:us-east-1:444455556666:oncall';
    const place = { account: '444455556666', region: 'us-east-1' };
    const problem = (field: string) =>
      expect.stringMatching(
        new RegExp(`- ${field}\\.topicArn: .* Allowed: a topic in the account 111122223333 and`),
      );
    const parse =
      (stacks: readonly object[], around: object = {}) =>
      () =>
        parseStacks({ ...around, stacks }, LIMITS, { account: '111122223333', region: 'eu-west-1' });
    const notifications = { topicArn };
    expect(parse([stack('There', { ...place, notifications })])).not.toThrow();
    expect(parse([stack('Here', { notifications })])).toThrow(
      problem('stacks\\[0\\]\\.notifications').sample,
    );
    expect(parse([stack('There', place), stack('Here', users('bob'))], { notifications })).toThrow(
      problem('notifications').sample,
    );
  });

  const two = (first: object, second: object) => ({ stacks: [stack('One', first), stack('Two', second)] });
  const users = (...names: readonly string[]) => ({ users: names.map((userName) => ({ userName })) });
  const owned = (userName: string, existingSecret: string) => ({ users: [{ userName, existingSecret }] });
  const ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:key-AbCd12';

  test.each<[string, unknown, Place]>([
    ['other users in one account', two({}, users('bob')), HERE],
    ['the same user in two accounts', two({}, { account: '444455556666' }), HERE],
    [
      'a secret of the same name in two Regions',
      two(owned('alice', 'key'), { ...owned('bob', 'key'), region: 'us-east-1' }),
      HERE,
    ],
  ])('may have %s', (_what, config, here) => {
    expect(problemsOf(config, here)).toEqual([]);
  });

  test.each<[string, unknown, Place, RegExp]>([
    ['none', { stacks: [] }, HERE, /^stacks: \[\] was given\. Allowed: a list of at least one stack\.$/],
    ['a text', { stacks: 'One' }, HERE, /^stacks: "One" was given\. Allowed: a list of stacks\.$/],
    [
      'no name',
      { stacks: [alice()] },
      HERE,
      /^stacks\[0\]\.stackName: nothing was given\. Allowed: a name for/,
    ],
    [
      'a name that a state machine cannot have',
      { stacks: [stack('a_b')] },
      HERE,
      /^stacks\[0\]\.stackName: "a_b"/,
    ],
    ['no users', { stacks: [{ stackName: 'One' }] }, HERE, /^stacks\[0\]\.users: nothing was given/],
    [
      'users beside it',
      { ...alice(), stacks: [stack('One')] },
      HERE,
      /^users: .* no such field\. Allowed: .*stacks/,
    ],
    [
      'an account as a number',
      { stacks: [stack('One', { account: 111122223333 })] },
      HERE,
      /^stacks\[0\]\.account: 111122223333 was given\. Allowed: the ID of an AWS account: a text of 12 digits\.$/,
    ],
    [
      'a Region that is a zone',
      { stacks: [stack('One', { region: 'eu-west-1a' })] },
      HERE,
      /^stacks\[0\]\.region/,
    ],
    [
      'a user with a mistake',
      { stacks: [stack('One'), { stackName: 'Two', users: [{ userName: 'bob', overlapPeriod: 'P1W' }] }] },
      HERE,
      /^stacks\[1\]\.users\[0\]\.overlapPeriod: "P1W"/,
    ],
    [
      'a default with a mistake',
      { stacks: [stack('One', { defaults: { quietPeriod: '3D' } })] },
      HERE,
      /^stacks\[0\]\.defaults\.quietPeriod: "3D"/,
    ],
    [
      'one name twice',
      { stacks: [stack('One'), { stackName: 'One', ...users('bob') }] },
      HERE,
      /^stacks\[1\]\.stackName: "One" was given\. Allowed: a name of its own for each stack, and this is stacks\[0\]\.stackName\.$/,
    ],
    [
      'a user twice in one account',
      two({ region: 'us-east-1' }, users('Alice')),
      HERE,
      /^stacks\[1\]\.users: "Alice" was given\. Allowed: each IAM user in one stack of an account, and alice is in stacks\[0\]\.users\.$/,
    ],
    [
      'a user twice in unknown accounts',
      two({}, { account: '444455556666' }),
      {},
      /each IAM user in one stack of an account, .* If the stacks are in two accounts, say "account" for each\.$/,
    ],
    [
      'a secret twice, by its name and by its ARN',
      two(owned('alice', 'key'), owned('bob', ARN)),
      HERE,
      /^stacks\[1\]\.users: "arn:.*" was given as the secret of bob\. Allowed: a secret of its own .* that of alice in stacks\[0\]\.users\.$/,
    ],
  ])('%s is refused', (_what, config, here, problem) => {
    expect(problemsOf(config, here)).toEqual([expect.stringMatching(problem)]);
  });
});

describe('if the place of a stack is known', () => {
  const keyIn = (region: string, partition = 'aws'): string =>
    `arn:${partition}:kms:${region}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
  const secretIn = (region: string, account = '111122223333') => ({
    existingSecret: `arn:aws:secretsmanager:${region}:${account}:secret:key-AbCd12`,
  });
  const functionIn = (region: string, account = '111122223333') => ({
    validator: `arn:aws:lambda:${region}:${account}:function:shop`,
  });

  test.each<[string, object]>([
    ['a secret', secretIn('eu-west-1')],
    ['a validator', functionIn('eu-west-1')],
    ['a KMS key, of another account too', { kmsKeyArn: keyIn('eu-west-1').replace('1111', '4444') }],
    ['replicas elsewhere', { replicaRegions: ['us-east-1'] }],
    ['readers of another account', { readers: ['arn:aws:iam::444455556666:role/reader'] }],
  ])('%s is accepted there', (_what, settings) => {
    expect(problemsOf(alice(settings), HERE)).toEqual([]);
  });

  const place = 'in the account 111122223333 and the Region eu-west-1, where the stack is';
  const refused: readonly [string, object, string, string][] = [
    [
      "a foreign account's secret",
      secretIn('eu-west-1', '444455556666'),
      'existingSecret',
      `a secret ${place}`,
    ],
    ["another Region's secret", secretIn('us-east-1'), 'existingSecret', `a secret ${place}`],
    [
      "a foreign account's validator",
      functionIn('eu-west-1', '444455556666'),
      'validator',
      `a function ${place}`,
    ],
    ["another Region's validator", functionIn('us-east-1'), 'validator', `a function ${place}`],
    ["another Region's key", { kmsKeyArn: keyIn('us-east-1') }, 'kmsKeyArn', 'a KMS key in eu-west-1'],
    [
      'a key of another partition',
      { kmsKeyArn: keyIn('eu-west-1', 'aws-cn') },
      'kmsKeyArn',
      'a KMS key of aws,',
    ],
    [
      'a replica in its own Region',
      { replicaRegions: ['eu-west-1'] },
      'replicaRegions',
      'Regions other than',
    ],
    [
      'a replica in another partition',
      { replicaRegions: ['cn-north-1'] },
      'replicaRegions',
      'Regions of aws,',
    ],
    [
      'a reader of another partition',
      { readers: ['arn:aws-cn:iam::111122223333:role/r'] },
      'readers',
      'ARNs of aws,',
    ],
  ];

  test.each(refused)('%s is refused', (_what, settings, field, allowed) => {
    const problems = problemsOf(alice(settings), HERE);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^users\\[0\\]\\.${field}: .* was given\\. Allowed: ${allowed}`));
  });

  test.each(refused)('%s is not judged if nothing is known', (_what, settings) => {
    expect(problemsOf(alice(settings))).toEqual([]);
  });

  test.each(['eusc-de-east-1', 'us-iso-east-1', 'us-isob-east-1', 'eu-isoe-west-1', 'us-isof-south-1'])(
    'there can be no rotation in %s',
    (region) => {
      const reason =
        /Allowed: a Region of aws, aws-cn, aws-us-gov: in aws-\S+ it is not known which Region's CloudTrail/;
      expect(problemsOf(alice(), { ...HERE, region })).toEqual([expect.stringMatching(reason)]);
      expect(problemsOf({ stacks: [stack('One', { region })] })).toEqual([expect.stringMatching(reason)]);
    },
  );

  test.each(['cn-north-1', 'us-gov-west-1', 'ap-southeast-7'])('there can be one in %s', (region) => {
    expect(problemsOf(alice(), { ...HERE, region })).toEqual([]);
  });
});
