import { Readable } from 'node:stream';
import { HttpResponse } from '@smithy/protocol-http';
import type { Deployment } from '../../command/deployment';
import { ofYou } from '../../command/you';
import { sdkConfig } from '../../embedded-aws/clients/sdk-config';
import { EmbeddedAws } from '../../embedded-aws/embedded-aws';

const ROTATION = 'arn:aws:states:us-east-1:111122223333:stateMachine:R';
const DECLARED = `${ROTATION}-emergency`;
const ROLE = 'arn:aws:iam::111122223333:role/on-call';
const OF_IDENTITY_CENTER = 'AWSReservedSSO_OnCall_0123456789abcdef';
const WITH_PATH = `arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/${OF_IDENTITY_CENTER}`;

/** What is said to a session, or a user, that may start these state machines. */
const asked = async (caller: string, may: readonly string[], principal = ROLE) => {
  const aws = new EmbeddedAws({
    authorize: ({ caller: who, action, resource }) =>
      action.startsWith('iam:') || (who === principal && may.includes(resource)),
  });
  aws.iam.addUser({ userName: 'kim' });
  const clientConfig = {
    ...sdkConfig('fast'),
    region: aws.region,
    credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/asking'),
    requestHandler: aws.requestHandler(),
  };
  const deployment = { clientConfig, caller, stateMachineArn: ROTATION, emergencyMachineArn: DECLARED };
  const [said, ...others] = await ofYou(deployment as unknown as Deployment);
  expect(others).toEqual([]);
  return said;
};

const SESSION = 'arn:aws:sts::111122223333:assumed-role/on-call/kim';

test.each([
  [[ROTATION, DECLARED], 'you may start rotations, and declare emergencies'],
  [[ROTATION], 'you may start rotations; you may not declare emergencies'],
  [[DECLARED], 'you may declare emergencies; you may not start rotations'],
  [[], 'you may neither start rotations nor declare emergencies'],
])('who may start %j', async (may, said) => {
  expect(await asked(SESSION, may)).toMatchObject({
    about: 'you',
    verdict: 'fine',
    says: expect.stringContaining(said),
  });
});

test('a session of IAM Identity Center, whose ARN has no path', async () => {
  const caller = `arn:aws:sts::111122223333:assumed-role/${OF_IDENTITY_CENTER}/kim@example.com`;
  expect(await asked(caller, [ROTATION], WITH_PATH)).toMatchObject({
    says: expect.stringContaining('you may start rotations;'),
  });
});

test('a user', async () => {
  const user = 'arn:aws:iam::111122223333:user/kim';
  expect(await asked(user, [ROTATION], user)).toMatchObject({
    says: expect.stringContaining('you may start rotations;'),
  });
});

test.each(['arn:aws:iam::111122223333:root', 'arn:aws:sts::111122223333:federated-user/kim'])(
  'of %s IAM says nothing, and that is not called fine',
  async (caller) => {
    expect(await asked(caller, [ROTATION, DECLARED])).toMatchObject({
      verdict: 'unknown',
      says: `NOT KNOWN: what you may start: IAM simulates users and roles, and you are ${caller}.`,
      beyond: true,
    });
  },
);

describe('where IAM does not decide', () => {
  /** What is said where IAM answers with these results, as its API Reference shows them. */
  const answered = async (pages: readonly string[]) => {
    const left = pages.map((results, index) => {
      const more = index < pages.length - 1;
      return `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult><IsTruncated>${more}</IsTruncated>${more ? `<Marker>${index}</Marker>` : ''}<EvaluationResults>${results}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`;
    });
    const requestHandler = {
      handle: async () => ({
        response: new HttpResponse({
          statusCode: 200,
          body: Readable.from([Buffer.from(left.shift() ?? '')]),
        }),
      }),
    };
    const clientConfig = {
      ...sdkConfig('fast'),
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIAEXAMPLE000000001', secretAccessKey: 'made-up' },
      requestHandler,
    };
    const deployment = {
      clientConfig,
      caller: SESSION,
      stateMachineArn: ROTATION,
      emergencyMachineArn: DECLARED,
    };
    return ofYou(deployment as unknown as Deployment);
  };
  const list = (name: string, members: readonly string[]) =>
    `<${name}>${members.map((one) => `<member>${one}</member>`).join('')}</${name}>`;
  const MFA = 'aws:MultiFactorAuthPresent';
  const result = (arn: string, decision: string, missing: readonly string[] = []) =>
    `<member><EvalActionName>states:StartExecution</EvalActionName><EvalResourceName>${arn}</EvalResourceName><EvalDecision>${decision}</EvalDecision><MissingContextValues/>${list(
      'ResourceSpecificResults',
      [
        `<EvalResourceName>${arn}</EvalResourceName><EvalResourceDecision>${decision}</EvalResourceDecision>${list('MissingContextValues', missing)}`,
      ],
    )}</member>`;
  const fine = (says: string) => ({
    about: 'you',
    verdict: 'fine',
    says: `by the policies that IAM simulates, ${says}`,
  });
  const unknown = (says: string) => ({
    about: 'you',
    verdict: 'unknown',
    says: `NOT KNOWN: whether you may ${says}.`,
    beyond: true,
  });
  const asksForMfa = `the policies ask for ${MFA}, which IAM does not know before you call`;

  test.each(['allowed', 'implicitDeny', 'explicitDeny'])(
    '%s says nothing where the policies ask for what a simulation does not know',
    async (decision) => {
      expect(await answered([result(ROTATION, decision, [MFA]) + result(DECLARED, 'allowed')])).toEqual([
        fine('you may declare emergencies'),
        unknown(`start rotations: ${asksForMfa}`),
      ]);
      expect(await answered([result(ROTATION, 'implicitDeny') + result(DECLARED, decision, [MFA])])).toEqual([
        fine('you may not start rotations'),
        unknown(`declare emergencies: ${asksForMfa}`),
      ]);
    },
  );

  test('nor does an answer without a result', async () => {
    const both = ['start rotations', 'declare emergencies'].map((act) =>
      unknown(`${act}: IAM has not said it`),
    );
    expect(await answered([''])).toEqual(both);
    expect(await answered([result(ROTATION, 'allowed')])).toEqual([fine('you may start rotations'), both[1]]);
  });

  test('of several pages, all are read', async () => {
    expect(await answered([result(ROTATION, 'allowed'), result(DECLARED, 'explicitDeny')])).toEqual([
      fine('you may start rotations; you may not declare emergencies'),
    ]);
  });
});
