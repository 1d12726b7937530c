import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { ExecutionGateway } from '../../../lambdas/shared/gateways/execution-gateway';
import { IamGateway } from '../../../lambdas/shared/gateways/iam-gateway';
import { SecretGateway } from '../../../lambdas/shared/gateways/secret-gateway';
import { ENROLLED, USER_ID } from './fixtures';

/** alice, her secret with this value, and the gateways through which a step sees them. */
export const accountOf = (secretString = '{}') => {
  // Nothing here depends on the time; the signatures of requests do.
  const clock = new VirtualClock({ start: new Date() });
  const aws = new EmbeddedAws({ clock });
  aws.iam.addUser({ userName: 'alice' });
  aws.secretsManager.createSecret(ENROLLED.secretId, { secretString });
  const config = {
    region: aws.region,
    credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/step'),
    requestHandler: aws.requestHandler(),
    maxAttempts: 1,
  };
  return {
    aws,
    clock,
    iam: new IamGateway(config),
    secrets: new SecretGateway(config),
    executions: new ExecutionGateway(config),
  };
};

/** The secret as a state of an execution names it. */
export const READABLE = {
  userName: 'alice',
  userId: USER_ID,
  secretId: ENROLLED.secretId,
  settings: { document: 'credential-process' },
  predecessorVersionId: null,
} as const;
