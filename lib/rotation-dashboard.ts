import { Duration } from 'aws-cdk-lib';
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  type MetricOptions,
  SingleValueWidget,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { METRICS, type MetricName } from '../lambdas/shared/contract/names';
import { surveyMetric } from './rotation-survey';

/** The properties of {@link RotationDashboard}. */
export interface RotationDashboardProps {
  /** Physical name of the state machine: the dimension of the survey's metrics, and the dashboard's name. */
  readonly rotationName: string;

  /** The state machine of the rotations. */
  readonly stateMachine: StateMachine;

  /** Keeps starts and messages that could not be delivered. */
  readonly deadLetterQueue: IQueue;
}

/** A rotation takes weeks, and keys grow old in months. */
const RANGE = Duration.days(90);

/** The survey measures once a day. Points of a day make a line of it. */
const DAY = Duration.days(1);

const WIDTH = 12;
const HEIGHT = 6;

/**
 * One dashboard for all users of a stack: how executions ended, how old the oldest key is, where rotations stand, and what waits for
 * a person. It names no users, so it is as large for a hundred of them as for one; who is meant is in the message of the survey.
 */
export class RotationDashboard extends Construct {
  /** The dashboard. */
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: RotationDashboardProps) {
    super(scope, id);
    const { rotationName, stateMachine, deadLetterQueue } = props;
    const measured = (metricName: MetricName, label: string): IMetric =>
      surveyMetric(rotationName, metricName).with({ label, period: DAY });
    const graph = (title: string, left: IMetric[], more: object = {}): GraphWidget =>
      new GraphWidget({ title, left, width: WIDTH, height: HEIGHT, period: DAY, ...more });
    const ended = (label: string): MetricOptions => ({ label, statistic: Stats.SUM, period: DAY });

    this.dashboard = new Dashboard(this, 'Resource', {
      dashboardName: rotationName,
      defaultInterval: RANGE,
    });
    this.dashboard.addWidgets(
      new SingleValueWidget({
        title: 'What waits for a person, at the last survey',
        width: 2 * WIDTH,
        height: 4,
        period: DAY,
        metrics: [
          measured(METRICS.drifted, 'AWSCURRENT without a key that works'),
          measured(METRICS.overdue, 'Key overdue'),
          measured(METRICS.stuck, 'Rotation stuck'),
          measured(METRICS.onHold, 'On hold'),
          measured(METRICS.paused, 'Paused'),
          measured(METRICS.unmanaged, 'Keys that nothing looks after'),
          measured(METRICS.unknown, 'Not known'),
          deadLetterQueue.metricApproximateNumberOfMessagesVisible({
            label: 'Undelivered',
            statistic: Stats.MAXIMUM,
            period: DAY,
          }),
        ],
      }),
    );
    this.dashboard.addWidgets(
      graph('Executions by how they ended', [
        stateMachine.metricSucceeded(ended('succeeded, or had nothing to do')),
        stateMachine.metricFailed(ended('failed')),
        stateMachine.metricAborted(ended('stopped')),
        stateMachine.metricTimedOut(ended('timed out')),
      ]),
      graph(
        'Rotations by stage',
        [
          measured(METRICS.starting, 'new key not published'),
          measured(METRICS.adoption, 'consumers move'),
          measured(METRICS.recovery, 'old key Inactive'),
          measured(METRICS.unfinished, 'unfinished, and nobody runs'),
        ],
        { stacked: true },
      ),
    );
    this.dashboard.addWidgets(
      graph(
        'Age of the oldest key, by what is allowed',
        [measured(METRICS.oldestKeyAgeRatio, 'age / allowed')],
        {
          leftAnnotations: [{ value: 1, label: 'overdue' }],
          leftYAxis: { min: 0 },
        },
      ),
      graph(
        'Age of the oldest Active key, and users that are looked at',
        [measured(METRICS.oldestKeyAgeDays, 'days')],
        {
          leftYAxis: { min: 0 },
          right: [
            measured(METRICS.enrolled, 'users enrolled'),
            measured(METRICS.heartbeat, 'surveys that told'),
          ],
          rightYAxis: { min: 0 },
        },
      ),
    );
  }
}
