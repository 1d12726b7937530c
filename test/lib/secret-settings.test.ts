import { App, Stack } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { enrolmentFileOf } from '../../lambdas/shared/contract/enrolment';
import { GUARDED_ACTIONS } from '../../lambdas/shared/contract/secret-policy';
import { STEP_NAMES, stepPlaceholder } from '../../lambdas/shared/contract/steps';
import { AccessKeyRotation } from '../../lib/access-key-rotation';
import { ConfigError, parseConfig, type RotatedUser } from '../../lib/config';
import {
  madeBefore,
  resourceOf,
  resourcesOf,
  resourceText,
  stackOf,
  statementsOf,
  templateOf,
} from './synthesize';

const LIMITS = { executionTimeoutSeconds: 90 * 86_400 };
const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const keyIn = (region: string): string => `arn:aws:kms:${region}:111122223333:key/${KEY_ID}`;
const KEY = keyIn('eu-west-1');
const READER = 'arn:aws:iam::444455556666:role/readers/deploy';
const BREAK_GLASS = 'arn:aws:iam::111122223333:role/break-glass';

const parse = (config: unknown): readonly RotatedUser[] => parseConfig(config, LIMITS).users;
const alice = (settings: object, defaults: object = {}) => ({
  defaults,
  users: [{ userName: 'alice', ...settings }],
});
const only = (config: unknown): RotatedUser | undefined => parse(config)[0];
const problemsOf = (work: () => unknown): readonly string[] => {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('settings of the secret', () => {
  test.each<[string, object, Partial<RotatedUser>]>([
    [
      'names of environment variables, by a word',
      { fieldNames: 'environment' },
      { fieldNames: { accessKeyId: 'AWS_ACCESS_KEY_ID', secretAccessKey: 'AWS_SECRET_ACCESS_KEY' } },
    ],
    [
      'names of 256 characters, and with spaces',
      { fieldNames: { accessKeyId: 'access key', secretAccessKey: 'x'.repeat(256) } },
      { fieldNames: { accessKeyId: 'access key', secretAccessKey: 'x'.repeat(256) } },
    ],
    ['the form of the document', { document: 'named-fields' }, { document: 'named-fields' }],
    [
      'names that the document uses for something else in the other form',
      { document: 'named-fields', fieldNames: { accessKeyId: 'UserName', secretAccessKey: 'Version' } },
      { fieldNames: { accessKeyId: 'UserName', secretAccessKey: 'Version' } },
    ],
    ['a KMS key', { kmsKeyArn: KEY }, { kmsKeyArn: KEY }],
    [
      'a multi-Region key',
      { kmsKeyArn: `arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-${'0a'.repeat(16)}` },
      { kmsKeyArn: `arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-${'0a'.repeat(16)}` },
    ],
    [
      'replicas with and without a key',
      { replicaRegions: ['us-west-2', { region: 'eu-west-1', kmsKeyArn: KEY }, { region: 'me-south-1' }] },
      {
        replicaRegions: [
          { region: 'us-west-2' },
          { region: 'eu-west-1', kmsKeyArn: KEY },
          { region: 'me-south-1' },
        ],
      },
    ],
    [
      'readers',
      { readers: [READER, 'arn:aws:iam::111122223333:user/alice'] },
      { readers: [READER, 'arn:aws:iam::111122223333:user/alice'] },
    ],
    [
      'a break-glass role, a user and the root user',
      {
        denyOthers: {
          breakGlass: [BREAK_GLASS, 'arn:aws:iam::111122223333:user/x', 'arn:aws:iam::111122223333:root'],
        },
      },
      {
        denyOthers: {
          breakGlass: [BREAK_GLASS, 'arn:aws:iam::111122223333:user/x', 'arn:aws:iam::111122223333:root'],
        },
      },
    ],
    ['others are not denied', { denyOthers: false, existingSecret: 'a' }, { denyOthers: false }],
    [
      'why a new user is paused',
      { pauseAtFirst: 'Zürich has to move: ask ops@example.com' },
      { pauseAtFirst: 'Zürich has to move: ask ops@example.com' },
    ],
    ['a new user is not paused', { pauseAtFirst: false, existingSecret: 'a' }, { pauseAtFirst: false }],
    ['the key of an existing secret', { kmsKeyArn: KEY, existingSecret: 'a' }, { kmsKeyArn: KEY }],
  ])('%s', (_title, settings, expected) => {
    expect(only(alice(settings))).toMatchObject(expected);
    expect(
      only(
        alice(
          { existingSecret: (settings as RotatedUser & { existingSecret?: string }).existingSecret },
          omit(settings),
        ),
      ),
    ).toMatchObject(expected);
  });

  test("a user's own lists win over those of defaults, even empty ones", () => {
    const defaults = { readers: [READER], replicaRegions: ['us-west-2'] };
    expect(only(alice({ readers: [], replicaRegions: [], existingSecret: 'a' }, defaults))).toMatchObject({
      readers: [],
      replicaRegions: [],
    });
  });

  test('an owner’s secret keeps its form, and one of the stack is for credential_process', () => {
    const formOf = (user: object, defaults: object = {}) => only(alice(user, defaults))?.document;
    expect(formOf({})).toBe('credential-process');
    expect(formOf({ fieldNames: 'environment' })).toBe('credential-process');
    expect(formOf({ existingSecret: 'a' })).toBe('named-fields');
    expect(formOf({ existingSecret: 'a' }, { document: 'credential-process' })).toBe('credential-process');
    expect(formOf({ existingSecret: 'a', document: 'credential-process' })).toBe('credential-process');
    expect(formOf({}, { document: 'named-fields' })).toBe('named-fields');
  });

  const NAMES = '"environment", or {"accessKeyId"';
  const NAME = 'a name of 1 to 256 printable ASCII characters';
  const REPLICA = 'the name of a Region';
  const ROLES = 'a list of ARNs of IAM roles and users, without wildcards';
  const pair = (accessKeyId: unknown, secretAccessKey: unknown = 'password') => ({
    fieldNames: { accessKeyId, secretAccessKey },
  });

  // The name of the row, the settings, the field with the problem, the value as the message shows it, and
  // what the message says is allowed.
  test.each<[string, object, string, string, string]>([
    ['another word', { fieldNames: 'env' }, 'fieldNames', '"env"', NAMES],
    ['one name', { fieldNames: { accessKeyId: 'a' } }, 'fieldNames.secretAccessKey', 'nothing', NAME],
    ['a third name', { fieldNames: { ...pair('a').fieldNames, token: 'b' } }, 'fieldNames', '{"acc', NAMES],
    ['one name for both', pair('same', 'same'), 'fieldNames', '{"acc', 'two different names'],
    ['an empty name', pair(''), 'fieldNames.accessKeyId', '""', NAME],
    ['a name that is too long', pair('x'.repeat(257)), 'fieldNames.accessKeyId', '"xxx', NAME],
    ['a control character', pair('a\nb'), 'fieldNames.accessKeyId', '"a\\nb"', NAME],
    ['a number', pair(7), 'fieldNames.accessKeyId', '7', NAME],
    ...[
      'AccessKeyId',
      'SecretAccessKey',
      'RotationId',
      'kind',
      'Expiration',
      'SessionToken',
      'aws_session_token',
      'Token',
    ].map((name): [string, object, string, string, string] => [
      `the name ${name}`,
      pair('user', name),
      'fieldNames.secretAccessKey',
      `"${name}"`,
      'a name other than those that have a meaning already: AccessKeyId, SecretAccessKey,',
    ]),
    ...['Version', 'UserName', 'CreateDate'].map((name): [string, object, string, string, string] => [
      `the name ${name}, in the form credential-process`,
      pair('user', name),
      'fieldNames',
      '{"acc',
      `names other than ${name}, which the document uses for something else. With "document": "named-fields" you may use it`,
    ]),
    ...(
      [
        ['no Region', { regions: [] }, '.regions', '[]', 'a list of at least one Region'],
        ['a Region twice', { regions: ['eu-west-1', 'eu-west-1'] }, '.regions', '["eu', 'no Region twice'],
        [
          'a mistyped Region',
          { regions: ['eu-wset-1'] },
          '.regions[0]',
          '"eu-wset-1"',
          'the name of a Region, such as "eu-west-1". Did you mean "eu-west-1"?',
        ],
        ['no user name', { userField: undefined }, '.userField', 'nothing', NAME],
        ['a name with a meaning', { userField: 'AccessKeyId' }, '.userField', '"Acc', 'a name other than'],
        ['a token', { passwordField: 'SessionToken' }, '.passwordField', '"Ses', 'a name other than'],
        [
          'one name for the passwords of two Regions',
          { regions: ['eu-west-1', 'us-east-1'] },
          '.passwordField',
          '"pass"',
          'a name with {Region} in it, such as "smtpPassword-{Region}": each Region has a password of its own',
        ],
        ['one name for both', { passwordField: 'login' }, '', '{"reg', 'names other than login,'],
        ['a name of the document', { userField: 'UserName' }, '', '{"reg', 'names other than UserName,'],
      ] as const
    ).map(([what, settings, field, given, allowed]): [string, object, string, string, string] => [
      `for SES, ${what}`,
      { sesSmtp: { regions: ['eu-west-1'], userField: 'login', passwordField: 'pass', ...settings } },
      `sesSmtp${field}`,
      given,
      allowed,
    ]),
    [
      'for SES, a name of fieldNames',
      {
        ...pair('user', 'pass-eu-west-1'),
        sesSmtp: { regions: ['eu-west-1'], userField: 'login', passwordField: 'pass-{Region}' },
      },
      'sesSmtp',
      '{"reg',
      'names other than pass-eu-west-1, which the document uses for something else',
    ],
    ['another form', { document: 'flat' }, 'document', '"flat"', '"credential-process" or "named-fields"'],
    [
      'an alias',
      { kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:alias/a' },
      'kmsKeyArn',
      '"arn',
      'no alias',
    ],
    ['a key ID', { kmsKeyArn: KEY_ID }, 'kmsKeyArn', '"1234', 'the full ARN of a KMS key'],
    ['all keys', { kmsKeyArn: KEY.replace(KEY_ID, '*') }, 'kmsKeyArn', '"arn', 'the full ARN of a KMS key'],
    [
      'a key of another Region than the secret',
      { kmsKeyArn: KEY, existingSecret: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:a-AbCd12' },
      'kmsKeyArn',
      '"arn',
      'a KMS key in us-east-1, where the secret is',
    ],
    ['one Region, not a list', { replicaRegions: 'us-west-2' }, 'replicaRegions', '"us-west-2"', 'a list of'],
    ['a zone', { replicaRegions: ['us-west-2a'] }, 'replicaRegions[0]', '"us-west-2a"', REPLICA],
    ['a typo', { replicaRegions: [{ name: 'us-west-2' }] }, 'replicaRegions[0]', '{"name', REPLICA],
    [
      'a replica twice',
      { replicaRegions: ['us-west-2', { region: 'us-west-2' }] },
      'replicaRegions',
      '["us-west-2",',
      'no Region twice',
    ],
    [
      "a replica with another Region's key",
      { replicaRegions: ['sa-east-1', { region: 'us-west-2', kmsKeyArn: KEY }] },
      'replicaRegions[1]',
      '{"region',
      'a KMS key of the Region',
    ],
    [
      "a replica in the Region of the secret's key",
      { kmsKeyArn: KEY, replicaRegions: ['eu-west-1'] },
      'replicaRegions',
      '[{"region":"eu-west-1"}]',
      'Regions other than eu-west-1',
    ],
    ...(
      [
        ['nothing but true', true, '', 'true'],
        ['no list', {}, '', '{}'],
        ['one ARN, not a list', { breakGlass: BREAK_GLASS }, '', '{"br'],
        ['more', { breakGlass: [BREAK_GLASS], readers: [] }, '', '{"br'],
        ['an empty list: nobody could read it in an emergency', { breakGlass: [] }, '.breakGlass', '[]'],
        ['a pattern', { breakGlass: ['arn:aws:iam::111122223333:role/*'] }, '.breakGlass[0]', '"arn'],
        [
          'a session',
          { breakGlass: ['arn:aws:sts::111122223333:assumed-role/a/b'] },
          '.breakGlass[0]',
          '"arn',
        ],
        ['a whole account', { breakGlass: ['111122223333'] }, '.breakGlass[0]', '"1111'],
        ['an ARN twice', { breakGlass: [BREAK_GLASS, BREAK_GLASS] }, '.breakGlass', '["arn'],
        [
          'six ARNs',
          { breakGlass: [1, 2, 3, 4, 5, 6].map((n) => `${BREAK_GLASS}${n}`) },
          '.breakGlass',
          '["arn',
        ],
      ] as const
    ).map(([what, denyOthers, field, given]): [string, object, string, string, string] => [
      `for denyOthers, ${what}`,
      { denyOthers },
      `denyOthers${field}`,
      given,
      what === 'more' ? 'false, or {"breakGlass": [' : 'a list of 1 to 5 ARNs of IAM roles and users',
    ]),
    [
      'denying others an existing secret',
      { denyOthers: { breakGlass: [BREAK_GLASS] }, existingSecret: 'a' },
      'denyOthers',
      '{"br',
      'false beside existingSecret, because its policy would be replaced. Deny others in that policy',
    ],
    ...['', ' ', 'a\nb', 'not yet!', 'x'.repeat(257), true].map(
      (reason): [string, object, string, string, string] => [
        `the reason ${JSON.stringify(reason).slice(0, 9)}`,
        { pauseAtFirst: reason },
        'pauseAtFirst',
        JSON.stringify(reason).slice(0, 9),
        'false, or the reason, in 1 to 256 letters, digits, spaces and _.:/=+-@',
      ],
    ),
    [
      'a pause of a secret that exists',
      { pauseAtFirst: 'move first', existingSecret: 'a' },
      'pauseAtFirst',
      '"move first"',
      'false beside existingSecret, because the stack does not create that secret. Set "paused" with the reason',
    ],
    ['one reader, not a list', { readers: READER }, 'readers', '"arn', ROLES],
    ['everybody', { readers: ['*'] }, 'readers[0]', '"*"', ROLES],
    ['a whole account', { readers: ['arn:aws:iam::444455556666:root'] }, 'readers[0]', '"arn', ROLES],
    ['a pattern', { readers: ['arn:aws:iam::444455556666:role/*'] }, 'readers[0]', '"arn', ROLES],
    ['a reader twice', { readers: [READER, READER] }, 'readers', '["arn', 'no reader twice'],
    [
      'more readers than a policy has room for',
      { readers: Array.from({ length: 31 }, (_value, index) => `${READER}${index}`) },
      'readers',
      '["arn',
      'at most 30',
    ],
    [
      'readers of an existing secret',
      { readers: [READER], existingSecret: 'a' },
      'readers',
      '["arn',
      'no readers beside existingSecret, because they would replace the policy of that secret',
    ],
  ])('%s is refused', (_title, settings, field, value, allowed) => {
    const problems = problemsOf(() => parse(alice(settings)));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.startsWith(`users[0].${field}: ${value}`)).toBe(true);
    expect(problems[0]).toMatch(/ was given\. Allowed: /);
    expect(problems[0]).toContain(allowed);
  });

  test('a field that SES does not have is named, and what it has', () => {
    const sesSmtp = {
      region: 'eu-west-1',
      regions: ['eu-west-1'],
      userField: 'login',
      passwordField: 'pass',
    };
    expect(problemsOf(() => parse(alice({ sesSmtp })))).toEqual([
      'users[0].sesSmtp.region: "eu-west-1" was given, but there is no such field. Allowed: regions, userField, passwordField. Did you mean "regions"?',
    ]);
  });

  test('readers that an existing secret gets from defaults are refused, and the message says where they come from', () => {
    expect(problemsOf(() => parse(alice({ existingSecret: 'a' }, { readers: [READER] })))).toEqual([
      expect.stringMatching(
        /^users\[0\]\.readers: \["arn.* \(from defaults\) was given\. .*set "readers": \[\]/,
      ),
    ]);
  });

  test.each([
    [{ account: '111122223333', region: 'eu-west-1' }, []],
    [
      { account: '444455556666', region: 'eu-west-1' },
      ['roles and users of the account 444455556666, where the stack is'],
    ],
    [{ region: 'us-gov-west-1' }, ['ARNs of aws-us-gov, the partition of the stack']],
    [{}, []],
  ])('break-glass principals are of the stack’s account and partition: %j', (env, expected) => {
    const app = new App({
      context: { 'aws:cdk:bundling-stacks': [] },
      builtinCloudFormationValidation: false,
    });
    const { users } = alice({ denyOthers: { breakGlass: [BREAK_GLASS] } });
    const problems = problemsOf(
      () => new AccessKeyRotation(new Stack(app, 'Theirs', { env }), 'Keys', { users, rotationName: 'keys' }),
    );
    expect(problems).toEqual(expected.map((text) => expect.stringContaining(`Allowed: ${text}`)));
  });

  test('a stack with a known Region refuses keys of another one and replicas in its own', () => {
    const deploy = (region: string): unknown =>
      new AccessKeyRotation(
        new Stack(
          new App({ context: { 'aws:cdk:bundling-stacks': [] }, builtinCloudFormationValidation: false }),
          'Theirs',
          { env: { region } },
        ),
        'Keys',
        {
          users: [
            { userName: 'alice', kmsKeyArn: KEY },
            { userName: 'bob', replicaRegions: ['us-west-2'] },
          ],
          rotationName: 'keys',
        },
      );
    expect(problemsOf(() => deploy('eu-west-1'))).toEqual([]);
    expect(problemsOf(() => deploy('us-west-2'))).toEqual([
      expect.stringMatching(
        /^users\[0\]\.kmsKeyArn: "arn.*Allowed: a KMS key in us-west-2, where the secret is\.$/,
      ),
      expect.stringMatching(/^users\[1\]\.replicaRegions: .*Allowed: Regions other than us-west-2, /),
    ]);
  });
});

/** The settings without those that `defaults` does not accept. */
const omit = (settings: object): object =>
  Object.fromEntries(Object.entries(settings).filter(([field]) => field !== 'existingSecret'));

describe('the template', () => {
  const OTHER_KEY = keyIn('us-west-2');
  const CONFIG = {
    users: [
      { userName: 'alice', fieldNames: 'environment', kmsKeyArn: KEY, readers: [READER] },
      {
        userName: 'bob',
        kmsKeyArn: KEY,
        replicaRegions: ['sa-east-1', { region: 'us-west-2', kmsKeyArn: OTHER_KEY }],
      },
      { userName: 'carol', existingSecret: 'carol/key', replicaRegions: ['us-west-2'] },
      { userName: 'Replicas', readers: [READER, 'arn:aws:iam::111122223333:user/Replicas'] },
    ],
  };
  const stack = stackOf(CONFIG);
  const template = templateOf(CONFIG);
  const secret = (name: string): string =>
    `arn:$\{AWS::Partition}:secretsmanager:$\{AWS::Region}:$\{AWS::AccountId}:secret:${name}`;
  const via = (region: string): string => `secretsmanager.${region}.$\{AWS::URLSuffix}`;
  const HERE = via('$' + '{AWS::Region}');
  const texts = (values: unknown): readonly string[] => [values].flat().map(resourceText);
  const keyStatements = (rolePart: string) =>
    statementsOf(template, rolePart)
      .filter(({ actions }) => actions.some((action) => action.startsWith('kms:')))
      .map(({ actions, resources, conditions }) => ({
        actions,
        resources,
        via: texts(conditions?.StringEquals?.['kms:ViaService'] ?? []),
        secrets: texts(conditions?.StringLike?.['kms:EncryptionContext:SecretARN'] ?? []),
      }));
  /** The secrets that a key may be used for: those that stacks create. */
  const SECRETS = [secret('iam-access-key-rotation/*')];

  test('of these settings, the enrolment has only the names of fields and the Regions of replicas', () => {
    const enrolled = enrolmentFileOf(parse(CONFIG)).users;
    expect(enrolled[0]?.fieldNames?.accessKeyId).toBe('AWS_ACCESS_KEY_ID');
    expect(enrolled.map(({ replicaRegions }) => replicaRegions)).toEqual([
      [],
      [{ region: 'sa-east-1' }, { region: 'us-west-2' }],
      [{ region: 'us-west-2' }],
      [],
    ]);
    expect(JSON.stringify(enrolled)).not.toMatch(/kms|readers/i);
  });

  test('a step that reads may decrypt with exactly the key, through Secrets Manager, for secrets of stacks', () => {
    expect(keyStatements('StepsConfirmHealthRole')).toEqual([
      { actions: ['kms:Decrypt'], resources: [KEY], via: [HERE], secrets: SECRETS },
    ]);
  });

  test('a step that writes may make data keys as well', () => {
    expect(keyStatements('StepsCreateAccessKeyRole')).toEqual([
      { actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [KEY], via: [HERE], secrets: SECRETS },
    ]);
  });

  test('the secret is created with the key, by a role that may use it through Secrets Manager', () => {
    const { Secrets } = resourceOf(template, 'Custom::RotatedSecrets').Properties;
    expect(Secrets[0]).toEqual({
      SecretId: 'iam-access-key-rotation/alice',
      UserName: 'alice',
      KmsKeyId: KEY,
    });
    expect(keyStatements('SecretsRole')).toEqual([
      { actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [KEY], via: [HERE], secrets: [] },
    ]);
  });

  test('replicas are requested once the secret exists, also for existing secrets', () => {
    const replicas = resourceOf(template, 'Custom::SecretReplicas');
    expect(replicas.Properties.Secrets).toEqual([
      {
        SecretId: 'iam-access-key-rotation/bob',
        Replicas: [{ Region: 'sa-east-1' }, { Region: 'us-west-2', KmsKeyId: OTHER_KEY }],
      },
      { SecretId: 'carol/key', Replicas: [{ Region: 'us-west-2' }] },
    ]);
    const [id = ''] = Object.keys(resourcesOf(template, 'Custom::SecretReplicas'));
    expect([...madeBefore(template, id)]).toEqual(
      expect.arrayContaining([
        ...Object.keys(resourcesOf(template, 'Custom::RotatedSecrets')),
        expect.stringContaining('RolePermissions'),
      ]),
    );
  });

  test('the function that adds replicas can neither read nor write a value', () => {
    const role = 'ReplicasofsecretsRole';
    const statements = statementsOf(template, role).filter(
      ({ actions }) => !actions.some((action) => action.startsWith('kms:')),
    );
    const LOOK_AND_REPLICATE = ['secretsmanager:DescribeSecret', 'secretsmanager:ReplicateSecretToRegions'];
    const only = (...regions: readonly string[]) => ({
      'ForAllValues:StringEquals': { 'secretsmanager:AddReplicaRegions': regions },
    });
    expect(
      statements.map(({ actions, resources, conditions }) => [actions, texts(resources), conditions]),
    ).toEqual([
      [['logs:CreateLogStream', 'logs:PutLogEvents'], [expect.stringMatching(/Logs.*\.Arn$/)], undefined],
      [LOOK_AND_REPLICATE, [secret('iam-access-key-rotation/bob-??????')], only('sa-east-1', 'us-west-2')],
      [LOOK_AND_REPLICATE, [secret('carol/key-??????')], only('us-west-2')],
    ]);
    expect(keyStatements(role)).toEqual([
      { actions: ['kms:Decrypt'], resources: [KEY], via: [HERE], secrets: SECRETS },
      {
        actions: ['kms:Encrypt', 'kms:GenerateDataKey'],
        resources: [OTHER_KEY],
        via: [HERE, via('us-west-2')],
        secrets: [],
      },
    ]);
  });

  test('readers are admitted once the secrets exist, and secrets with the same readers together', () => {
    const readers = ['arn:aws:iam::111122223333:user/Replicas', READER];
    const both = templateOf({
      defaults: { readers: [READER] },
      users: [
        { userName: 'alice' },
        { userName: 'bob' },
        { userName: 'carol', readers },
        { userName: 'dave', readers: [] },
      ],
    });
    const admitted = resourceOf(both, 'Custom::SecretPolicies');
    // For the deployment that denies others one day: it is handed these roles as the former ones.
    expect(admitted.Properties.Steps).toHaveLength(STEP_NAMES.length);
    expect(admitted.Properties.Policies).toEqual([
      {
        Secrets: [
          { Readers: [READER], SecretIds: ['iam-access-key-rotation/alice', 'iam-access-key-rotation/bob'] },
          { Readers: readers, SecretIds: ['iam-access-key-rotation/carol'] },
        ],
      },
    ]);
    const [id = ''] = Object.keys(resourcesOf(both, 'Custom::SecretPolicies'));
    expect([...madeBefore(both, id)]).toEqual(
      expect.arrayContaining([
        ...Object.keys(resourcesOf(both, 'Custom::RotatedSecrets')),
        expect.stringContaining('RolePermissions'),
      ]),
    );
  });

  test('the function that puts policies may put those that are not public, and nothing else', () => {
    const statements = statementsOf(template, 'PoliciesofsecretsRole');
    expect(
      statements.map(({ actions, resources, conditions }) => [actions, texts(resources), conditions]),
    ).toEqual([
      [['logs:CreateLogStream', 'logs:PutLogEvents'], [expect.stringMatching(/Logs.*\.Arn$/)], undefined],
      [
        ['secretsmanager:PutResourcePolicy'],
        ['Replicas', 'alice'].map((name) => secret(`iam-access-key-rotation/${name}-??????`)),
        { Bool: { 'secretsmanager:BlockPublicPolicy': ['true'] } },
      ],
    ]);
  });

  describe('a policy that denies others', () => {
    const denyOthers = { breakGlass: [BREAK_GLASS] };
    const closed = templateOf({
      defaults: { denyOthers },
      users: [
        { userName: 'alice', readers: [READER, BREAK_GLASS] },
        { userName: 'bob', readers: [READER] },
        { userName: 'carol', readers: [READER, BREAK_GLASS] },
        { userName: 'dave', denyOthers: false },
        { userName: 'erin', denyOthers: false, readers: [READER] },
        { userName: 'frank', denyOthers: false, existingSecret: 'frank/key' },
      ],
    });
    const policies = resourceOf(closed, 'Custom::SecretPolicies');
    const [id = ''] = Object.keys(resourcesOf(closed, 'Custom::SecretPolicies'));

    test('secrets with the same policy stand together', () => {
      expect(policies.Properties.Policies).toEqual([
        {
          BreakGlass: [BREAK_GLASS],
          Secrets: [
            {
              Readers: [READER, BREAK_GLASS],
              SecretIds: ['iam-access-key-rotation/alice', 'iam-access-key-rotation/carol'],
            },
            { Readers: [READER], SecretIds: ['iam-access-key-rotation/bob'] },
          ],
        },
        { Secrets: [{ Readers: [READER], SecretIds: ['iam-access-key-rotation/erin'] }] },
      ]);
    });

    test('each step is admitted to what its permissions say, by its role', () => {
      const admitted = (policies.Properties.Steps as { RoleArn: unknown; Actions: string[] }[]).map(
        ({ RoleArn, Actions }): [string, string[]] => [resourceText(RoleArn), Actions],
      );
      expect(admitted).toHaveLength(STEP_NAMES.length);
      for (const [index, step] of STEP_NAMES.entries()) {
        const [role, actions = []] = admitted[index] ?? [''];
        expect(role).toMatch(new RegExp(`Steps${stepPlaceholder(step)}Role\\w+\\.Arn$`));
        const granted = new Set(
          statementsOf(closed, role.replace(/\.Arn$/, '')).flatMap(({ actions: some }) => some),
        );
        expect(actions).toEqual(GUARDED_ACTIONS.filter((action) => granted.has(action)));
      }
    });

    test('each step gets its role when the policies admit it, and so does what starts it', () => {
      const functions = Object.keys(resourcesOf(closed, 'AWS::Lambda::Function')).filter((name) =>
        name.includes('Steps'),
      );
      expect(functions).toHaveLength(STEP_NAMES.length);
      for (const name of functions) expect([...madeBefore(closed, name)]).toContain(id);
      // The policies wait for nothing of the steps but their roles.
      const roles = Object.keys(resourcesOf(closed, 'AWS::IAM::Role'));
      const steps = [...madeBefore(closed, id)].filter((name) => name.includes('Steps'));
      expect(steps.filter((name) => !roles.includes(name))).toEqual([]);
    });

    test.each<[string, readonly object[], string | undefined]>([
      ['one', [{ userName: 'alice' }], 'of alice:'],
      ['three', [{ userName: 'alice' }, { userName: 'bob' }, { userName: 'carol' }], 'of alice and 2 more:'],
      [
        'none',
        [
          { userName: 'alice', readers: [READER] },
          { userName: 'bob', denyOthers: false },
        ],
        undefined,
      ],
    ])('a synthesis warns of secrets that nobody can read: %s', (_count, users, whose) => {
      const warnings = stackOf({ defaults: { denyOthers }, users })
        .node.findAll()
        .flatMap(({ node }) => node.metadata)
        .filter(({ type }) => type === 'aws:cdk:warning');
      expect(warnings.map(({ data }) => data)).toEqual(
        whose === undefined ? [] : [expect.stringContaining(`denyOthers is set without readers, ${whose}`)],
      );
    });

    test('no permission goes beyond putting policies that are not public', () => {
      const actions = statementsOf(closed, 'PoliciesofsecretsRole').flatMap(({ actions: some }) => some);
      expect(actions).toEqual([
        'logs:CreateLogStream',
        'logs:PutLogEvents',
        'secretsmanager:PutResourcePolicy',
      ]);
    });

    test('steps wait for no policies where those deny nothing', () => {
      const readers = templateOf({ users: [{ userName: 'alice', readers: [READER] }] });
      const [other = ''] = Object.keys(resourcesOf(readers, 'Custom::SecretPolicies'));
      for (const name of Object.keys(resourcesOf(readers, 'AWS::Lambda::Function'))) {
        expect([...madeBefore(readers, name)]).not.toContain(other);
      }
    });

    test.each([
      [30, 60, true],
      [30, 100, true],
      [30, 400, false],
      [10, 400, true],
    ])('%d readers with paths of %d characters: %s', (count, path, fits) => {
      const readers = Array.from(
        { length: count },
        (_reader, index) => `arn:aws:iam::444455556666:role/${'p'.repeat(path)}/reader-${index}`,
      );
      const problems = problemsOf(() => stackOf({ users: [{ userName: 'alice', readers, denyOthers }] }));
      expect(problems).toEqual(
        fits
          ? []
          : [
              expect.stringMatching(
                /^users: the policy of the secret iam-access-key-rotation\/alice may need 3\d{4} characters\. Allowed: 20480/,
              ),
            ],
      );
    });
  });

  describe('tags and pauses', () => {
    const WITH_TAGS = { Null: { 'aws:TagKeys': ['false'] } };
    const NOT_THE_PAUSE = {
      'ForAllValues:StringNotEquals': { 'aws:TagKeys': ['rotation-paused'] },
      ...WITH_TAGS,
    };
    const CREATE = ['secretsmanager:CreateSecret'];
    const CREATE_AND_TAG = ['secretsmanager:CreateSecret', 'secretsmanager:TagResource'];
    const TAG_AND_UNTAG = [...CREATE_AND_TAG, 'secretsmanager:UntagResource'];
    const THE_PAUSE = { 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['rotation-paused'] } };
    const ALL = ['alice', 'alice-??????', 'bob', 'bob-??????'];
    const PAUSED = { userName: 'alice', pauseAtFirst: 'move first' };

    test.each<[string, object, readonly (readonly unknown[])[]]>([
      ['neither', { users: [{ userName: 'alice' }, { userName: 'bob' }] }, [[CREATE, ALL, undefined]]],
      [
        'tags',
        {
          deployment: { tags: { team: 'a', stage: 'x' } },
          users: [{ userName: 'alice' }, { userName: 'bob' }],
        },
        [[TAG_AND_UNTAG, ALL, NOT_THE_PAUSE]],
      ],
      [
        'one user who is paused',
        { users: [PAUSED, { userName: 'bob' }] },
        [
          [CREATE, ['bob', 'bob-??????'], undefined],
          [CREATE_AND_TAG, ['alice', 'alice-??????'], WITH_TAGS],
        ],
      ],
      [
        'tags, and all users paused',
        {
          deployment: { tags: { team: 'a' } },
          defaults: { pauseAtFirst: 'move' },
          users: [{ userName: 'alice' }],
        },
        [
          [TAG_AND_UNTAG, ['alice', 'alice-??????'], WITH_TAGS],
          ['Deny', ['secretsmanager:UntagResource'], ['*'], THE_PAUSE],
        ],
      ],
    ])('%s: the role may do this and no more', (_what, config, expected) => {
      const prefix = secret('iam-access-key-rotation/');
      const role = 'AccessKeyRotationSecretsRole';
      const found = templateOf(config);
      const [, ...allowed] = statementsOf(found, role);
      // Another one binds the role to its function.
      const denied = statementsOf(found, role, 'Deny').filter(({ actions }) => !actions.includes('*'));
      const written = [
        ...allowed.map((statement) => [[], statement] as const),
        ...denied.map((statement) => [['Deny'], statement] as const),
      ].map(([effect, { actions, resources, conditions }]) => [
        ...effect,
        actions,
        texts(resources).map((text) => text.replace(prefix, '')),
        conditions,
      ]);
      expect(written).toEqual(expected);
    });

    test('the function is told the tags of all, and who is paused and why', () => {
      const told = resourceOf(
        templateOf({
          deployment: { tags: { team: 'a' } },
          users: [PAUSED, { userName: 'bob' }, { userName: 'carol', existingSecret: 'carol/key' }],
        }),
        'Custom::RotatedSecrets',
      ).Properties;
      expect(told.Tags).toEqual([{ Key: 'team', Value: 'a' }]);
      expect(told.Secrets).toEqual([
        { SecretId: 'iam-access-key-rotation/alice', UserName: 'alice', PausedBecause: 'move first' },
        { SecretId: 'iam-access-key-rotation/bob', UserName: 'bob' },
      ]);
    });
  });

  test('the key of an existing secret may be used for this secret only', () => {
    const existing = templateOf({
      users: [{ userName: 'carol', existingSecret: 'carol/key', kmsKeyArn: KEY }],
    });
    const [statement] = statementsOf(existing, 'StepsConfirmHealthRole').filter(({ actions }) =>
      actions.includes('kms:Decrypt'),
    );
    expect(texts(statement?.conditions?.StringLike?.['kms:EncryptionContext:SecretARN'] ?? [])).toEqual([
      secret('carol/key-??????'),
    ]);
  });

  test('cdk-nag finds nothing', () => {
    const report = new AwsSolutionsChecks(stack).validateScope(stack);
    expect(
      report.violations.map(({ ruleName, violatingResources }) => [ruleName, violatingResources]),
    ).toEqual([]);
  });

  test('without these settings none of this is deployed', () => {
    const plain = templateOf({ users: [{ userName: 'alice' }] });
    plain.resourceCountIs('Custom::SecretReplicas', 0);
    plain.resourceCountIs('Custom::SecretPolicies', 0);
    expect(JSON.stringify(plain.toJSON())).not.toMatch(/kms:/);
  });
});
