import {
  BUILT_IN_DEFAULTS,
  ConfigError,
  completeDeployment,
  longestClosedSeconds,
  MAX_USERS_PER_STACK,
  parseConfig,
} from '../../lib/config';
import example from '../../rotation.config.example.json';

const HOUR = 3_600;
const DAY = 86_400;
const VALIDATOR = 'arn:aws:lambda:eu-west-1:111122223333:function:shop';

const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:oncall';
const LIMITS = { executionTimeoutSeconds: 90 * DAY };

const problemsOf = (config: unknown, limits = LIMITS): readonly string[] => {
  try {
    parseConfig(config, limits);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

/** A configuration of one user with these settings. */
const alice = (settings: object): unknown => ({ users: [{ userName: 'alice', ...settings }] });

test('a user needs only a name', () => {
  expect(parseConfig({ users: [{ userName: 'alice' }] }, LIMITS)).toEqual({
    notifications: { emails: [], chat: false },
    securityHub: false,
    deployment: completeDeployment(),
    users: [
      {
        userName: 'alice',
        path: '/',
        secretId: 'iam-access-key-rotation/alice',
        secretExists: false,
        rotateAfter: 'P75D',
        overlapPeriod: 'P3D',
        noticeBefore: 'P2D',
        quietPeriod: 'P3D',
        adoptionDeadline: 'P7D',
        recoveryPeriod: 'P14D',
        idleAfter: 'P45D',
        adoptionCheckInterval: 'PT1H',
        healthCheckInterval: 'PT15M',
        schedule: 'cron(1 9 ? * MON-FRI *)',
        timeZone: 'UTC',
        deactivationWindow: { days: ['MON', 'TUE', 'WED', 'THU', 'FRI'], from: '09:00', to: '16:00' },
        onAdoptionDeadline: 'stop',
        ownershipMark: 'on',
        onExposedKey: 'tell',
        containForeignKeys: false,
        owners: [],
        healthAlarms: [],
        document: 'credential-process',
        fieldNames: undefined,
        sesSmtp: undefined,
        kmsKeyArn: undefined,
        replicaRegions: [],
        readers: [],
        denyOthers: false,
        pauseAtFirst: false,
      },
    ],
  });
});

test('every setting is accepted', () => {
  const settings = {
    userName: 'ci,deploy@example.com',
    path: '/service/ci/',
    rotateAfter: 'P30D',
    overlapPeriod: 'PT90M',
    noticeBefore: 'PT0S',
    quietPeriod: 'P1DT12H',
    onAdoptionDeadline: 'go-on',
    ownershipMark: 'off',
    onExposedKey: 'emergency',
    containForeignKeys: true,
    owners: ['bob@example.com', 'carol@example.com'],
    validator: `${VALIDATOR}:live`,
    acknowledgement: { deadline: 'P2D' },
    adoptionDeadline: 'P5D',
    recoveryPeriod: 'P10D',
    idleAfter: 'P20D',
    adoptionCheckInterval: 'PT30M',
    healthCheckInterval: 'PT5M',
    schedule: 'rate(1 day)',
    timeZone: 'Europe/Berlin',
    deactivationWindow: 'always',
    healthAlarms: ['orders failing', 'invoices/failing'],
    document: 'named-fields',
    fieldNames: { accessKeyId: 'user', secretAccessKey: 'password' },
    sesSmtp: { regions: ['eu-west-1', 'us-east-1'], userField: 'login', passwordField: 'pass-{Region}' },
    kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    replicaRegions: [{ region: 'us-west-2' }],
    readers: [],
    denyOthers: false,
    pauseAtFirst: false,
  };
  const around = {
    notifications: { emails: ['ops@example.com', 'dev@example.com'], topicArn: TOPIC, chat: true },
    runbookUrl: 'https://wiki.example.com/keys/runbook',
    securityHub: true,
    deployment: {
      namePrefix: 'acme-',
      tags: { team: 'keys' },
      permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/boundary',
      rolePath: '/automation/',
      policies: 'managed',
      vpc: { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] },
      architecture: 'x86_64',
      reservedConcurrency: 5,
      encryptionKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
      logRetentionDays: 90,
      auditRetentionDays: 731,
      trailLogGroupName: 'company/trail',
      removalPolicy: 'destroy',
      terminationProtection: true,
      eventBusName: 'keys',
      scheduleGroupName: 'keys',
      alarmActions: ['arn:aws:sns:eu-west-1:111122223333:pager'],
      forwardExposedKeys: false,
    },
  };
  const config = { ...around, users: [{ ...settings, existingSecret: 'ci/key' }] };
  expect(parseConfig(config, LIMITS)).toEqual({
    ...around,
    users: [{ ...settings, secretId: 'ci/key', secretExists: true }],
  });
});

describe('who is told', () => {
  const told = (notifications: unknown, users: readonly object[] = [{ userName: 'alice' }]) => ({
    notifications,
    users,
  });

  test.each<[string, unknown]>([
    ['nobody', {}],
    ['an empty list', { emails: [] }],
    ['one', { emails: ['a@example.com'] }],
    ['two', { emails: ['a@example.com', 'b@example.com'] }],
    ['many', { emails: Array.from({ length: 50 }, (_none, index) => `a${index}@example.com`) }],
    ['a topic', { topicArn: TOPIC }],
    ['a chat channel', { chat: true }],
  ])('may be %s', (_who, notifications) => {
    expect(parseConfig(told(notifications), LIMITS).notifications).toEqual({
      emails: [],
      chat: false,
      ...(notifications as object),
    });
  });

  test.each<[string, unknown, RegExp]>([
    [
      'a text',
      'a@example.com',
      /^notifications: .* Allowed: an object \{"emails"\?, "topicArn"\?, "chat"\?\}/,
    ],
    ['a typo', { email: [] }, /^notifications\.email: .* Did you mean "emails"\?$/],
    ['no list', { emails: 'a@example.com' }, /^notifications\.emails: .* Allowed: a list of at most 50/],
    ['an address twice', { emails: ['a@example.com', 'b@b.de', 'A@example.com'] }, /none of them twice\.$/],
    [
      'too many',
      { emails: Array.from({ length: 51 }, (_none, index) => `a${index}@example.com`) },
      /^notifications\.emails: .* Allowed: a list of at most 50/,
    ],
    ['the name of a topic', { topicArn: 'oncall' }, /Allowed: the ARN of a standard SNS topic/],
    ['a FIFO topic', { topicArn: `${TOPIC}.fifo` }, /Allowed: the ARN of a standard SNS topic/],
    ['a subscription', { topicArn: `${TOPIC}:1` }, /Allowed: the ARN of a standard SNS topic/],
    [
      'a channel by name',
      { chat: '#ops' },
      /^notifications\.chat: "#ops" was given\. Allowed: true or false/,
    ],
  ])('is not said by %s', (_what, notifications, problem) => {
    expect(problemsOf(told(notifications))).toEqual([expect.stringMatching(problem)]);
  });

  test('used to be notificationEmail', () => {
    expect(problemsOf({ notificationEmail: 'a@example.com', users: [{ userName: 'alice' }] })).toEqual([
      'notificationEmail: "a@example.com" was given, but there is no such field. Allowed: $schema, notifications, runbookUrl, securityHub, paused, deployment, defaults, users. Did you mean "notifications": {"emails":["a@example.com"]}?',
    ]);
  });

  test('Security Hub, if that is said, and by nothing but true or false', () => {
    const hubOf = (securityHub: unknown) =>
      parseConfig({ ...(told({}) as object), securityHub }, LIMITS).securityHub;
    expect([undefined, false, true].map(hubOf)).toEqual([false, false, true]);
    expect(problemsOf({ ...(told({}) as object), securityHub: 'yes' })).toEqual([
      'securityHub: "yes" was given. Allowed: true or false.',
    ]);
  });

  test('of a user: its owners, or those of defaults', () => {
    const { users } = parseConfig(
      {
        defaults: { owners: ['team@example.com'] },
        users: [
          { userName: 'alice' },
          { userName: 'bob', owners: [] },
          { userName: 'carol', owners: ['c@c.de'] },
        ],
      },
      LIMITS,
    );
    expect(users.map(({ owners }) => owners)).toEqual([['team@example.com'], [], ['c@c.de']]);
  });

  test.each<[string, unknown, RegExp]>([
    ['a text', 'a@example.com', /^users\[0\]\.owners: .* Allowed: a list of at most 10 e-mail addresses/],
    ['a name', ['bob'], /^users\[0\]\.owners\[0\]: "bob" was given\. Allowed: an e-mail address/],
    ['one twice', ['a@example.com', 'a@example.com'], /none of them twice/],
  ])('owners are not %s', (_what, owners, problem) => {
    expect(problemsOf(alice({ owners }))).toEqual([expect.stringMatching(problem)]);
  });

  test('owners have up to 200 addresses in a stack, besides those who get everything', () => {
    const users = Array.from({ length: 21 }, (_none, user) => ({
      userName: `user-${user}`,
      owners: Array.from({ length: 10 }, (_owner, index) => `owner-${user}-${index}@example.com`),
    }));
    expect(problemsOf(told({}, users.slice(0, 20)))).toEqual([]);
    expect(problemsOf(told({}, users))).toEqual([
      expect.stringMatching(
        /^users: owners with 210 addresses were given\. Allowed: 200 different ones in a stack/,
      ),
    ]);
    expect(problemsOf(told({ emails: users[0]?.owners }, users))).toEqual([]);
  });
});

test.each([
  ['http://wiki.example.com/runbook'],
  ['https://'],
  ['https://wiki.example.com/runbook#errors'],
  ['https://wiki.example.com/a b'],
  ["https://wiki.example.com/'"],
  [`https://wiki.example.com/$\{x}`],
  [`https://wiki.example.com/${'x'.repeat(500)}`],
  [7],
])('%j is no address of a runbook', (runbookUrl) => {
  expect(problemsOf({ runbookUrl, users: [{ userName: 'alice' }] })).toEqual([
    expect.stringMatching(
      /^runbookUrl: .* Allowed: an https URL without a fragment, of at most 500 characters\.$/,
    ),
  ]);
});

test('a user’s setting wins over defaults, and defaults over the built-in value', () => {
  const { users } = parseConfig(
    {
      defaults: {
        overlapPeriod: 'P2D',
        timeZone: 'Asia/Tokyo',
        deactivationWindow: 'always',
        onAdoptionDeadline: 'go-on',
        ownershipMark: 'off',
        onExposedKey: 'emergency',
        containForeignKeys: true,
      },
      users: [
        {
          userName: 'alice',
          overlapPeriod: 'P1D',
          ownershipMark: 'on',
          onExposedKey: 'tell',
          containForeignKeys: false,
        },
        { userName: 'bob' },
      ],
    },
    LIMITS,
  );
  expect(
    users.map((user) => [
      user.overlapPeriod,
      user.timeZone,
      user.deactivationWindow,
      user.onAdoptionDeadline,
      user.ownershipMark,
      user.onExposedKey,
      user.containForeignKeys,
    ]),
  ).toEqual([
    ['P1D', 'Asia/Tokyo', 'always', 'go-on', 'on', 'tell', false],
    ['P2D', 'Asia/Tokyo', 'always', 'go-on', 'off', 'emergency', true],
  ]);
  expect(users[0]?.recoveryPeriod).toBe(BUILT_IN_DEFAULTS.recoveryPeriod);
});

test('a pause of all users pauses each of them, and a user may have its own reason', () => {
  const config = { paused: 'freeze', users: [{ userName: 'alice' }, { userName: 'bob', paused: 'audit' }] };
  expect(parseConfig(config, LIMITS).users.map(({ paused }) => paused)).toEqual(['freeze', 'audit']);
  expect(parseConfig(alice({}), LIMITS).users[0]).not.toHaveProperty('paused');
});

test('a user with a validator needs time for it to answer at the end', () => {
  // So long a rotation is not over when the next one is due, hence "force".
  const settings = {
    validator: VALIDATOR,
    recoveryPeriod: 'P77DT23H',
    adoptionDeadline: 'P7D',
    force: true,
  };
  const open = { ...settings, deactivationWindow: 'always' };
  expect(() => parseConfig(alice(open), LIMITS)).not.toThrow();
  expect(() => parseConfig(alice({ ...open, recoveryPeriod: 'P80D' }), LIMITS)).toThrow('at most 79 days');
  expect(() =>
    parseConfig(alice({ ...open, validator: undefined, recoveryPeriod: 'P80D' }), LIMITS),
  ).not.toThrow();
});

test('a rotation with an acknowledgement needs time for it', () => {
  const settings = { adoptionDeadline: 'P7D', deactivationWindow: 'always', force: true };
  const within = (deadline: string) =>
    alice({ ...settings, recoveryPeriod: 'P78D', acknowledgement: { deadline } });
  expect(() => parseConfig(within('P3D'), LIMITS)).not.toThrow();
  expect(() => parseConfig(within('P4D'), LIMITS)).toThrow('at most 77 days');
});

test('the example is a valid configuration of one user with the built-in periods', () => {
  const { users } = parseConfig(example, LIMITS);
  expect(users).toEqual([expect.objectContaining({ ...BUILT_IN_DEFAULTS, userName: 'alice' })]);
});

const DURATION = 'an ISO 8601 duration of days, hours, minutes and seconds';
const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:ci/key';

// The name of the row, the configuration, the field with the problem, the value as the message shows it, and
// what the message says is allowed.
test.each<[string, unknown, string, string, string]>([
  ['no configuration', undefined, 'the whole', 'nothing', 'an object'],
  ['a list', [], 'the whole', '[]', 'an object'],
  ['a text', '{}', 'the whole', '"{}"', 'an object'],
  ['no users', {}, 'users', 'nothing', 'a list of users'],
  ['an empty list', { users: [] }, 'users', '[]', 'a list of at least one user'],
  ['a user by name only', { users: ['alice'] }, 'users[0]', '"alice"', 'an object with at least a userName'],
  ['no name', { users: [{}] }, 'users[0].userName', 'nothing', 'the name of an IAM user'],
  ['an empty name', { users: [{ userName: '' }] }, 'users[0].userName', '""', '1 to 64 letters'],
  ['a name with a slash', { users: [{ userName: 'a/b' }] }, 'users[0].userName', '"a/b"', '1 to 64 letters'],
  ['a wildcard', { users: [{ userName: '*' }] }, 'users[0].userName', '"*"', '1 to 64 letters'],
  ['an umlaut', { users: [{ userName: 'ü' }] }, 'users[0].userName', '"ü"', '1 to 64 letters'],
  ['65 letters', { users: [{ userName: 'x'.repeat(65) }] }, 'users[0].userName', '"xxx', '1 to 64 letters'],
  [
    'a bad address',
    { notifications: { emails: ['ops'] }, users: [{ userName: 'a' }] },
    'notifications.emails[0]',
    '"ops"',
    'an e-mail address',
  ],
  [
    'a typo at the top',
    { user: [], users: [{ userName: 'a' }] },
    'user',
    '[]',
    'notifications, runbookUrl, securityHub, paused, deployment, defaults, users',
  ],
  [
    'a typo in defaults',
    { defaults: { overlap: 'P1D' }, users: [{ userName: 'a' }] },
    'defaults.overlap',
    '"P1D"',
    'overlapPeriod, ',
  ],
  [
    'a name in defaults',
    { defaults: { userName: 'b' }, users: [{ userName: 'a' }] },
    'defaults.userName',
    '"b"',
    'rotateAfter, ',
  ],
  [
    'a bad default',
    { defaults: { quietPeriod: '3D' }, users: [{ userName: 'a' }] },
    'defaults.quietPeriod',
    '"3D"',
    DURATION,
  ],
  ['a typo', alice({ rotateAfer: 'P60D' }), 'users[0].rotateAfer', '"P60D"', 'rotateAfter, '],
  ['a number of days', alice({ rotateAfter: 60 }), 'users[0].rotateAfter', '60', DURATION],
  ['a month', alice({ rotateAfter: 'P2M' }), 'users[0].rotateAfter', '"P2M"', DURATION],
  ['a week', alice({ overlapPeriod: 'P1W' }), 'users[0].overlapPeriod', '"P1W"', DURATION],
  ['a fraction', alice({ quietPeriod: 'P1.5D' }), 'users[0].quietPeriod', '"P1.5D"', DURATION],
  ['a negative period', alice({ recoveryPeriod: '-P1D' }), 'users[0].recoveryPeriod', '"-P1D"', DURATION],
  ['nothing but P', alice({ idleAfter: 'P' }), 'users[0].idleAfter', '"P"', DURATION],
  ['nothing after T', alice({ adoptionDeadline: 'P7DT' }), 'users[0].adoptionDeadline', '"P7DT"', DURATION],
  [
    'hours without T',
    alice({ healthCheckInterval: 'P1H' }),
    'users[0].healthCheckInterval',
    '"P1H"',
    DURATION,
  ],
  [
    'checks every second',
    alice({ adoptionCheckInterval: 'PT1S' }),
    'users[0].adoptionCheckInterval',
    '"PT1S"',
    'at least 1 minute. Or set "force": true for this user, if you have a reason to: then at least 1 second',
  ],
  [
    'checks all the time',
    alice({ healthCheckInterval: 'PT0S' }),
    'users[0].healthCheckInterval',
    '"PT0S"',
    'at least 3 minutes, because an attempt to deactivate',
  ],
  [
    'health checks before a deactivation must be over',
    alice({ healthCheckInterval: 'PT2M59S' }),
    'users[0].healthCheckInterval',
    '"PT2M59S"',
    'at least 3 minutes',
  ],
  [
    'adoption checks all the time, by force',
    alice({ adoptionCheckInterval: 'PT0S', force: true }),
    'users[0].adoptionCheckInterval',
    '"PT0S"',
    'at least 1 second.',
  ],
  [
    'health checks all the time, by force',
    alice({ healthCheckInterval: 'PT0S', force: true }),
    'users[0].healthCheckInterval',
    '"PT0S"',
    'at least 1 second.',
  ],
  [
    'a path without slashes',
    alice({ path: 'service' }),
    'users[0].path',
    '"service"',
    'begin and end with "/"',
  ],
  ['half a path', alice({ path: '/service' }), 'users[0].path', '"/service"', 'begin and end with "/"'],
  ['a path with a blank', alice({ path: '/a b/' }), 'users[0].path', '"/a b/"', 'begin and end with "/"'],
  ['a path that is a pattern', alice({ path: '/*/' }), 'users[0].path', '"/*/"', 'would not read literally'],
  [
    'a path that is a variable',
    alice({ path: '/$' + '{aws:username}/' }),
    'users[0].path',
    '"/$',
    'would not read literally',
  ],
  ['a long path', alice({ path: `/${'p'.repeat(511)}/` }), 'users[0].path', '"/ppp', 'at most 512'],
  ['an unknown zone', alice({ timeZone: 'Mars/Olympus' }), 'users[0].timeZone', '"Mars/Olympus"', 'IANA'],
  ['an offset', alice({ timeZone: '+02:00' }), 'users[0].timeZone', '"+02:00"', 'IANA'],
  [
    'a zone in lower case',
    alice({ timeZone: 'europe/berlin' }),
    'users[0].timeZone',
    '"europe/berlin"',
    'IANA',
  ],
  ...['shop', 'arn:aws:lambda:eu-west-1:1:function:shop', `${VALIDATOR}:$LATEST`, `${VALIDATOR}*`].map(
    (validator): [string, unknown, string, string, string] => [
      `the validator ${validator}`,
      alice({ validator }),
      'users[0].validator',
      `"${validator}"`,
      'the full ARN of a Lambda function in this account and Region',
    ],
  ),
  [
    'an acknowledgement without a deadline',
    alice({ acknowledgement: {} }),
    'users[0].acknowledgement.deadline',
    'nothing',
    'an ISO 8601 duration',
  ],
  [
    'an acknowledgement of true',
    alice({ acknowledgement: true }),
    'users[0].acknowledgement',
    'true',
    '{"deadline"}',
  ],
  [
    'an acknowledgement within seconds',
    alice({ acknowledgement: { deadline: 'PT59S' } }),
    'users[0].acknowledgement.deadline',
    '"PT59S"',
    'at least 1 minute',
  ],
  [
    'an acknowledgement that outlasts its execution',
    alice({ acknowledgement: { deadline: 'P91D' }, force: true }),
    'users[0].acknowledgement.deadline',
    '"P91D"',
    'at most 90 days',
  ],
  [
    'an acknowledgement that makes keys too old',
    alice({ acknowledgement: { deadline: 'P8D' } }),
    'users[0].rotateAfter',
    '"P75D" (the default)',
    'adoptionDeadline (P7D) and acknowledgement.deadline (P8D) are added to it',
  ],
  ['a pause without a reason', alice({ paused: ' ' }), 'users[0].paused', '" "', 'the reason, in 1 to 256'],
  ['a pause of true', alice({ paused: true }), 'users[0].paused', 'true', 'the reason, in 1 to 256'],
  [
    'a pause of all users without a reason',
    { paused: '', users: [{ userName: 'alice' }] },
    'paused',
    '""',
    'the reason, in 1 to 256',
  ],
  [
    'another answer to an exposed key',
    alice({ onExposedKey: 'contain' }),
    'users[0].onExposedKey',
    '"contain"',
    '"tell" or "emergency"',
  ],
  [
    'foreign keys to contain, in words',
    alice({ containForeignKeys: 'yes' }),
    'users[0].containForeignKeys',
    '"yes"',
    'true or false',
  ],
  [
    'another end of adoption',
    alice({ onAdoptionDeadline: 'ask' }),
    'users[0].onAdoptionDeadline',
    '"ask"',
    '"stop" or "go-on"',
  ],
  ['no mark', alice({ ownershipMark: false }), 'users[0].ownershipMark', 'false', '"on" or "off"'],
  ['never', alice({ deactivationWindow: 'never' }), 'users[0].deactivationWindow', '"never"', '"always" or'],
  [
    'a window without a day',
    alice({ deactivationWindow: { days: [], from: '09:00', to: '16:00' } }),
    'users[0].deactivationWindow.days',
    '[]',
    'at least one day',
  ],
  [
    'a day twice',
    alice({ deactivationWindow: { days: ['MON', 'MON'], from: '09:00', to: '16:00' } }),
    'users[0].deactivationWindow.days',
    '["MON","MON"]',
    'no day twice',
  ],
  [
    'a day in full',
    alice({ deactivationWindow: { days: ['Monday'], from: '09:00', to: '16:00' } }),
    'users[0].deactivationWindow',
    '{"days":["Monday"]',
    '"always" or',
  ],
  [
    'a window over midnight',
    alice({ deactivationWindow: { days: ['MON'], from: '22:00', to: '06:00' } }),
    'users[0].deactivationWindow',
    '{"days":["MON"]',
    'later than "from"',
  ],
  [
    '24 o’clock',
    alice({ deactivationWindow: { days: ['MON'], from: '09:00', to: '24:00' } }),
    'users[0].deactivationWindow.to',
    '"24:00"',
    '"23:59"',
  ],
  [
    'a typo in the window',
    alice({ deactivationWindow: { days: ['MON'], start: '09:00', to: '16:00' } }),
    'users[0].deactivationWindow',
    '{"days":["MON"]',
    '"from": "HH:MM"',
  ],
  ['one alarm, not a list', alice({ healthAlarms: 'a' }), 'users[0].healthAlarms', '"a"', 'a list of names'],
  [
    'an alarm twice',
    alice({ healthAlarms: ['a', 'a'] }),
    'users[0].healthAlarms',
    '["a","a"]',
    'no alarm twice',
  ],
  [
    'an alarm pattern',
    alice({ healthAlarms: ['orders', 'orders-*'] }),
    'users[0].healthAlarms[1]',
    '"orders-*"',
    'without "*"',
  ],
  [
    'more alarms than one call can read',
    alice({ healthAlarms: Array.from({ length: 101 }, (_value, index) => `alarm-${index}`) }),
    'users[0].healthAlarms',
    '["alarm-0","alarm-1"',
    'at most 100 alarms',
  ],
  ['an empty alarm', alice({ healthAlarms: [''] }), 'users[0].healthAlarms[0]', '""', '1 to 255'],
  [
    'an impossible secret name',
    alice({ existingSecret: 'a b' }),
    'users[0].existingSecret',
    '"a b"',
    'the name of a secret',
  ],
  [
    'half a secret ARN',
    alice({ existingSecret: ARN }),
    'users[0].existingSecret',
    '"arn:',
    'six random characters',
  ],
  [
    'an ARN of something else',
    alice({ existingSecret: 'arn:aws:s3:::bucket' }),
    'users[0].existingSecret',
    '"arn:aws:s3',
    'full ARN',
  ],
  ['force as a text', alice({ force: 'yes' }), 'users[0].force', '"yes"', 'true or false'],
  [
    'no schedule expression',
    alice({ schedule: 'daily' }),
    'users[0].schedule',
    '"daily"',
    'neither cron(...) nor rate(...)',
  ],
  [
    'a schedule that cannot be forced',
    alice({ schedule: 'cron(61 9 * * ? *)', force: true }),
    'users[0].schedule',
    '"cron(61',
    'not a value of the minutes',
  ],
  ...[
    ['quietPeriod', 'shows no use of the key'],
    ['recoveryPeriod', 'no consumer misses the key before'],
  ].map(([field = '', because = '']): [string, unknown, string, string, string] => [
    `a ${field} shorter than a session`,
    alice({ [field]: 'P1DT11H59M59S', idleAfter: 'P45D' }),
    `users[0].${field}`,
    '"P1DT11H59M59S"',
    `at least 1 day and 12 hours, because a session that was begun with ${field === 'quietPeriod' ? 'a' : 'the old'} key goes on for up to 36 hours${field === 'quietPeriod' ? ' and' : ', and'} ${because}. Or set "force": true`,
  ]),
  [
    'a key that is due before its own rotation is over',
    alice({ rotateAfter: 'P18DT23H' }),
    'users[0].rotateAfter',
    '"P18DT23H"',
    'at least 19 days: no rotation is over sooner, with the longer of overlapPeriod (P3D) and noticeBefore (P2D), and with recoveryPeriod (P14D), and notice of the next one is given after that',
  ],
  [
    'a notice that is longer than the overlap period: it counts for both ends of a rotation',
    alice({ noticeBefore: 'P5D', rotateAfter: 'P23D' }),
    'users[0].rotateAfter',
    '"P23D"',
    'at least 24 days: ',
  ],
  [
    'a notice that the adoption deadline has no room for',
    alice({ noticeBefore: 'P7D' }),
    'users[0].adoptionDeadline',
    '"P7D" (the default)',
    'at least 7 days and 1 hour: it counts from publication, and the longest of overlapPeriod (P3D), noticeBefore (P7D) and quietPeriod (P3D) plus one adoptionCheckInterval (PT1H)',
  ],
  ['a notice of a week', alice({ noticeBefore: 'P1W' }), 'users[0].noticeBefore', '"P1W"', DURATION],
  [
    'a key that is always due',
    alice({ rotateAfter: 'P0D' }),
    'users[0].rotateAfter',
    '"P0D"',
    'at least 19 days',
  ],
  [
    'the ARN of a user',
    { users: [{ userName: 'arn:aws:iam::111122223333:user/service/alice' }] },
    'users[0].userName',
    '"arn:aws:iam::111122223333:user/service/alice"',
    'the name of an IAM user, and not its ARN: 1 to 64 letters, digits and _+=,.@-. Did you mean "alice"?',
  ],
  [
    'the ARN of an alarm, in any Region',
    alice({ healthAlarms: ['arn:aws:cloudwatch:us-east-1:111122223333:alarm:orders fail'] }),
    'users[0].healthAlarms[0]',
    '"arn:aws:cloudwatch',
    'which an IAM policy would not read literally. Did you mean "orders fail"?',
  ],
  ...[
    [{ rotateAfer: 'P60D' }, 'rotateAfer', 'rotateAfter'],
    [{ ReadersS: [] }, 'ReadersS', 'readers'],
    [{ timeZone: 'Europe/Berln' }, 'timeZone', 'Europe/Berlin'],
    [{ timeZone: 'europe/berlin' }, 'timeZone', 'Europe/Berlin'],
    [{ onAdoptionDeadline: 'goon' }, 'onAdoptionDeadline', 'go-on'],
    [{ onExposedKey: 'emergancy' }, 'onExposedKey', 'emergency'],
    [{ ownershipMark: 'oof' }, 'ownershipMark', 'off'],
    [{ deactivationWindow: 'allways' }, 'deactivationWindow', 'always'],
    [{ fieldNames: 'enviroment' }, 'fieldNames', 'environment'],
  ].map(([settings, field, meant]): [string, unknown, string, string, string] => [
    `${JSON.stringify(settings)}, with a likely meaning,`,
    alice(settings as object),
    `users[0].${field}`,
    '',
    `. Did you mean "${meant}"?`,
  ]),
  [
    'a schedule that ends',
    alice({ schedule: 'cron(0 9 * * ? 2027)' }),
    'users[0].schedule',
    '"cron(0 9 * * ? 2027)"',
    '"force": true',
  ],
  [
    'an overlap of 64 minutes',
    alice({ overlapPeriod: 'PT64M59S' }),
    'users[0].overlapPeriod',
    '"PT64M59S"',
    'at least 1 hour and 5 minutes',
  ],
  [
    'a deadline before the overlap ends',
    alice({ adoptionDeadline: 'P3D' }),
    'users[0].adoptionDeadline',
    '"P3D"',
    'at least 3 days and 1 hour',
  ],
  [
    'a deadline before quiet can be proved',
    alice({ quietPeriod: 'P10D' }),
    'users[0].adoptionDeadline',
    '"P7D" (the default)',
    'at least 10 days and 1 hour',
  ],
  [
    'a user that is idle before it is quiet',
    alice({ idleAfter: 'P2D' }),
    'users[0].idleAfter',
    '"P2D"',
    'at least quietPeriod (P3D)',
  ],
  [
    'a recovery without a check',
    alice({ recoveryPeriod: 'PT14M', force: true }),
    'users[0].recoveryPeriod',
    '"PT14M"',
    'at least healthCheckInterval (PT15M)',
  ],
  [
    'keys older than 90 days',
    alice({ rotateAfter: 'P80D' }),
    'users[0].rotateAfter',
    '"P80D"',
    'at most 79 days, 23 hours, and 45 minutes',
  ],
  [
    'a monthly question',
    alice({ schedule: 'cron(0 9 1 * ? *)' }),
    'users[0].rotateAfter',
    '"P75D" (the default)',
    'at most 51 days',
  ],
])('%s is refused', (_title, config, field, value, allowed) => {
  const problems = problemsOf(config);
  expect(problems).toHaveLength(1);
  expect(problems[0]?.startsWith(`${field}: ${value}`)).toBe(true);
  expect(problems[0]).toContain('was given');
  expect(problems[0]).toContain('Allowed: ');
  expect(problems[0]).toContain(allowed);
});

test('a problem of a value from defaults says where the value comes from', () => {
  const config = { defaults: { overlapPeriod: 'PT10M' }, users: [{ userName: 'alice' }] };
  expect(problemsOf(config)).toEqual([
    expect.stringMatching(
      /^users\[0\]\.overlapPeriod: "PT10M" \(from defaults\) was given\. Allowed: at least 1 hour and 5 minutes/,
    ),
  ]);
});

test.each<[string, object]>([
  ['an overlap of 65 minutes', { overlapPeriod: 'PT65M' }],
  ['a deadline that leaves room for one check', { adoptionDeadline: 'P3DT1H' }],
  ['keys that live for exactly 90 days', { rotateAfter: 'P79DT23H45M' }],
  ['checks every few minutes', { adoptionCheckInterval: 'PT1M', healthCheckInterval: 'PT180S' }],
  ['forced checks every second', { adoptionCheckInterval: 'PT1S', healthCheckInterval: 'PT1S', force: true }],
  ['a forced short overlap', { overlapPeriod: 'PT0S', force: true }],
  ['a forced quiet period of nothing', { quietPeriod: 'PT0S', force: true }],
  ['a forced key that is always due', { rotateAfter: 'P0D', force: true }],
  ['a forced recovery of one check', { recoveryPeriod: 'PT15M', force: true }],
  ['periods as long as a session', { quietPeriod: 'PT36H', recoveryPeriod: 'PT36H' }],
  ['a key that is due when its rotation is over', { rotateAfter: 'P19D' }],
  ['and without a notice', { rotateAfter: 'P17D', noticeBefore: 'PT0S' }],
  [
    'a notice as long as half a key',
    { noticeBefore: 'P30D', adoptionDeadline: 'P31D', rotateAfter: 'P55D', force: true },
  ],
  ['forced old keys', { rotateAfter: 'P300D', force: true }],
  ['a forced schedule that ends', { schedule: 'cron(0 9 * * ? 2027)', force: true }],
  [
    'a window that closes in the last minute of the day',
    { deactivationWindow: { days: ['SUN'], from: '00:00', to: '23:59' } },
  ],
  ['a full ARN', { existingSecret: `${ARN}-AbCd12` }],
  ['a path of 512 characters', { path: `/${'p'.repeat(510)}/` }],
])('%s is accepted', (_title, settings) => {
  expect(problemsOf(alice(settings))).toEqual([]);
});

test('limits that cannot be forced stay refused', () => {
  const settings = { force: true, adoptionDeadline: 'P1D', idleAfter: 'P1D', recoveryPeriod: 'PT1M' };
  expect(problemsOf(alice(settings)).map((problem) => problem.split(':')[0])).toEqual([
    'users[0].adoptionDeadline',
    'users[0].idleAfter',
    'users[0].recoveryPeriod',
  ]);
});

test('a change of clocks costs an hour of the 90 days', () => {
  const settings = { rotateAfter: 'P79DT23H45M', timeZone: 'Europe/Berlin' };
  expect(problemsOf(alice(settings))).toEqual([
    expect.stringContaining('at most 79 days, 22 hours, and 45 minutes'),
  ]);
});

test.each<[string, object, string]>([
  ['overlapPeriod', { overlapPeriod: 'P31D', adoptionDeadline: 'P20D' }, 'users[0].overlapPeriod'],
  ['noticeBefore', { noticeBefore: 'P31D' }, 'users[0].noticeBefore'],
  ['quietPeriod', { quietPeriod: 'P31D' }, 'users[0].quietPeriod'],
  ['adoptionDeadline', { adoptionDeadline: 'P31D' }, 'users[0].adoptionDeadline'],
  ['recoveryPeriod', { recoveryPeriod: 'P31D' }, 'users[0].recoveryPeriod'],
  ['adoptionCheckInterval', { adoptionCheckInterval: 'P31D' }, 'users[0].adoptionCheckInterval'],
  ['healthCheckInterval', { healthCheckInterval: 'P31D' }, 'users[0].healthCheckInterval'],
])('%s may not exceed the time limit of an execution, not even by force', (_title, settings, field) => {
  const problems = problemsOf(alice({ ...settings, force: true }), { executionTimeoutSeconds: 30 * DAY });
  expect(problems).toContainEqual(
    expect.stringMatching(
      new RegExp(`^${field.replace(/[[\].]/g, '\\$&')}: "P31D" was given\\. Allowed: at most 30 days`),
    ),
  );
});

test('the notice, the deadline, the longest closed period of the window and the recovery together may not exceed the time limit', () => {
  const config = alice({});
  // 2 days, 7 days, the 65 hours from Friday 16:00 to Monday 09:00 and one for the clocks, and 14 days.
  const needed = 23 * DAY + 66 * HOUR;
  expect(problemsOf(config, { executionTimeoutSeconds: needed })).toEqual([]);
  expect(problemsOf(config, { executionTimeoutSeconds: needed - 1 })).toEqual([
    expect.stringMatching(
      /^users\[0\]\.recoveryPeriod: "P14D" \(the default\) was given\. Allowed: at most 13 days/,
    ),
  ]);
});

test.each<[string, Parameters<typeof longestClosedSeconds>[0], number]>([
  ['always open', 'always', 0],
  ['one day a week', { days: ['WED'], from: '09:00', to: '10:00' }, 7 * DAY - HOUR + HOUR],
  [
    'every day',
    { days: ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'], from: '08:00', to: '20:00' },
    13 * HOUR,
  ],
  ['days out of order', { days: ['SUN', 'MON'], from: '00:00', to: '12:00' }, 6 * DAY - 12 * HOUR + HOUR],
])('the longest closed period of a window: %s', (_title, window, seconds) => {
  expect(longestClosedSeconds(window)).toBe(seconds);
});

test.each<[string, object[], string]>([
  ['a user twice', [{ userName: 'alice' }, { userName: 'alice' }], 'is users[0].userName'],
  [
    'users that differ in case',
    [{ userName: 'alice' }, { userName: 'Alice' }],
    'differs only in case from users[0].userName',
  ],
  [
    'a secret for two',
    [
      { userName: 'alice', existingSecret: 'key' },
      { userName: 'bob', existingSecret: 'key' },
    ],
    "this user's secret is that of users[0]",
  ],
  [
    'a secret by name and by ARN',
    [
      { userName: 'alice', existingSecret: 'ci/key' },
      { userName: 'bob', existingSecret: `${ARN}-AbCd12` },
    ],
    "this user's secret is that of users[0]",
  ],
  [
    'the secret that the stack creates for another user',
    [{ userName: 'alice' }, { userName: 'bob', existingSecret: 'iam-access-key-rotation/alice' }],
    "this user's secret is that of users[0]",
  ],
])('%s is refused', (_title, users, reason) => {
  expect(problemsOf({ users })).toEqual([
    expect.stringMatching(/^users\[1\]\.(userName|existingSecret): ".+" was given/),
  ]);
  expect(problemsOf({ users })[0]).toContain(reason);
});

test('more users than a stack carries are refused', () => {
  const users = Array.from({ length: MAX_USERS_PER_STACK + 1 }, (_, index) => ({
    userName: `user-${index}`,
  }));
  expect(problemsOf({ users: users.slice(1) })).toEqual([]);
  expect(problemsOf({ users })).toEqual([
    expect.stringMatching(
      /^users: .* Allowed: a list of at most 100 users; put the others into another stack/,
    ),
  ]);
});

test('all problems are reported at once, each on a line of the message', () => {
  const config = {
    notifications: { emails: ['nobody'] },
    defaults: { timeZone: 'Nowhere' },
    users: [
      { userName: 'a b', path: '' },
      { userName: 'alice', overlapPeriod: 'PT1M', idleAfter: 'P1D' },
      {},
    ],
  };
  const fields = problemsOf(config).map((problem) => problem.split(':')[0]);
  expect(fields).toEqual([
    'notifications.emails[0]',
    'defaults.timeZone',
    'users[0].userName',
    'users[0].path',
    'users[1].overlapPeriod',
    'users[1].idleAfter',
    'users[2].userName',
  ]);
  expect(() => parseConfig(config, LIMITS)).toThrow(/^The configuration has 7 problems:\n {2}- /);
});

test('there is no suggestion if nothing similar is known', () => {
  expect(problemsOf(alice({ colour: 'red', timeZone: 'Nowhere' }))).toEqual([
    expect.not.stringContaining('Did you mean'),
    expect.not.stringContaining('Did you mean'),
  ]);
});
