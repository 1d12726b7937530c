import { METRICS, type MetricName, SURVEY_EVENT } from '../shared/contract/names';
import type { SurveyFile } from '../shared/contract/survey';
import { AlarmGateway } from '../shared/gateways/alarm-gateway';
import { BusGateway } from '../shared/gateways/bus-gateway';
import { FleetGateway } from '../shared/gateways/fleet-gateway';
import { IamGateway } from '../shared/gateways/iam-gateway';
import { MetricGateway } from '../shared/gateways/metric-gateway';
import { fileBeside, lambdaRuntime, type Runtime, requireSetting } from '../shared/gateways/runtime';
import { ScheduleGateway } from '../shared/gateways/schedule-gateway';
import { SecretGateway } from '../shared/gateways/secret-gateway';
import { SecurityHubGateway } from '../shared/gateways/security-hub-gateway';
import { TopicGateway } from '../shared/gateways/topic-gateway';
import { RUNBOOK } from '../shared/text/anchor';
import { figuresOf, type SurveyReport } from './decide';
import { type Fleet, survey } from './read';
import { endedFindings, overdueFindings, sourceOf } from './security-hub';
import { eventOf, message, recordOf } from './words';

/** What the survey finds around it. */
export type SurveyRuntime = Pick<Runtime, 'clientConfig' | 'environment'> & {
  /** Who is enrolled. */
  readonly surveyed: () => SurveyFile;
};

/** What came of a survey. */
export interface Surveyed {
  readonly report: SurveyReport;
  /** What was put as metrics. */
  readonly figures: ReadonlyMap<MetricName, number>;
  /** Whether people were told. */
  readonly told: 'nothing-to-tell' | 'told' | 'not-told';
  /** In which ways it could not be told. */
  readonly failed: readonly Way[];
}

/** A way of telling. */
type Way = 'message' | 'metrics' | 'event' | 'security-hub';

/** The ARN of a state machine ends with its name. */
const nameOf = (stateMachineArn: string): string => stateMachineArn.split(':').at(-1) ?? '';

/** Security Hub keeps what was told of a key, and is told when that is over. */
const tellHub = async (hub: SecurityHubGateway, report: SurveyReport, fleet: Fleet): Promise<void> => {
  // First what is wrong: that needs no read, which may be denied.
  await hub.import(overdueFindings(report, fleet));
  const active = await hub.active(sourceOf(fleet.stateMachineArn));
  await hub.import(endedFindings(report, active));
};

/** The survey: looks at everybody, and tells what it has found. Changes nothing. */
export const createHandler = (runtime: SurveyRuntime) => {
  const { clientConfig } = runtime;
  const topic = new TopicGateway(clientConfig);
  const sources = {
    iam: new IamGateway(clientConfig),
    secrets: new SecretGateway(clientConfig),
    fleet: new FleetGateway(clientConfig),
    alarms: new AlarmGateway(clientConfig),
    schedules: new ScheduleGateway(clientConfig),
    topic,
  };
  const metrics = new MetricGateway(clientConfig);
  const bus = new BusGateway(clientConfig, runtime.environment.EVENT_BUS_NAME);
  const hub =
    runtime.environment.SECURITY_HUB === undefined ? undefined : new SecurityHubGateway(clientConfig);

  /**
   * Tells in every way that there is, whatever becomes of the others. It does not fail: Lambda would run it again, and people would be
   * told a second time. Where the message or the metrics do not get through, the heartbeat is missing, and its alarm tells.
   */
  const tell = async (fleet: Fleet, report: SurveyReport): Promise<Surveyed> => {
    const { stateMachineArn, topicArn } = fleet;
    const figures = new Map(figuresOf(report));
    const failed: Way[] = [];
    const attempt = async (way: Way, work: () => Promise<void>): Promise<boolean> => {
      try {
        await work();
        return true;
      } catch (error) {
        console.error({ survey: 'untold', way, problem: String(error) });
        failed.push(way);
        return false;
      }
    };
    console.info({ survey: recordOf(report), figures: Object.fromEntries(figures) });
    const mail = message(report, fleet);
    const isTold = mail === undefined || (await attempt('message', () => topic.publish(topicArn, mail)));
    // The heart beats for a survey of which people hear. When its message does not get through, the alarm on the missing beat is
    // what is left: CloudWatch publishes it, in its own right.
    if (isTold) figures.set(METRICS.heartbeat, 1);
    await attempt('metrics', () =>
      metrics.put({ stateMachineName: nameOf(stateMachineArn), at: report.at, values: figures }),
    );
    await attempt('event', () =>
      bus.put(SURVEY_EVENT, eventOf(report, fleet, figures, mail), [stateMachineArn]),
    );
    if (hub !== undefined) await attempt('security-hub', () => tellHub(hub, report, fleet));
    const told = isTold ? 'told' : 'not-told';
    return { report, figures, told: mail === undefined ? 'nothing-to-tell' : told, failed };
  };

  return async (): Promise<Surveyed> => {
    const fleet: Fleet = {
      users: runtime.surveyed().users,
      stateMachineArn: requireSetting(runtime, 'STATE_MACHINE_ARN'),
      scheduleGroup: requireSetting(runtime, 'SCHEDULE_GROUP'),
      topicArn: requireSetting(runtime, 'NOTIFICATION_TOPIC_ARN'),
      runbookUrl: runtime.environment.RUNBOOK_URL ?? RUNBOOK,
    };
    return tell(fleet, await survey(sources, fleet));
  };
};

const run = createHandler({
  ...lambdaRuntime(),
  surveyed: () => fileBeside<SurveyFile>(),
});

/** Nobody waits for an answer: what was found is in the record, the metrics, the event and the message. */
export const handler = async (): Promise<void> => {
  await run();
};
