import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudWatchClient, DeleteAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DeleteRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { GetFunctionConcurrencyCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { iamPathOf, NAME_PREFIX } from '../../contract/subject';
import type { KnownDeviation } from '../known';
import { Problem } from '../support/problem';
import { refusalOf } from './check';
import { type Cloud, type Connection, type Credentials, MINISTACK_VERSION } from './cloud';

const POLICY_FILE = join(__dirname, '..', '..', '..', 'docs', 'examples', 'acceptance-policy.json');

const UserName = 'tester';

/** The statement of the policy whose resources ministack does not match. */
const OWN_ALARMS = 'OwnAlarmsRulesAndSchedules';

interface PolicyStatement {
  readonly Sid: string;
  readonly Action: string | readonly string[];
}

/** A difference between ministack and AWS, and what the tester needs because of it. */
interface Judged extends KnownDeviation<Connection> {
  readonly statements: (policy: readonly PolicyStatement[]) => readonly object[];
}

const isDenial = (name: string | undefined): boolean => name?.startsWith('AccessDenied') === true;

/** The statements of the policy about what has a path. */
const OWN_IDENTITIES: Readonly<Record<string, string>> = { OwnUsers: 'user', OwnRoles: 'role' };

/** Calls of the policy that ministack judges otherwise than AWS. */
const DEVIATIONS: readonly Judged[] = [
  {
    id: 'paths-in-the-policy-for-testers',
    aws: 'The path is part of the ARN of a user or a role, which policies are matched with.',
    source: 'IAM User Guide, IAM identifiers: Friendly names and paths',
    found: 'Policies are matched with an ARN without the path.',
    consequence:
      'The tester may do here with users and roles of any path what the policy allows with its own.',
    persists: async (connection) =>
      isDenial(
        await refusalOf(
          new IAMClient(connection).send(
            new CreateUserCommand({ UserName: `${NAME_PREFIX}-none`, Path: iamPathOf('none') }),
          ),
        ),
      ),
    statements: (policy) =>
      policy
        .filter(({ Sid }) => Object.hasOwn(OWN_IDENTITIES, Sid))
        .map(({ Sid, Action }) => ({
          Effect: 'Allow',
          Action,
          Resource: `arn:aws:iam::*:${OWN_IDENTITIES[Sid]}/${NAME_PREFIX}-*`,
        })),
  },
  {
    id: 'resource-of-changes-of-alarms-and-rules',
    aws: 'Changes of alarms and rules are authorized by the alarm and the rule.',
    source:
      'Service Authorization Reference, Amazon CloudWatch, DeleteAlarms: alarm; Amazon EventBridge, DeleteRule: rule',
    found: 'They are authorized by "*".',
    consequence: 'The tester may do here with all alarms and rules what the policy allows with its own.',
    persists: async (connection) => {
      const AlarmNames = [`${NAME_PREFIX}-none`];
      const Name = `${NAME_PREFIX}-none`;
      return (
        isDenial(
          await refusalOf(new CloudWatchClient(connection).send(new DeleteAlarmsCommand({ AlarmNames }))),
        ) &&
        isDenial(await refusalOf(new EventBridgeClient(connection).send(new DeleteRuleCommand({ Name }))))
      );
    },
    statements: (policy) => [
      { Effect: 'Allow', Action: policy.find(({ Sid }) => Sid === OWN_ALARMS)?.Action, Resource: '*' },
    ],
  },
  {
    id: 'action-of-reading-concurrency',
    aws: 'GetFunctionConcurrency is authorized by lambda:GetFunctionConcurrency.',
    source: 'Service Authorization Reference, AWS Lambda, GetFunctionConcurrency',
    found: 'It is authorized by lambda:PutFunctionConcurrency.',
    consequence: 'The tester may do that here.',
    persists: async (connection) =>
      isDenial(
        await refusalOf(
          new LambdaClient(connection).send(new GetFunctionConcurrencyCommand({ FunctionName: 'none' })),
        ),
      ),
    statements: () => [{ Effect: 'Allow', Action: 'lambda:PutFunctionConcurrency', Resource: '*' }],
  },
];

/**
 * A user who may do what docs/examples/acceptance-policy.json allows, and what ministack's known deviations demand beside it.
 *
 * @param note - Told of these deviations.
 */
export const createTester = async (cloud: Cloud, note: (text: string) => void): Promise<Credentials> => {
  const { iam } = cloud;
  const document = await readFile(POLICY_FILE, 'utf8');
  const { Statement } = JSON.parse(document) as { readonly Statement: readonly PolicyStatement[] };
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'acceptance', PolicyDocument: document }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const credentials = {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  };
  for (const { id, found, persists } of DEVIATIONS) {
    if (!(await persists(cloud.as(credentials)))) {
      throw new Problem(
        `ministack ${MINISTACK_VERSION} no longer deviates in "${id}": remove it from tester.ts.`,
      );
    }
    note(`deviation: ${id}. ${found}`);
  }
  const more = {
    Version: '2012-10-17',
    Statement: DEVIATIONS.flatMap(({ statements }) => statements(Statement)),
  };
  await iam.send(
    new PutUserPolicyCommand({ UserName, PolicyName: 'deviations', PolicyDocument: JSON.stringify(more) }),
  );
  return credentials;
};
