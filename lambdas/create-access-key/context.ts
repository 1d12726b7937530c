import type { ExecutionGateway } from '../shared/execution-gateway';
import type { IamGateway } from '../shared/iam-gateway';
import type { IdentityGateway } from '../shared/identity-gateway';
import type { createAttribution } from '../shared/orphans';
import type { PlannedState } from '../shared/rotation-state';
import type { SecretGateway } from '../shared/secret-gateway';
import type { StepContext } from '../shared/step-handler';

/** What create-access-key calls AWS by. */
export interface Gateways {
  readonly iam: IamGateway;
  readonly secrets: SecretGateway;
  readonly executions: ExecutionGateway;
  readonly identities: IdentityGateway;
  readonly attributionsOf: ReturnType<typeof createAttribution>;
}

/** What create-access-key works with. */
export type Context = StepContext<PlannedState, Gateways>;
