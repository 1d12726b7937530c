import { CfnRule } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { EVENT_SOURCE } from '../state-machine/blocks';

/**
 * A rule that does nothing, on an event bus that is not the stack's own. EventBridge takes events for a bus that does not exist, and
 * says that it has them: publishers cannot notice. A rule can be made only on a bus that exists, so the deployment fails without it;
 * and a bus that has rules is not deleted (EventBridge API Reference, PutRule and DeleteEventBus).
 *
 * @param eventBusName - Name of the bus, in the account and Region of the stack.
 */
export const holdEventBus = (scope: Construct, id: string, eventBusName: string): void => {
  new CfnRule(scope, id, {
    description: 'Does nothing. While it stands, the event bus of IAM access key rotations exists',
    eventBusName,
    eventPattern: { source: [EVENT_SOURCE] },
    state: 'DISABLED',
  });
};
