import { notModelled, ServiceError } from '../ground/errors';
import { matchesPattern } from './event-pattern';
import { type Environment, operation, type Service, validationException } from './service';

/** An event as a rule's pattern sees it, and as its targets get it. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

interface Entry {
  readonly Source?: string | undefined;
  readonly DetailType?: string | undefined;
  readonly Detail?: string | undefined;
  readonly Resources?: readonly string[] | undefined;
  readonly EventBusName?: string | undefined;
}

const MAX_ENTRIES = 10;
const MAX_BYTES = 256 * 1024;

/** EventBridge User Guide, "Calculating PutEvents event entry size": the time is not sent here. */
const sizeOf = ({ Source = '', DetailType = '', Detail = '', Resources = [] }: Entry): number =>
  [Source, DetailType, Detail, ...Resources].reduce((sum, text) => sum + Buffer.byteLength(text), 0);

const parseDetail = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const detail: unknown = JSON.parse(text);
    return typeof detail === 'object' && detail !== null && !Array.isArray(detail)
      ? (detail as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
};

/** Why EventBridge refuses an entry, in the words of PutEventsResultEntry. */
const refusalOf = (
  entry: Entry,
): { readonly ErrorCode: string; readonly ErrorMessage: string } | undefined => {
  for (const name of ['Source', 'DetailType', 'Detail'] as const) {
    if (entry[name] === undefined || entry[name] === '') {
      return {
        ErrorCode: 'InvalidArgument',
        ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
      };
    }
  }
  // EventBridge API, PutEventsRequestEntry, Source: "aws" is for AWS services.
  if (/^aws(\.|$)/.test(entry.Source ?? '')) {
    return { ErrorCode: 'NotAuthorizedForSource', ErrorMessage: 'Not authorized for the source.' };
  }
  if (parseDetail(entry.Detail ?? '') === undefined) {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  }
  return undefined;
};

/** What is said of an event; the bus adds where and when. */
type Announcement = Pick<BusEvent, 'source' | 'detail-type' | 'resources' | 'detail'>;

/** The bus that every account has. */
const DEFAULT_BUS = 'default';

/** A rule of a bus. */
interface BusRule {
  /** Where the rule is. Default: the Region of everything else. */
  readonly region?: string | undefined;
  /** The bus whose events it sees. Default: that which every account has. */
  readonly eventBusName?: string | undefined;
  readonly pattern: Readonly<Record<string, unknown>>;
  /** Gets each event that the pattern matches. */
  readonly target: (event: BusEvent) => void;
}

/** EventBridge: buses, which keep what is put on them, and hand it to their rules. */
export class EventBridge implements Service {
  readonly #buses = new Map<string, BusEvent[]>([[DEFAULT_BUS, []]]);
  readonly #events: BusEvent[] = [];
  readonly #rules: BusRule[] = [];
  #entries = 0;

  readonly invalidParameter = validationException;

  constructor(private readonly environment: Environment) {}

  addRule(rule: BusRule): void {
    this.#rules.push(rule);
  }

  /** Adds a bus beside the one that every account has. */
  addBus(name: string): void {
    if (!this.#buses.has(name)) this.#buses.set(name, []);
  }

  /** The names of the buses, that which every account has first. */
  get buses(): readonly string[] {
    return [...this.#buses.keys()];
  }

  /**
   * An event of an AWS service, which comes on the default bus. Only rules get it: nobody has put it there.
   *
   * @param region - where it comes. Of other Regions than this one, nothing is modelled but rules of the default bus.
   */
  announce(announcement: Announcement, region = this.environment.region): void {
    this.#deliver({ ...this.#eventOf(announcement), region }, DEFAULT_BUS, region);
  }

  /**
   * A rule of another Region hands an event to the default bus here, as it is (EventBridge User Guide, "Sending and receiving events
   * between AWS Regions"). It comes at once: AWS names no time.
   */
  forward(event: BusEvent): void {
    this.#deliver(event, DEFAULT_BUS);
  }

  /** Every event that a bus has got, in order. */
  get events(): readonly BusEvent[] {
    return this.#events;
  }

  /** The events that this bus has got, in order. None if there is no such bus. */
  eventsOn(eventBusName: string): readonly BusEvent[] {
    return this.#buses.get(eventBusName) ?? [];
  }

  readonly operations = {
    // EventBridge API, TestEventPattern: whether the pattern matches an event that has the fields of every event.
    TestEventPattern: operation({
      parameters: {
        EventPattern: { type: 'string', required: true, max: 4096 },
        Event: { type: 'string', required: true },
      },
      resource: () => '*',
      handle: ({ EventPattern, Event }) => {
        const pattern = parseDetail(EventPattern);
        if (pattern === undefined) {
          throw new ServiceError('InvalidEventPatternException', 'Event pattern is not valid.', 400);
        }
        const event = parseDetail(Event);
        if (event === undefined) throw this.invalidParameter('Parameter Event is not valid.');
        return { Result: matchesPattern(pattern, event) };
      },
    }),

    // EventBridge API, PutEvents: up to ten entries, each of which is accepted or refused by itself. A request with
    // refused entries is answered with 200 all the same.
    PutEvents: operation({
      parameters: {
        Entries: {
          type: 'structures',
          required: true,
          members: {
            Source: { type: 'string' },
            DetailType: { type: 'string' },
            Detail: { type: 'string' },
            Resources: { type: 'strings' },
            EventBusName: { type: 'string', min: 1, max: 1600 },
          },
        },
      },
      resource: ({ Entries }) => this.#busArn(this.#busOf(Entries)),
      // Service Authorization Reference, EventBridge: events:source and events:detail-type are lists of strings.
      conditions: ({ Entries }) => ({
        'events:source': Entries.flatMap(({ Source }) => Source ?? []),
        'events:detail-type': Entries.flatMap(({ DetailType }) => DetailType ?? []),
      }),
      handle: ({ Entries }) => {
        if (Entries.length < 1 || Entries.length > MAX_ENTRIES) {
          throw this.invalidParameter(`Member must have length between 1 and ${MAX_ENTRIES}: entries`);
        }
        if (Entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > MAX_BYTES) {
          throw new ServiceError(
            'ValidationException',
            'Total size of the entries in the request is over the limit.',
            400,
          );
        }
        const bus = this.#busOf(Entries);
        const other = Entries.find((entry) => this.#busOf([entry]) !== bus);
        if (other !== undefined)
          throw notModelled(`several event buses in a request: ${bus}, ${this.#busOf([other])}`);
        if (bus.includes(':')) throw notModelled(`the event bus ${bus}`);
        const results = Entries.map((entry) => this.#put(entry, bus));
        return {
          FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length,
          Entries: results,
        };
      },
    }),
  };

  #busArn(name: string): string {
    const { region, accountId } = this.environment;
    return name.includes(':') ? name : `arn:aws:events:${region}:${accountId}:event-bus/${name}`;
  }

  /** The bus that a request names: by its name, if it is of this account and Region. */
  #busOf([first]: readonly Entry[]): string {
    return (first?.EventBusName ?? DEFAULT_BUS).replace(this.#busArn(''), '');
  }

  /** An event for a bus that does not exist is accepted, and nobody gets it (github.com/aws/aws-sdk, issue 186). */
  #put(entry: Entry, bus: string): Readonly<Record<string, string>> {
    const refusal = refusalOf(entry);
    if (refusal !== undefined) return refusal;
    const event = this.#eventOf({
      source: entry.Source ?? '',
      'detail-type': entry.DetailType ?? '',
      resources: entry.Resources ?? [],
      detail: parseDetail(entry.Detail ?? '') ?? {},
    });
    if (this.#buses.has(bus)) {
      this.#events.push(event);
      this.#buses.get(bus)?.push(event);
      this.#deliver(event, bus);
    }
    return { EventId: event.id };
  }

  #eventOf(announcement: Announcement): BusEvent {
    const { clock, accountId, region } = this.environment;
    this.#entries += 1;
    // Not from the common source of identifiers: whether events are sent must not change which keys are
    // created.
    const id = `00000000-0000-4000-9000-${this.#entries.toString(16).padStart(12, '0')}`;
    const time = clock.now().toISOString().replace(/\.\d+/, '');
    return { version: '0', id, account: accountId, time, region, ...announcement };
  }

  #deliver(event: BusEvent, bus: string, where = this.environment.region): void {
    for (const { pattern, target, eventBusName = DEFAULT_BUS, region = this.environment.region } of this
      .#rules) {
      if (region === where && eventBusName === bus && matchesPattern(pattern, { ...event })) target(event);
    }
  }
}
