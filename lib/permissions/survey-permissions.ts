import { EVENT_SOURCE, METRIC_NAMESPACE } from '../../lambdas/shared/contract/names';
import type { DeploymentSettings, RotatedUser } from '../config';
import { senderKeyGrants } from './key-permissions';
import {
  alarmArn,
  defaultProductArn,
  eventBusArn,
  executionsArn,
  schedulesArn,
  secretsOf,
  securityHubArn,
  stateMachineArn,
  userArn,
} from './resource-arns';
import type { Condition, Grant } from './role-policies';

/** What the survey looks at. */
export interface Surveyed {
  readonly users: readonly RotatedUser[];
  /** Physical name of the state machine. */
  readonly rotationName: string;
  /** Name of the group of schedules. */
  readonly scheduleGroupName: string;
  /** ARN of the topic: who is subscribed is looked at, and what was found is published. */
  readonly topicArn: string;
  /** Whether findings are imported into Security Hub. */
  readonly securityHub: boolean;
  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/** Metrics of one namespace. PutMetricData knows no resources (Service Authorization Reference, CloudWatch). */
const ONLY_OUR_METRICS: readonly Condition[] = [
  { operator: 'StringEquals', key: 'cloudwatch:namespace', values: [METRIC_NAMESPACE] },
];

/** Events of one source. A call has a source for each of its entries, so the operator requires all of them to match. */
const ONLY_OUR_EVENTS: readonly Condition[] = [
  { operator: 'ForAllValues:StringEquals', key: 'events:source', values: [EVENT_SOURCE] },
  { operator: 'Null', key: 'events:source', values: ['false'] },
];

/**
 * What the survey may do, besides writing its own log. It reads no value of a secret, so it needs no KMS key but that of the topic, and
 * it changes nothing: what it writes are its metrics, its event, its message and its findings.
 */
export const surveyGrants = ({
  users,
  rotationName,
  scheduleGroupName,
  topicArn,
  securityHub,
  deployment,
}: Surveyed): readonly Grant[] => [
  { actions: ['iam:ListAccessKeys'], resources: users.map(userArn) },
  { actions: ['secretsmanager:DescribeSecret'], resources: secretsOf(users) },
  { actions: ['states:ListExecutions'], resources: [stateMachineArn(rotationName)] },
  {
    actions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
    resources: [executionsArn(rotationName)],
  },
  {
    actions: ['cloudwatch:DescribeAlarms'],
    resources: [...new Set(users.flatMap(({ healthAlarms }) => healthAlarms))].map(alarmArn),
  },
  { actions: ['scheduler:GetSchedule'], resources: [schedulesArn(scheduleGroupName)] },
  { actions: ['sns:ListSubscriptionsByTopic', 'sns:Publish'], resources: [topicArn] },
  ...senderKeyGrants(deployment, 'sns'),
  { actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions: ONLY_OUR_METRICS },
  {
    actions: ['events:PutEvents'],
    resources: [eventBusArn(deployment.eventBusName ?? 'default')],
    conditions: ONLY_OUR_EVENTS,
  },
  // Service Authorization Reference, Security Hub: importing is for a product, and reading for the hub.
  ...(securityHub
    ? [
        { actions: ['securityhub:BatchImportFindings'], resources: [defaultProductArn()] },
        { actions: ['securityhub:GetFindings'], resources: [securityHubArn()] },
      ]
    : []),
];
