import type { SecretValue } from 'aws-cdk-lib';
import {
  ApiDestination,
  Authorization,
  Connection,
  EventField,
  HttpParameter,
  type IApiDestination,
  Rule,
  RuleTargetInput,
} from 'aws-cdk-lib/aws-events';
import { ApiDestination as Page } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Pages somebody when a rotation fails: one incident of PagerDuty for each execution. */
export class PageOnFailure extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { readonly routingKey: SecretValue; readonly undelivered: IQueue },
  ) {
    super(scope, id);
    const { routingKey, undelivered } = props;
    const connection = new Connection(this, 'Connection', {
      // EventBridge asks for one. The routing key in the body is what PagerDuty looks at.
      authorization: Authorization.apiKey('X-Routing-Key', routingKey),
      bodyParameters: { routing_key: HttpParameter.fromSecret(routingKey) },
    });
    const destination = new ApiDestination(this, 'Destination', {
      connection,
      endpoint: 'https://events.pagerduty.com/v2/enqueue',
    });
    const execution = EventField.fromPath('$.detail.execution');
    const error = EventField.fromPath('$.detail.error');
    new Rule(this, 'Failed', {
      eventPattern: {
        source: ['iam-access-key-rotation'],
        detailType: ['Access Key Rotation Failed'],
      },
      targets: [
        new Page(destination as IApiDestination, {
          deadLetterQueue: undelivered,
          event: RuleTargetInput.fromObject({
            event_action: 'trigger',
            dedup_key: execution,
            payload: {
              summary: `Access key rotation failed: ${error} (account ${EventField.account}, ${EventField.region})`,
              source: execution,
              severity: 'error',
              custom_details: { message: EventField.fromPath('$.detail.message') },
            },
          }),
        }),
      ],
    });
  }
}
