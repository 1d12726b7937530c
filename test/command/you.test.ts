import type { Deployment } from '../../command/deployment';
import { ofYou } from '../../command/you';
import { sdkConfig } from '../../embedded-aws/clients/sdk-config';
import { EmbeddedAws } from '../../embedded-aws/embedded-aws';

const ROTATION = 'arn:aws:states:us-east-1:111122223333:stateMachine:R';
const DECLARED = `${ROTATION}-emergency`;
const ROLE = 'arn:aws:iam::111122223333:role/on-call';
const OF_IDENTITY_CENTER = 'AWSReservedSSO_OnCall_0123456789abcdef';
const WITH_PATH = `arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/${OF_IDENTITY_CENTER}`;

/** What is said to a session, or a user, that may do these actions on these resources. */
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
  return ofYou(deployment as unknown as Deployment);
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
