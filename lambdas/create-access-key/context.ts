import type { createAttribution } from '../shared/findings/orphans';
import type { ExecutionGateway } from '../shared/gateways/execution-gateway';
import type { IamGateway } from '../shared/gateways/iam-gateway';
import type { IdentityGateway } from '../shared/gateways/identity-gateway';
import type { SecretGateway } from '../shared/gateways/secret-gateway';
import type { PlannedState } from '../shared/rotation/rotation-state';
import type { StepContext } from '../shared/shell/step-handler';

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
