import { notModelled, ServiceError } from '../ground/errors';
import { type Environment, operation, page, type Service, validationException } from './service';

/** State of an alarm. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** An alarm, as far as its state matters. */
export interface Alarm {
  readonly name: string;
  readonly arn: string;
  readonly kind: 'metric' | 'composite';
  readonly state: AlarmState;
  readonly stateUpdated: Date;
}

/** A change of an alarm's state. */
export interface AlarmChange {
  readonly name: string;
  readonly kind: Alarm['kind'];
  readonly at: Date;
  readonly from: AlarmState;
  readonly to: AlarmState;
}

/** A value of a metric that somebody has put. */
export interface MetricValue {
  readonly metric: Metric;
  readonly value: number;
  readonly at: Date;
}

/** What AWS services count, or somebody puts. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** An alarm that one period of a metric sets off, above a threshold. A period without data is a good one. */
export interface MetricAlarm {
  readonly name: string;
  readonly metric: Metric;
  readonly periodSeconds: number;
  /** For how many periods one that was above the threshold counts. Default: for itself. */
  readonly evaluationPeriods?: number;
  readonly threshold: number;
  /** Called when it goes into the state ALARM. */
  readonly onAlarm: () => void;
  /** ARNs of its actions, as they are described. Default: none. */
  readonly actions?: readonly string[];
  readonly description?: string | undefined;
}

/**
 * An alarm on a metric that has to come: in each of its periods the value is below a threshold, or missing. Only one that has come
 * once is missed, because nothing here runs on a schedule.
 */
export interface HeartbeatAlarm extends MetricAlarm {
  readonly evaluationPeriods: number;
}

interface WatchedAlarm extends MetricAlarm {
  /** What has come within the period that ends then. */
  sum: number;
  endsAt: number;
}

const isSameMetric = (a: Metric, b: Metric): boolean =>
  a.namespace === b.namespace &&
  a.name === b.name &&
  Object.entries(a.dimensions).every(([name, value]) => b.dimensions[name] === value);

// CloudWatch User Guide, Using Amazon CloudWatch alarms: alarm history is preserved for 30 days.
const HISTORY_RETENTION = 30 * 86_400_000;

// CloudWatch API, PutMetricData.
const MOST_METRICS = 1_000;
const OLDEST_VALUE = 14 * 86_400_000;
const NEWEST_VALUE = 2 * 3_600_000;

// CloudWatch API, PutMetricAlarm and PutCompositeAlarm, AlarmName.
const ALARM_NAME = { type: 'string', required: true, min: 1, max: 255 } as const;

/** CloudWatch: alarms and their states. Tests set them; only those on what AWS services count go off by themselves. */
export class CloudWatch implements Service {
  readonly #alarms = new Map<string, Alarm>();
  readonly #watched: WatchedAlarm[] = [];
  /** With a way to stop the time that runs out without a beat. */
  readonly #heartbeats = new Map<HeartbeatAlarm, () => void>();
  readonly #changes: AlarmChange[] = [];
  /** Alarms whose actions are switched off. */
  readonly #disabled = new Set<string>();
  readonly #values: MetricValue[] = [];

  readonly invalidParameter = validationException;

  constructor(private readonly environment: Environment) {}

  addAlarm(name: string, state: AlarmState = 'OK', kind: Alarm['kind'] = 'metric'): Alarm {
    const alarm = { name, arn: this.#arn(name), kind, state, stateUpdated: this.environment.clock.now() };
    this.#alarms.set(name, alarm);
    return alarm;
  }

  setAlarmState(name: string, state: AlarmState): void {
    const alarm = this.#alarms.get(name);
    if (alarm === undefined) {
      throw new Error(`There is no alarm ${name}`);
    }
    const changed = this.addAlarm(name, state, alarm.kind);
    if (alarm.state !== state) {
      this.#changes.push({ name, kind: alarm.kind, at: changed.stateUpdated, from: alarm.state, to: state });
    }
  }

  removeAlarm(name: string): void {
    this.#alarms.delete(name);
  }

  /** Somebody switches off what an alarm does. It still goes off. */
  disableActions(name: string): void {
    this.#disabled.add(name);
  }

  /** Lets a metric set an alarm off. */
  watch(alarm: MetricAlarm): void {
    if (!this.#alarms.has(alarm.name)) this.addAlarm(alarm.name);
    this.#watched.push({ ...alarm, sum: 0, endsAt: 0 });
  }

  /** Lets an alarm go off when a metric does not come any more. */
  watchHeartbeat(alarm: HeartbeatAlarm): void {
    if (!this.#alarms.has(alarm.name)) this.addAlarm(alarm.name);
    this.#heartbeats.set(alarm, () => {});
  }

  #beat(metric: Metric, value: number): void {
    const { clock } = this.environment;
    for (const [alarm, stop] of this.#heartbeats) {
      if (!isSameMetric(alarm.metric, metric) || value < alarm.threshold) continue;
      stop();
      this.setAlarmState(alarm.name, 'OK');
      const timer = clock.setTimeout(
        () => {
          this.setAlarmState(alarm.name, 'ALARM');
          alarm.onAlarm();
        },
        alarm.periodSeconds * alarm.evaluationPeriods * 1000,
      );
      timer.unref();
      this.#heartbeats.set(alarm, () => clock.clearTimeout(timer));
    }
  }

  /** A service has counted something. */
  count(metric: Metric, value = 1): void {
    this.#beat(metric, value);
    const { clock } = this.environment;
    const now = clock.now().getTime();
    for (const alarm of this.#watched.filter((one) => isSameMetric(one.metric, metric))) {
      const period = alarm.periodSeconds * 1000;
      if (now >= alarm.endsAt)
        Object.assign(alarm, { sum: 0, endsAt: (Math.floor(now / period) + 1) * period });
      alarm.sum += value;
      if (alarm.sum <= alarm.threshold || this.#alarms.get(alarm.name)?.state === 'ALARM') continue;
      this.setAlarmState(alarm.name, 'ALARM');
      alarm.onAlarm();
      const recover = (): void => {
        const left = alarm.endsAt + period * (alarm.evaluationPeriods ?? 1) - clock.now().getTime();
        if (left <= 0) this.setAlarmState(alarm.name, 'OK');
        else clock.setTimeout(recover, left).unref();
      };
      recover();
    }
  }

  /** The values that were put as metrics, in order. What services count is not among them. */
  get values(): readonly MetricValue[] {
    return this.#values;
  }

  /** The alarms that there are. */
  snapshot(): readonly Alarm[] {
    return [...this.#alarms.values()];
  }

  /** The changes of their states. */
  get changes(): readonly AlarmChange[] {
    return [...this.#changes];
  }

  /** Adds the alarms of a snapshot, and the changes of their states. */
  restore(alarms: readonly Alarm[], changes: readonly AlarmChange[]): void {
    for (const alarm of alarms) this.#alarms.set(alarm.name, alarm);
    this.#changes.push(...changes);
  }

  readonly operations = {
    // CloudWatch API, PutMetricAlarm: a new alarm is in the state INSUFFICIENT_DATA, and one that is updated
    // keeps its state. One that a single period of a metric sets off, above a threshold, goes off by itself; any other metric,
    // and all actions, are ignored.
    PutMetricAlarm: operation({
      parameters: {
        AlarmName: ALARM_NAME,
        Namespace: { type: 'string' },
        MetricName: { type: 'string' },
        Statistic: { type: 'string' },
        Period: { type: 'integer', min: 1 },
        EvaluationPeriods: { type: 'integer', required: true, min: 1 },
        ComparisonOperator: { type: 'string', required: true },
        Threshold: { type: 'integer' },
        TreatMissingData: { type: 'string' },
        AlarmActions: { type: 'strings', max: 5 },
      },
      resource: ({ AlarmName }) => this.#arn(AlarmName),
      handle: ({
        AlarmName: name,
        Namespace: namespace,
        MetricName,
        Period: periodSeconds,
        Threshold: threshold,
        ...alarm
      }) => {
        const answer = this.#put(name, 'metric');
        this.#watched.splice(
          0,
          Number.POSITIVE_INFINITY,
          ...this.#watched.filter((one) => one.name !== name),
        );
        const isSimple = alarm.ComparisonOperator === 'GreaterThanThreshold' && alarm.EvaluationPeriods === 1;
        if (
          isSimple &&
          namespace !== undefined &&
          MetricName !== undefined &&
          periodSeconds !== undefined &&
          threshold !== undefined
        ) {
          const metric = { namespace, name: MetricName, dimensions: {} };
          const { AlarmActions: actions = [] } = alarm;
          this.watch({ name, metric, periodSeconds, threshold, actions, onAlarm: () => {} });
        }
        return answer;
      },
    }),

    // CloudWatch API, PutMetricData: a value within the last two weeks, and up to two hours ahead; 1,000 metrics; names of
    // dimensions are not empty. It names no resource; the condition key cloudwatch:namespace has its namespace.
    PutMetricData: operation({
      parameters: {
        Namespace: { type: 'string', required: true, min: 1, max: 255, pattern: /^[^:].*/ },
        MetricData: {
          type: 'structures',
          required: true,
          members: {
            MetricName: { type: 'string', required: true, min: 1, max: 255 },
            Value: { type: 'number', required: true },
            Timestamp: { type: 'timestamp' },
            Unit: { type: 'string' },
            Dimensions: {
              type: 'structures',
              members: {
                Name: { type: 'string', required: true, min: 1, max: 255 },
                Value: { type: 'string', required: true, min: 1, max: 1024 },
              },
            },
          },
        },
      },
      resource: () => '*',
      conditions: ({ Namespace }) => ({ 'cloudwatch:namespace': [Namespace] }),
      handle: ({ Namespace, MetricData }) => {
        const now = this.environment.clock.now();
        if (MetricData.length > MOST_METRICS) throw this.invalidParameter('MetricData');
        for (const { MetricName, Value, Timestamp = now, Dimensions = [] } of MetricData) {
          const age = now.getTime() - Timestamp.getTime();
          if (age > OLDEST_VALUE || age < -NEWEST_VALUE) throw this.invalidParameter('Timestamp');
          const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value: of }) => [Name, of]));
          const metric = { namespace: Namespace, name: MetricName, dimensions };
          this.#values.push({ metric, value: Value, at: Timestamp });
          this.count(metric, Value);
        }
        return {};
      },
    }),

    // CloudWatch API, PutCompositeAlarm. The rule is ignored.
    PutCompositeAlarm: operation({
      parameters: {
        AlarmName: ALARM_NAME,
        AlarmRule: { type: 'string', required: true, min: 1, max: 10_240 },
      },
      resource: ({ AlarmName }) => this.#arn(AlarmName),
      handle: ({ AlarmName }) => this.#put(AlarmName, 'composite'),
    }),

    // CloudWatch API, SetAlarmState: ResourceNotFound for an alarm that does not exist.
    SetAlarmState: operation({
      parameters: {
        AlarmName: ALARM_NAME,
        StateValue: { type: 'string', required: true, oneOf: ['OK', 'ALARM', 'INSUFFICIENT_DATA'] },
        StateReason: { type: 'string', required: true, max: 1023 },
      },
      resource: ({ AlarmName }) => this.#arn(AlarmName),
      handle: ({ AlarmName, StateValue }) => {
        if (!this.#alarms.has(AlarmName)) {
          throw new ServiceError('ResourceNotFound', 'There is no alarm of this name.', 404);
        }
        this.setAlarmState(AlarmName, StateValue as AlarmState);
        return {};
      },
    }),

    // CloudWatch API, DeleteAlarms: names of alarms that do not exist are ignored.
    DeleteAlarms: operation({
      parameters: { AlarmNames: { type: 'strings', required: true, max: 100 } },
      resource: ({ AlarmNames: [name, ...others] }) =>
        name !== undefined && others.length === 0 ? this.#arn(name) : '*',
      handle: ({ AlarmNames }) => {
        for (const name of AlarmNames) {
          this.removeAlarm(name);
        }
        return {};
      },
    }),

    // CloudWatch API, DescribeAlarms: alarms that do not exist are left out of the answer; without AlarmTypes
    // only metric alarms are returned; names: 100 at most; MaxRecords 1 to 100.
    DescribeAlarms: operation({
      parameters: {
        AlarmNames: { type: 'strings', max: 100 },
        AlarmNamePrefix: { type: 'string', min: 1, max: 255 },
        AlarmTypes: { type: 'strings' },
        MaxRecords: { type: 'integer', min: 1, max: 100 },
        NextToken: { type: 'string' },
      },
      // The page: composite alarms are only returned to a caller whose permission is scoped to *.
      resource: ({ AlarmNames = [], AlarmTypes = [] }) => {
        const [name] = AlarmNames;
        const single =
          AlarmNames.length === 1 && name !== undefined && !AlarmTypes.includes('CompositeAlarm');
        return single ? this.#arn(name) : '*';
      },
      handle: ({
        AlarmNames,
        AlarmNamePrefix = '',
        AlarmTypes = ['MetricAlarm'],
        MaxRecords = 50,
        NextToken,
      }) => {
        if (AlarmNames !== undefined && AlarmNamePrefix !== '') {
          throw this.invalidParameter('AlarmNamePrefix and AlarmNames exclude each other.');
        }
        const unknown = AlarmTypes.find((type) => type !== 'MetricAlarm' && type !== 'CompositeAlarm');
        if (unknown !== undefined) {
          throw notModelled(`alarms of the type ${unknown}`);
        }
        const named = [...this.#alarms.values()].filter(
          ({ name, kind }) =>
            (AlarmNames === undefined || AlarmNames.includes(name)) &&
            name.startsWith(AlarmNamePrefix) &&
            AlarmTypes.includes(kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm'),
        );
        const invalidToken = () =>
          new ServiceError('InvalidNextToken', 'The next token specified is invalid.', 400);
        const { items, next } = page(named, NextToken, MaxRecords, invalidToken);
        const moment = this.#readableMoment();
        const ofKind = (wanted: Alarm['kind']) =>
          items
            .filter(({ kind }) => kind === wanted)
            .map((alarm) => ({
              AlarmName: alarm.name,
              AlarmArn: alarm.arn,
              ...this.#configurationOf(alarm.name),
              ...this.#stateAt(alarm, moment),
            }));
        return { MetricAlarms: ofKind('metric'), CompositeAlarms: ofKind('composite'), NextToken: next };
      },
    }),

    // CloudWatch API, DescribeAlarmHistory: the history of an alarm is kept when the alarm is deleted;
    // composite alarms are only returned to a caller whose permission is scoped to *; MaxRecords 1 to 100;
    // the newest first by default. Only changes of state are kept here, and only one alarm may be requested.
    DescribeAlarmHistory: operation({
      parameters: {
        AlarmName: ALARM_NAME,
        AlarmTypes: { type: 'strings' },
        HistoryItemType: { type: 'string', required: true, oneOf: ['StateUpdate'] },
        StartDate: { type: 'timestamp' },
        EndDate: { type: 'timestamp' },
        MaxRecords: { type: 'integer', min: 1, max: 100 },
        NextToken: { type: 'string' },
        ScanBy: { type: 'string', oneOf: ['TimestampAscending', 'TimestampDescending'] },
      },
      resource: ({ AlarmName, AlarmTypes = [] }) =>
        AlarmTypes.includes('CompositeAlarm') ? '*' : this.#arn(AlarmName),
      handle: ({
        AlarmName,
        AlarmTypes = ['MetricAlarm'],
        StartDate,
        EndDate,
        MaxRecords = 100,
        NextToken,
        ScanBy = 'TimestampDescending',
      }) => {
        const oldest = Math.max(
          this.environment.clock.now().getTime() - HISTORY_RETENTION,
          StartDate?.getTime() ?? 0,
        );
        const newest = Math.min(this.#readableMoment(), EndDate?.getTime() ?? Number.POSITIVE_INFINITY);
        const found = this.#changes.filter(
          ({ name, kind, at }) =>
            name === AlarmName &&
            AlarmTypes.includes(kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm') &&
            at.getTime() >= oldest &&
            at.getTime() <= newest,
        );
        if (ScanBy === 'TimestampDescending') found.reverse();
        const invalidToken = () =>
          new ServiceError('InvalidNextToken', 'The next token specified is invalid.', 400);
        const { items, next } = page(found, NextToken, MaxRecords, invalidToken);
        return {
          AlarmHistoryItems: items.map(({ name, kind, at, from, to }) => ({
            AlarmName: name,
            AlarmType: kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm',
            Timestamp: at,
            HistoryItemType: 'StateUpdate',
            HistorySummary: `Alarm updated from ${from} to ${to}`,
            HistoryData: JSON.stringify({
              version: '1.0',
              oldState: { stateValue: from, stateReason: 'embedded' },
              newState: { stateValue: to, stateReason: 'embedded' },
            }),
          })),
          NextToken: next,
        };
      },
    }),
  };

  /** The moment whose state a read shows. The creation and deletion of alarms show at once. */
  #readableMoment(): number {
    const { clock, behaviour, ids } = this.environment;
    return clock.now().getTime() - ids.upTo(behaviour.alarmReadLag);
  }

  #stateAt(
    { name, kind, state, stateUpdated }: Alarm,
    moment: number,
  ): { readonly StateValue: AlarmState; readonly StateUpdatedTimestamp: Date } {
    const changes = this.#changes.filter((change) => change.name === name && change.kind === kind);
    const shown = changes.findLast(({ at }) => at.getTime() <= moment);
    const hidden = changes.find(({ at }) => at.getTime() > moment);
    if (hidden === undefined) return { StateValue: state, StateUpdatedTimestamp: stateUpdated };
    return { StateValue: hidden.from, StateUpdatedTimestamp: shown?.at ?? new Date(moment) };
  }

  /** What an alarm watches, as far as it goes off by itself, and what it does then. */
  #configurationOf(name: string): Readonly<Record<string, unknown>> {
    const watched = [...this.#watched, ...this.#heartbeats.keys()].find((one) => one.name === name);
    if (watched === undefined) return {};
    const { metric, actions = [], description } = watched;
    return {
      AlarmDescription: description,
      Namespace: metric.namespace,
      MetricName: metric.name,
      Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
      AlarmActions: actions,
      ActionsEnabled: !this.#disabled.has(name),
    };
  }

  #put(name: string, kind: Alarm['kind']): Record<string, never> {
    this.addAlarm(name, this.#alarms.get(name)?.state ?? 'INSUFFICIENT_DATA', kind);
    return {};
  }

  #arn(name: string): string {
    const { region, accountId } = this.environment;
    return `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`;
  }
}
