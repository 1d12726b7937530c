import { Stack } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** Restarts a systemd service on EC2 instances with a tag, by Run Command, when the user's key has a successor. */
export class RestartServiceOnNewKey extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: {
      readonly userName: string;
      readonly tag: { readonly key: string; readonly value: string };
      readonly service: string;
    },
  ) {
    super(scope, id);
    const { userName, tag, service } = props;
    const { partition, region, account } = Stack.of(this);
    const document = `arn:${partition}:ssm:${region}::document/AWS-RunShellScript`;
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('events.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({ actions: ['ssm:SendCommand'], resources: [document.replace('::', ':*:')] }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ['ssm:SendCommand'],
        resources: [`arn:${partition}:ec2:${region}:${account}:instance/*`],
        conditions: { StringEquals: { [`ssm:resourceTag/${tag.key}`]: tag.value } },
      }),
    );
    new CfnRule(this, 'NewKey', {
      eventPattern: {
        source: ['iam-access-key-rotation'],
        'detail-type': ['Access Key Published'],
        detail: { userName: [userName] },
      },
      targets: [
        {
          id: 'Restart',
          arn: document,
          roleArn: role.roleArn,
          input: JSON.stringify({ commands: [`systemctl restart ${service}`] }),
          runCommandParameters: { runCommandTargets: [{ key: `tag:${tag.key}`, values: [tag.value] }] },
        },
      ],
    });
  }
}
