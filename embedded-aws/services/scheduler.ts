import { ServiceError } from '../ground/errors';
import type { Route } from '../wire/rest-json';
import { type Environment, operation, page, type Service, validationException } from './service';

/** When a schedule starts something, and what: answered as it was given, which is how templates write it, too. */
export interface SchedulePlan {
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone?: string;
  readonly FlexibleTimeWindow?: Readonly<Record<string, unknown>>;
  readonly Target: { readonly Arn: string; readonly RoleArn: string; readonly Input?: string };
  readonly Description?: string;
}

/** A schedule, as far as it is asked about. */
interface KnownSchedule {
  readonly groupName: string;
  readonly name: string;
  readonly state: 'ENABLED' | 'DISABLED';
  /** Undefined if nobody asks when and what it starts. */
  readonly plan?: SchedulePlan | undefined;
}

/** EventBridge Scheduler API, GetSchedule: names of schedules and of their groups. */
const NAME = { type: 'string', min: 1, max: 64, pattern: /^[0-9a-zA-Z-_.]+$/ } as const;

const keyOf = ({ groupName, name }: Pick<KnownSchedule, 'groupName' | 'name'>): string =>
  `${groupName}/${name}`;

/** EventBridge Scheduler, as far as it is asked about its schedules. It starts nothing. */
export class Scheduler implements Service {
  /** By group and name. */
  readonly #schedules = new Map<string, KnownSchedule>();

  readonly invalidParameter = validationException;

  constructor(private readonly environment: Environment) {}

  /** Adds a schedule, or changes its state. */
  setSchedule(
    groupName: string,
    name: string,
    state: KnownSchedule['state'] = 'ENABLED',
    plan?: SchedulePlan,
  ): void {
    this.#schedules.set(keyOf({ groupName, name }), { groupName, name, state, plan });
  }

  removeSchedule(groupName: string, name: string): void {
    this.#schedules.delete(keyOf({ groupName, name }));
  }

  readonly routes: Readonly<Record<'GetSchedule' | 'ListSchedules', Route>> = {
    GetSchedule: { method: 'GET', path: '/schedules/{Name}', query: { groupName: 'GroupName' } },
    ListSchedules: {
      method: 'GET',
      path: '/schedules',
      query: {
        ScheduleGroup: 'GroupName',
        NamePrefix: 'NamePrefix',
        State: 'State',
        MaxResults: 'MaxResults',
        NextToken: 'NextToken',
      },
    },
  };

  readonly operations = {
    // EventBridge Scheduler API, GetSchedule: without a group, the default one is meant; ResourceNotFoundException 404.
    GetSchedule: operation({
      parameters: { Name: { ...NAME, required: true }, GroupName: NAME },
      resource: ({ Name, GroupName = 'default' }) => this.#arn(GroupName, Name),
      handle: ({ Name: name, GroupName: groupName = 'default' }) => {
        const found = this.#schedules.get(keyOf({ groupName, name }));
        if (found === undefined) {
          throw new ServiceError('ResourceNotFoundException', `Schedule ${name} does not exist.`, 404);
        }
        return {
          Arn: this.#arn(groupName, name),
          GroupName: groupName,
          Name: name,
          State: found.state,
          ...found.plan,
        };
      },
    }),
    // EventBridge Scheduler API, ListSchedules: of all groups, or of one; at most 100 in a page. Dates are not modelled.
    ListSchedules: operation({
      parameters: {
        GroupName: NAME,
        NamePrefix: NAME,
        State: { type: 'string', oneOf: ['ENABLED', 'DISABLED'] },
        MaxResults: { type: 'integer', min: 1, max: 100 },
        NextToken: { type: 'string', min: 1, max: 2048 },
      },
      resource: () => '*',
      handle: ({ GroupName, NamePrefix = '', State, MaxResults = 100, NextToken }) => {
        const { items, next } = page(
          [...this.#schedules.values()].filter(
            ({ groupName, name, state }) =>
              (GroupName === undefined || groupName === GroupName) &&
              (State === undefined || state === State) &&
              name.startsWith(NamePrefix),
          ),
          NextToken,
          MaxResults,
          () => validationException('Invalid NextToken.'),
        );
        return {
          Schedules: items.map(({ groupName, name, state, plan }) => ({
            Arn: this.#arn(groupName, name),
            GroupName: groupName,
            Name: name,
            State: state,
            ...(plan && { Target: { Arn: plan.Target.Arn } }),
          })),
          NextToken: next,
        };
      },
    }),
  };

  #arn(groupName: string, name: string): string {
    const { region, accountId } = this.environment;
    return `arn:aws:scheduler:${region}:${accountId}:schedule/${groupName}/${name}`;
  }
}
