import { type Command, parseCommand } from '../../../local/story/options';

const CONFIGURATION = {
  defaults: { recoveryPeriod: 'P10D' },
  users: [
    { userName: 'alice', overlapPeriod: 'P2D', existingSecret: 'her-own', path: '/people/' },
    { userName: 'carol' },
  ],
};

const parse = (...args: string[]): Command => parseCommand(args, CONFIGURATION);

const rotation = (...args: string[]) => {
  const command = parse(...args);
  if (command.kind !== 'rotate') throw new Error(JSON.stringify(command));
  return command;
};

test('without options: alice, as cdk.json has her', () => {
  const { json, verbose, seed, user } = rotation();
  expect({ json, verbose, seed }).toEqual({ json: false, verbose: false, seed: 1 });
  expect(user).toMatchObject({
    userName: 'alice',
    path: '/people/',
    overlapPeriod: 'P2D',
    recoveryPeriod: 'P10D',
    quietPeriod: 'P3D',
    // The embedded AWS is empty: the stack creates the secret.
    secretId: 'iam-access-key-rotation/alice',
  });
});

test('every option has its effect', () => {
  const { json, verbose, seed, user, configuration } = rotation(
    ...[
      '--json',
      '--verbose',
      '--seed',
      '42',
      '--user',
      'svc+a=b,c.d@e-f_g',
      '--overlap',
      'P1D',
      '--notice',
      'PT6H',
      '--quiet',
      'PT12H',
    ],
    ...['--adoption-check-interval', 'PT30M', '--adoption-deadline', 'P5D'],
    ...['--health-check-interval', 'PT5M', '--recovery', 'P3D', '--idle-after', 'P20D'],
  );
  expect({ json, verbose, seed }).toEqual({ json: true, verbose: true, seed: 42 });
  const settings = {
    userName: 'svc+a=b,c.d@e-f_g',
    overlapPeriod: 'P1D',
    noticeBefore: 'PT6H',
    quietPeriod: 'PT12H',
    adoptionCheckInterval: 'PT30M',
    adoptionDeadline: 'P5D',
    healthCheckInterval: 'PT5M',
    recoveryPeriod: 'P3D',
    idleAfter: 'P20D',
  };
  expect(user).toMatchObject(settings);
  expect(configuration).toEqual({ ...CONFIGURATION, users: [{ ...settings, force: true }] });
});

test('a picture goes into the file that is named, or nowhere', () => {
  expect(rotation().picture).toBeUndefined();
  expect(rotation('--picture', 'folder/story.svg', '--json')).toMatchObject({
    picture: 'folder/story.svg',
    json: true,
  });
});

test('a user of one of several stacks is rotated with the settings of that stack', () => {
  const stacks = [
    { stackName: 'One', users: [{ userName: 'bob' }] },
    {
      stackName: 'Two',
      defaults: { overlapPeriod: 'P1D' },
      users: [{ userName: 'alice', existingSecret: 'alice/key', quietPeriod: 'P4D' }],
    },
  ];
  const command = parseCommand([], { defaults: { overlapPeriod: 'P2D', recoveryPeriod: 'P5D' }, stacks });
  expect(command).toMatchObject({
    user: { overlapPeriod: 'P1D', quietPeriod: 'P4D', recoveryPeriod: 'P5D', secretExists: false },
    configuration: {
      defaults: { overlapPeriod: 'P1D', recoveryPeriod: 'P5D' },
      users: [{ userName: 'alice', quietPeriod: 'P4D' }],
    },
  });
});

test.each<[string[], RegExp]>([
  [['--nothing'], /^error: unknown option '--nothing'/],
  [['alice'], /^error: unexpected argument 'alice'/],
  [['--user'], /'--user <name>' argument missing/],
  [['--json=yes'], /'--json' takes no value/],
  [['--user', 'a b'], /^error: --user: "a b" was given\. Allowed: the name of an IAM user/],
  [['--seed', '-1'], /'--seed <n>' argument '-1' is invalid/],
  [
    ['--seed', '1.5'],
    /'--seed <n>' argument '1\.5' is invalid\. Allowed: a whole number from 0 to 4294967295\./,
  ],
  [['--seed', '4294967296'], /'--seed <n>' argument '4294967296' is invalid/],
  [
    ['--picture', 'story.png'],
    /'--picture <file\.svg>' argument 'story\.png' is invalid\. Allowed: the path of a file whose name ends with \.svg\./,
  ],
  [['--picture', 'folder/.svg'], /argument 'folder\/\.svg' is invalid/],
  [['--recovery', '3d'], /^error: --recovery: "3d" was given\. Allowed: an ISO 8601 duration/],
  [['--adoption-deadline', 'P1D'], /^error: --adoption-deadline: "P1D" was given\. Allowed: /],
  [['--adoption-deadline', 'PT2H'], /^error: --adoption-deadline: .*at least/],
])('%j is refused', (args, message) => {
  const command = parse(...args);
  expect(command.kind).toBe('misuse');
  expect('message' in command && command.message).toMatch(message);
  expect('message' in command && command.message).toContain('See npm start -- --help.');
});

test('help explains every option within 80 columns', () => {
  const command = parse('--help');
  const text = command.kind === 'help' ? command.text : '';
  const options = [
    ...[
      'user',
      'config',
      'credential-report',
      'seed',
      'verbose',
      'json',
      'picture',
      'help',
      'overlap',
      'quiet',
      'adoption-check-interval',
      'adoption-deadline',
    ],
    ...['health-check-interval', 'recovery', 'idle-after'],
  ];
  for (const option of options) expect(text).toMatch(new RegExp(`^ .*--${option} `, 'm'));
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

describe('AWS_ENDPOINT_URL', () => {
  const withEndpoint = (url: string | undefined) =>
    parseCommand([], CONFIGURATION, url === undefined ? {} : { AWS_ENDPOINT_URL: url });

  test.each(['http://127.0.0.1:5000', 'http://127.0.0.1:5000/', 'http://[::1]:5000', 'http://localhost:80'])(
    '%s is this machine',
    (endpointUrl) => {
      expect(withEndpoint(endpointUrl)).toMatchObject({ kind: 'rotate', endpointUrl });
    },
  );

  test.each([undefined, ''])('%j is none', (url) => {
    expect(withEndpoint(url)).toMatchObject({ kind: 'rotate', endpointUrl: undefined });
  });

  // The runner creates and deletes access keys: it never calls an address that could lead to an account.
  test.each([
    ...['https://iam.amazonaws.com', 'https://127.0.0.1:5000', 'http://10.0.0.1:5000', 'http://0.0.0.0:5000'],
    ...['http://127.0.0.1.example.com', 'http://localhost@example.com', 'http://user@127.0.0.1:5000'],
    ...[
      'http://127.0.0.1:5000/path',
      'http://127.0.0.1:5000/?x=1',
      'http://2130706433.example',
      '127.0.0.1:5000',
      'nonsense',
    ],
  ])('%s is refused', (url) => {
    const command = withEndpoint(url);
    expect(command.kind).toBe('misuse');
    expect('message' in command && command.message).toMatch(
      /^error: AWS_ENDPOINT_URL: ".*" was given\. Allowed: an address of this machine/,
    );
  });
});

test('a wait that only a deployment refuses can be tried here, where nothing is at stake', () => {
  expect(parse('--overlap', 'PT10M')).toMatchObject({ kind: 'rotate', user: { overlapPeriod: 'PT10M' } });
});

const serving = (configuration: unknown, ...args: string[]) => {
  const command = parseCommand(['--serve', ...args], configuration);
  if (command.kind !== 'serve') throw new Error(JSON.stringify(command));
  return command;
};

test.each<[string, unknown, readonly string[]]>([
  ['no configuration', undefined, ['alice']],
  ['one without users', { users: [] }, ['alice']],
  ['one with one user', { users: [{ userName: 'bob' }] }, ['bob']],
  ['one with two', CONFIGURATION, ['alice', 'carol']],
  [
    'one with stacks',
    {
      stacks: [
        { stackName: 'One', users: [{ userName: 'bob' }] },
        { stackName: 'Two', users: [{ userName: 'alice' }] },
      ],
    },
    ['bob', 'alice'],
  ],
])('--serve with %s serves its users', (_name, configuration, names) => {
  const { users } = serving(configuration);
  expect(users.map(({ userName }) => userName)).toEqual(names);
});

test('each user who is served keeps the settings of the own stack, and --user chooses one', () => {
  const stacks = [
    { stackName: 'One', defaults: { recoveryPeriod: 'P20D' }, users: [{ userName: 'bob' }] },
    { stackName: 'Two', users: [{ userName: 'alice', existingSecret: 'her-own' }] },
  ];
  const configuration = { defaults: { recoveryPeriod: 'P10D' }, stacks };
  const periods = (...args: string[]) =>
    serving(configuration, ...args).users.map(({ userName, recoveryPeriod, secretExists }) => [
      userName,
      recoveryPeriod,
      secretExists,
    ]);
  expect(periods()).toEqual([
    ['bob', 'P20D', false],
    ['alice', 'P10D', false],
  ]);
  expect(periods('--user', 'bob')).toEqual([['bob', 'P20D', false]]);
  expect(periods('--recovery', 'P2D')).toEqual([
    ['bob', 'P2D', false],
    ['alice', 'P2D', false],
  ]);
});

test('time passes as real time does, from now, unless something else is wished', () => {
  expect(serving(undefined)).toMatchObject({ speed: 1, start: undefined, seed: 1, json: false });
  const args = ['--speed', '3600', '--start', '2026-03-02T08:00:00Z', '--seed', '7', '--json'];
  expect(serving(undefined, ...args)).toMatchObject({
    ...{ speed: 3600, seed: 7, json: true },
    start: new Date('2026-03-02T08:00:00Z'),
  });
  expect(serving(undefined, '--speed', 'max').speed).toBe('max');
  expect(serving(undefined, '--speed', '0').speed).toBe(0);
});

test('keys are in the secrets, unless a report says which are beside them', () => {
  expect(serving(undefined).report).toBeUndefined();
  expect(serving(undefined, '--credential-report', 'report.csv').report).toBe('report.csv');
});

test.each([
  [['--serve', '--speed', 'fast'], {}, /'--speed <n>' argument 'fast' is invalid\. Allowed: a whole number/],
  [
    ['--serve', '--speed', '1000001'],
    {},
    /argument '1000001' is invalid\. Allowed: a whole number from 0 to 1000000, or max\./,
  ],
  [
    ['--serve', '--start', 'today'],
    {},
    /'--start <time>' argument 'today' is invalid\. Allowed: a time in UTC/,
  ],
  [['--serve', '--start', '2026-13-02T08:00:00Z'], {}, /'--start <time>' argument/],
  [['--serve', '--scenario', 'plan'], {}, /'--serve' cannot be used with option '--scenario <name>'/],
  [['--serve', '--survey', '--picture', 'a.svg'], {}, /'--serve' cannot be used with option '--survey'/],
  [['--speed', '2'], {}, /^error: --speed, --start and --credential-report go with --serve/],
  [
    ['--credential-report', 'report.csv'],
    {},
    /^error: --speed, --start and --credential-report go with --serve/,
  ],
  [['--serve', '--recovery', 'soon'], {}, /^error: --recovery: /],
  [['--serve'], { AWS_ENDPOINT_URL: 'http://127.0.0.1:5000' }, /^error: AWS_ENDPOINT_URL: it is set/],
])('%j with %j is refused', (args, environment, message) => {
  expect(parseCommand(args, undefined, environment)).toEqual({
    kind: 'misuse',
    message: expect.stringMatching(message),
  });
});
