import { notModelled, ServiceError } from '../errors';
import { type Environment, operation, page, type Service, validationException } from './service';

/** State of an alarm. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** An alarm, as far as its state goes. */
export interface Alarm {
  readonly name: string;
  readonly arn: string;
  readonly kind: 'metric' | 'composite';
  readonly state: AlarmState;
  readonly stateUpdated: Date;
}

// CloudWatch API, PutMetricAlarm and PutCompositeAlarm, AlarmName.
const ALARM_NAME = { type: 'string', required: true, min: 1, max: 255 } as const;

/** CloudWatch: alarms and their states. Nothing evaluates them, and they tell nobody; tests set them. */
export class CloudWatch implements Service {
  readonly #alarms = new Map<string, Alarm>();

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
    this.addAlarm(name, state, alarm.kind);
  }

  removeAlarm(name: string): void {
    this.#alarms.delete(name);
  }

  /** The alarms that there are. */
  snapshot(): readonly Alarm[] {
    return [...this.#alarms.values()];
  }

  /** Adds the alarms of a snapshot. */
  restore(alarms: readonly Alarm[]): void {
    for (const alarm of alarms) this.#alarms.set(alarm.name, alarm);
  }

  readonly operations = {
    // CloudWatch API, PutMetricAlarm: a new alarm is in the state INSUFFICIENT_DATA, and one that is updated keeps
    // its state. What it watches, and whom it would tell, is not looked at.
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
      handle: ({ AlarmName }) => this.#put(AlarmName, 'metric'),
    }),

    // CloudWatch API, PutCompositeAlarm. The rule is not looked at.
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

    // CloudWatch API, DeleteAlarms: names that no alarm has are passed over.
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
        const ofKind = (wanted: Alarm['kind']) =>
          items
            .filter(({ kind }) => kind === wanted)
            .map(({ name, arn, state, stateUpdated }) => ({
              AlarmName: name,
              AlarmArn: arn,
              StateValue: state,
              StateUpdatedTimestamp: stateUpdated,
            }));
        return { MetricAlarms: ofKind('metric'), CompositeAlarms: ofKind('composite'), NextToken: next };
      },
    }),
  };

  #put(name: string, kind: Alarm['kind']): Record<string, never> {
    this.addAlarm(name, this.#alarms.get(name)?.state ?? 'INSUFFICIENT_DATA', kind);
    return {};
  }

  #arn(name: string): string {
    const { region, accountId } = this.environment;
    return `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`;
  }
}
