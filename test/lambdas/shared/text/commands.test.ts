import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { shellOption, shellWord } from '../../../../consumer/ground/shell-word';
import { executionNameOf } from '../../../../lambdas/shared/contract/names';
import * as commands from '../../../../lambdas/shared/text/commands';
import { type Command, writeCommand } from '../../../../lambdas/shared/text/commands';

/** What a shell makes of command lines: the words that `aws` is called with in each. */
const callsOf = (lines: readonly string[]): readonly (readonly string[])[] => {
  const script = ['aws() { printf "%s\\0" "$#" "$@"; }', ...lines].join('\n');
  const [...output] = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0');
  return lines.map(() => output.splice(0, 1 + Number(output[0])).slice(1));
};

/** Anything that an argument of a program can be. */
const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''));
const awkward = fc.string({
  unit: fc.constantFrom(...'\'"`$\\!*?[]{}()<>|&;#~=%+,.@-_/: \t\n', 'a', 'Z', '0', '-', '$(a)', "'\\''"),
});

test('a value is one word of a shell, whatever it is', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(text, awkward), { minLength: 1, maxLength: 50 }), (values) => {
      expect(callsOf([`aws ${values.map(shellWord).join(' ')}`])).toEqual([values]);
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['alice', 'alice'],
  ['team/alice+bob=c,d.e@f_g-h', 'team/alice+bob=c,d.e@f_g-h'],
  ['arn:aws:secretsmanager:us-east-1:111122223333:secret:a-AbCdEf', undefined],
  ['', "''"],
  // The full stop of a sentence may follow.
  ['alice.', "'alice.'"],
  ["it's", "'it'\\''s'"],
  ['=ls', "'=ls'"],
  ['~alice', "'~alice'"],
])('%s is written %s', (value, word) => {
  expect(shellWord(value)).toBe(word ?? value);
});

/** What IAM and Secrets Manager allow in a name (IAM, CreateUser; Secrets Manager, CreateSecret). */
const name = (punctuation: string) =>
  fc.string({
    unit: fc.constantFrom(...'abcXYZ019', ...punctuation),
    minLength: 1,
    maxLength: 12,
  });
const userName = name('_+=,.@-');
const secretId = name('/_+=.@-');
const KEY = 'AKIAOLDOLDOLDOLDOLD1';

/** As the AWS CLI reads its arguments: `--name value`, or both in one word, which a value with a hyphen in front needs. */
const parsed = ([service, operation, ...words]: readonly string[]): object => {
  const options: Record<string, string> = {};
  for (let index = 0; index < words.length; index += 1) {
    const [, name = '', value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(words[index] ?? '') ?? [];
    if (value === undefined) index += 1;
    const given = value ?? words[index] ?? '';
    if (value === undefined) expect(given).not.toMatch(/^-/);
    options[name] = given;
  }
  return { service, operation, options };
};

test('an option has its value, whatever that is', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(text, awkward), { minLength: 1, maxLength: 50 }), (values) => {
      const lines = values.map((value) => `aws iam describe ${shellOption('profile', value)}`);
      expect(callsOf(lines).map(parsed)).toEqual(
        values.map((profile) => ({ service: 'iam', operation: 'describe', options: { profile } })),
      );
    }),
    { numRuns: 50 },
  );
});

type Row = readonly [command: Command, service: string, operation: string, options: object];

test('every command says what it is about, whatever the names are', () => {
  // Of labels, versions and executions others decide what they are called.
  const made = fc.record({ userName, secretId, label: awkward, other: awkward }).map((names): Row[] => [
    [
      commands.setKeyStatus(names.userName, KEY, 'Inactive'),
      'iam',
      'update-access-key',
      { 'user-name': names.userName, 'access-key-id': KEY, status: 'Inactive' },
    ],
    [commands.listAccessKeys(names.userName), 'iam', 'list-access-keys', { 'user-name': names.userName }],
    [
      commands.untagUser(names.userName, 'rotation-secret'),
      'iam',
      'untag-user',
      { 'user-name': names.userName, 'tag-keys': 'rotation-secret' },
    ],
    [commands.lastUseOfKey(KEY), 'iam', 'get-access-key-last-used', { 'access-key-id': KEY }],
    [
      commands.endSessions(names.userName, new Date('2026-03-02T10:00:00Z')),
      'iam',
      'put-user-policy',
      {
        'user-name': names.userName,
        'policy-name': 'DenyOlderSessions',
        'policy-document': JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Deny',
              Action: '*',
              Resource: '*',
              Condition: { DateLessThan: { 'aws:TokenIssueTime': '2026-03-02T10:00:00.000Z' } },
            },
          ],
        }),
      },
    ],
    [
      commands.showAlarms([names.label]),
      'cloudwatch',
      'describe-alarms',
      { 'alarm-names': names.label, query: expect.any(String), output: 'text' },
    ],
    [
      commands.showAlarms([names.label, names.other]),
      'cloudwatch',
      'describe-alarms',
      {
        'alarm-names': JSON.stringify([names.label, names.other]),
        query: expect.any(String),
        output: 'text',
      },
    ],
    [
      commands.createSecret(names.secretId) as Command,
      'secretsmanager',
      'create-secret',
      { name: names.secretId, 'secret-string': '{}' },
    ],
    [
      commands.emptySecret(names.secretId),
      'secretsmanager',
      'put-secret-value',
      { 'secret-id': names.secretId, 'secret-string': '{}' },
    ],
    [
      commands.restoreSecret(names.secretId),
      'secretsmanager',
      'restore-secret',
      { 'secret-id': names.secretId },
    ],
    [
      commands.cancelRotation(names.secretId),
      'secretsmanager',
      'cancel-rotate-secret',
      { 'secret-id': names.secretId },
    ],
    [
      commands.setTag(names.secretId, 'rotation-paused', 'reason'),
      'secretsmanager',
      'tag-resource',
      { 'secret-id': names.secretId, tags: 'Key=rotation-paused,Value=reason' },
    ],
    [
      commands.removeTag(names.secretId, 'rotation-paused'),
      'secretsmanager',
      'untag-resource',
      { 'secret-id': names.secretId, 'tag-keys': 'rotation-paused' },
    ],
    [
      commands.removeLabel(names.secretId, names.label, names.other),
      'secretsmanager',
      'update-secret-version-stage',
      {
        'secret-id': names.secretId,
        'version-stage': names.label,
        'remove-from-version-id': names.other,
      },
    ],
    [
      commands.moveCurrent(names.secretId, { from: names.other, to: names.label }),
      'secretsmanager',
      'update-secret-version-stage',
      {
        'secret-id': names.secretId,
        'version-stage': 'AWSCURRENT',
        'remove-from-version-id': names.other,
        'move-to-version-id': names.label,
      },
    ],
    [
      commands.deleteKey(names.userName, KEY),
      'iam',
      'delete-access-key',
      { 'user-name': names.userName, 'access-key-id': KEY },
    ],
    [
      commands.describeSecret(names.secretId),
      'secretsmanager',
      'describe-secret',
      { 'secret-id': names.secretId },
    ],
    [
      commands.showVersion(names.secretId, names.other),
      'secretsmanager',
      'get-secret-value',
      { 'secret-id': names.secretId, 'version-id': names.other, query: 'SecretString', output: 'text' },
    ],
    [
      commands.stopExecution(names.other),
      'stepfunctions',
      'stop-execution',
      { 'execution-arn': names.other },
    ],
    [
      commands.describeExecution(names.other),
      'stepfunctions',
      'describe-execution',
      { 'execution-arn': names.other },
    ],
  ]);
  fc.assert(
    fc.property(made, (rows) => {
      expect(callsOf(rows.map(([command]) => writeCommand(command))).map(parsed)).toEqual(
        rows.map(([, service, operation, options]) => ({ service, operation, options })),
      );
    }),
    { numRuns: 50 },
  );
});

describe('events of a key', () => {
  const inRegion = (command: Command, region: string) =>
    parsed(
      callsOf([
        writeCommand(command, {
          region,
          stateMachineArn: 'arn',
          emergencyMachineArn: 'arn',
          nameOf: executionNameOf,
        }),
      ])[0] ?? [],
    );

  test.each([
    ['eu-west-1', 'us-east-1'],
    ['us-east-1', 'us-east-1'],
    ['us-gov-east-1', 'us-gov-west-1'],
    ['cn-northwest-1', 'cn-north-1'],
  ])('that are about it, from %s, are where IAM has its events: in %s', (here, home) => {
    expect(inRegion(commands.eventsAboutKey(KEY), here)).toMatchObject({
      options: { region: home, 'lookup-attributes': `AttributeKey=ResourceName,AttributeValue=${KEY}` },
    });
  });

  test.each([
    [undefined, 'eu-west-1'],
    ['sa-east-1', 'sa-east-1'],
  ])('that were called with it in %s are looked for in %s', (usedIn, region) => {
    expect(inRegion(commands.eventsOfKey(KEY, usedIn), 'eu-west-1')).toMatchObject({
      options: { region, 'lookup-attributes': `AttributeKey=AccessKeyId,AttributeValue=${KEY}` },
    });
  });
});

test('a secret that is named by its ARN cannot be created: AWS chooses its last characters', () => {
  expect(commands.createSecret('arn:aws:secretsmanager:us-east-1:111122223333:secret:a-AbCdEf')).toBe(
    undefined,
  );
});

const PLACE = {
  region: 'eu-central-1',
  stateMachineArn: 'arn:aws:states:eu-central-1:111122223333:stateMachine:rotation',
  emergencyMachineArn: 'arn:aws:states:eu-central-1:111122223333:stateMachine:rotation-emergency',
  nameOf: executionNameOf,
};

test.each<[string, Command, object]>([
  ['IAM is one for all Regions', commands.listAccessKeys('alice'), { 'user-name': 'alice' }],
  [
    'others are called in the Region of the message',
    commands.describeSecret('a-secret'),
    { region: 'eu-central-1', 'secret-id': 'a-secret' },
  ],
])('%s', (_case, command, options) => {
  expect(callsOf([writeCommand(command, PLACE)]).map(parsed)).toMatchObject([{ options }]);
});

describe('a start', () => {
  const startOf = (command: Command) => parsed(callsOf([writeCommand(command, PLACE)])[0] ?? []);

  test.each<[string, Command, string, object]>([
    ['of a rotation', commands.startRotation('alice'), 'rotation', { userName: 'alice' }],
    [
      'that resumes',
      commands.startRotation('alice', 'resume'),
      'rotation',
      { userName: 'alice', action: 'resume' },
    ],
    [
      'of an emergency',
      commands.declareEmergency('alice', KEY, "in bob's repository"),
      'rotation-emergency',
      { userName: 'alice', accessKeyId: KEY, reason: "in bob's repository" },
    ],
  ])('%s', (_case, command, machine, input) => {
    const { service, operation, options } = startOf(command) as {
      readonly service: string;
      readonly operation: string;
      readonly options: Readonly<Record<string, string>>;
    };
    expect([service, operation]).toEqual(['stepfunctions', 'start-execution']);
    expect(options['state-machine-arn']).toMatch(new RegExp(`:${machine}$`));
    expect(options.region).toBe('eu-central-1');
    expect(options.name).toMatch(/^alice-\d{8}T\d{6}Z$/);
    expect(JSON.parse(options.input ?? '')).toEqual(input);
  });

  test('has a name that Step Functions takes, whatever the user is called', () => {
    fc.assert(
      fc.property(fc.array(userName, { minLength: 1, maxLength: 20 }), (users) => {
        const calls = callsOf(
          users.map((user) => writeCommand(commands.startRotation(user.repeat(8).slice(0, 64)), PLACE)),
        );
        for (const call of calls) {
          expect((parsed(call) as { options: { name: string } }).options.name).toMatch(/^[\w-]{1,80}$/);
        }
      }),
      { numRuns: 20 },
    );
  });
});
