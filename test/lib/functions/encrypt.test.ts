import type { Template } from 'aws-cdk-lib/assertions';
import { resourcesOf, templateOf } from '../synthesize';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const USERS = [{ userName: 'alice' }];
const encrypted = templateOf({
  notifications: { chat: true },
  deployment: { encryptionKeyArn: KEY },
  users: USERS,
});

const keysOf = (template: Template, type: string, property: string): readonly unknown[] =>
  Object.values(resourcesOf(template, type)).map(({ Properties }) => Properties[property]);

interface WrittenStatement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** The policies, with whom they are for: the role's ID, or that of the policy if it is for people. */
const policiesOf = (template: Template) =>
  ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
    .flatMap((type) => Object.entries(resourcesOf(template, type)))
    .map(([id, { Properties }]) => ({
      of: String(Properties.Roles?.[0]?.Ref ?? id).replace(/^AccessKeyRotation(.+?)[0-9A-F]{8}$/, '$1'),
      statements: Properties.PolicyDocument.Statement as readonly WrittenStatement[],
    }));

const withAction = (template: Template, action: RegExp) =>
  policiesOf(template).flatMap(({ of, statements }) =>
    statements
      .filter(({ Action }) => [Action].flat().some((one) => action.test(one)))
      .map(({ Action, Resource, Condition }) => [of, { Action, Resource, Condition }] as const),
  );

/** What each may do with KMS keys. */
const keyGrants = (template: Template) =>
  withAction(template, /^kms:/).toSorted(([one], [other]) => (one < other ? -1 : 1));

const via = (...services: readonly string[]) => {
  const names = services.map((service) => ({
    'Fn::Sub': `${service}.$\{AWS::Region}.$\{AWS::URLSuffix}`,
  }));
  return { StringEquals: { 'kms:ViaService': names } };
};
const sends = (...services: readonly string[]) => ({
  Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
  Resource: KEY,
  Condition: via(...services),
});

describe('with a key of the customer', () => {
  test.each([
    ['AWS::SNS::Topic', 'KmsMasterKeyId'],
    ['AWS::SQS::Queue', 'KmsMasterKeyId'],
    ['AWS::Logs::LogGroup', 'KmsKeyId'],
  ])('every %s is encrypted with it', (type, property) => {
    expect(new Set(keysOf(encrypted, type, property))).toEqual(new Set([KEY]));
  });

  test('who publishes or sends may use it, through the service alone, and nobody else', () => {
    expect(keyGrants(encrypted)).toEqual([
      ['AuditRole', sends('sqs')],
      ['ChatRole', sends('sns')],
      ['EmergencyRole', sends('sns')],
      ['ExposedKeysRole', sends('sns')],
      ['ExposedKeysRole', sends('sqs')],
      ['PeopleOperator1', { Action: 'kms:Decrypt', Resource: KEY, Condition: via('sqs') }],
      ['SchedulesRole', sends('sqs')],
      ['StateMachineRole', sends('sns')],
      ['SurveyRole', sends('sns')],
      ['SurveyScheduleRole', sends('sqs')],
      ['UntoldEndsRole', sends('sns')],
      ['UntoldEndsRole', sends('sqs')],
    ]);
  });

  test('whoever may publish or send may use it', () => {
    const senders = new Set(withAction(encrypted, /^(sns:Publish|sqs:SendMessage)$/).map(([of]) => of));
    expect(new Set(keyGrants(encrypted).map(([of]) => of))).toEqual(new Set([...senders, 'PeopleOperator1']));
  });
});

test('without one, nothing is encrypted with a key of the account, and nobody may use any', () => {
  const plain = templateOf({ notifications: { chat: true }, users: USERS });
  for (const [type, property] of [
    ['AWS::SNS::Topic', 'KmsMasterKeyId'],
    ['AWS::SQS::Queue', 'KmsMasterKeyId'],
    ['AWS::Logs::LogGroup', 'KmsKeyId'],
  ] as const) {
    expect(new Set(keysOf(plain, type, property))).toEqual(new Set([undefined]));
  }
  expect(keyGrants(plain)).toEqual([]);
});

test('publishers to a topic of the customer may use the key as well', () => {
  const own = templateOf({
    notifications: { topicArn: 'arn:aws:sns:us-east-1:111122223333:oncall' },
    deployment: { encryptionKeyArn: KEY },
    users: USERS,
  });
  expect(keysOf(own, 'AWS::SNS::Topic', 'KmsMasterKeyId')).toEqual([]);
  expect(keyGrants(own)).toEqual(keyGrants(encrypted).filter(([of]) => of !== 'ChatRole'));
});
