import { ServiceError } from '../ground/errors';
import type { InvalidParameter } from '../wire/parameters';
import { type Environment, operation, type Service } from './service';

/** STS: who am I. */
export class Sts implements Service {
  /** AWS STS API, Common Errors: ValidationError 400. */
  readonly invalidParameter: InvalidParameter = (message) =>
    new ServiceError('ValidationError', message, 400);

  constructor(private readonly environment: Environment) {}

  readonly operations = {
    // AWS STS API, GetCallerIdentity: needs no permission, and works even if a policy denies it.
    GetCallerIdentity: operation({
      parameters: {},
      resource: (_input, { principal }) => principal.arn,
      handle: (_input, { principal }) =>
        principal.kind === 'user'
          ? { UserId: principal.userId, Account: this.environment.accountId, Arn: principal.arn }
          : {
              // IAM User Guide, policy variables: an assumed role's user ID is role-id:session-name.
              UserId: `${principal.roleId}:${principal.sessionName}`,
              Account: this.environment.accountId,
              Arn: principal.sessionArn,
            },
    }),
  };
}
