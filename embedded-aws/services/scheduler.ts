import { ServiceError } from '../ground/errors';
import type { Route } from '../wire/rest-json';
import { type Environment, operation, type Service, validationException } from './service';

/** A schedule, as far as it is asked about. */
interface KnownSchedule {
  readonly groupName: string;
  readonly name: string;
  readonly state: 'ENABLED' | 'DISABLED';
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
  setSchedule(groupName: string, name: string, state: KnownSchedule['state'] = 'ENABLED'): void {
    this.#schedules.set(keyOf({ groupName, name }), { groupName, name, state });
  }

  removeSchedule(groupName: string, name: string): void {
    this.#schedules.delete(keyOf({ groupName, name }));
  }

  readonly routes: Readonly<Record<'GetSchedule', Route>> = {
    GetSchedule: { method: 'GET', path: '/schedules/{Name}', query: { groupName: 'GroupName' } },
  };

  readonly operations = {
    // EventBridge Scheduler API, GetSchedule: without a group, the default one is meant; ResourceNotFoundException 404. When and
    // what it starts is not modelled.
    GetSchedule: operation({
      parameters: { Name: { ...NAME, required: true }, GroupName: NAME },
      resource: ({ Name, GroupName = 'default' }) => this.#arn(GroupName, Name),
      handle: ({ Name: name, GroupName: groupName = 'default' }) => {
        const found = this.#schedules.get(keyOf({ groupName, name }));
        if (found === undefined) {
          throw new ServiceError('ResourceNotFoundException', `Schedule ${name} does not exist.`, 404);
        }
        return { Arn: this.#arn(groupName, name), GroupName: groupName, Name: name, State: found.state };
      },
    }),
  };

  #arn(groupName: string, name: string): string {
    const { region, accountId } = this.environment;
    return `arn:aws:scheduler:${region}:${accountId}:schedule/${groupName}/${name}`;
  }
}
