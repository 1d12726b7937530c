import { Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { DefinitionBody, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { CallAwsService } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';

/** Restarts an ECS service when the key that it reads at its start has a successor. */
export class RestartOnNewKey extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { readonly userName: string; readonly cluster: string; readonly service: string },
  ) {
    super(scope, id);
    const { userName, cluster, service } = props;
    const restart = new CallAwsService(this, 'Restart', {
      service: 'ecs',
      action: 'updateService',
      parameters: { Cluster: cluster, Service: service, ForceNewDeployment: true },
      iamResources: [
        Stack.of(this).formatArn({
          service: 'ecs',
          resource: 'service',
          resourceName: `${cluster}/${service}`,
        }),
      ],
    });
    const stateMachine = new StateMachine(this, 'Restarter', {
      stateMachineType: StateMachineType.EXPRESS,
      definitionBody: DefinitionBody.fromChainable(restart),
    });
    new Rule(this, 'NewKey', {
      eventPattern: {
        source: ['iam-access-key-rotation'],
        detailType: ['Access Key Published'],
        detail: { userName: [userName] },
      },
      targets: [new SfnStateMachine(stateMachine)],
    });
  }
}
