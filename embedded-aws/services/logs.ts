import { ServiceError } from '../ground/errors';
import { parseFilterPattern } from './filter-pattern';
import { type Environment, operation, page, type Service } from './service';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// CloudWatch Logs API, common constraints.
const GROUP = { type: 'string', min: 1, max: 512, pattern: /^[\w./#-]+$/ } as const;
const STREAM = { type: 'string', min: 1, max: 512, pattern: /^[^:*]*$/ } as const;
/** A name, or an ARN without `:*` behind it. */
const GROUP_IDENTIFIER = { type: 'string', min: 1, max: 2048, pattern: /^[\w#+=/:,.@-]*$/ } as const;
const TIME = { type: 'integer', min: 0 } as const;
const TOKEN = { type: 'string', min: 1 } as const;

/** CloudWatch Logs API, PutRetentionPolicy: "Possible values". */
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** CloudWatch Logs API, PutLogEvents: what a batch may be. */
const MOST_EVENTS = 10_000;
const MOST_BYTES = 1_048_576;
const BYTES_BESIDE_A_MESSAGE = 26;
const LONGEST_SPAN = DAY;
const OLDEST = 14 * DAY;
const FURTHEST_AHEAD = 2 * HOUR;

/** CloudWatch Logs API, FilterLogEvents, nextToken: "The token expires after 24 hours." */
const TOKEN_LIFETIME = DAY;

/** An event of a stream. */
interface LogEvent {
  readonly stream: string;
  readonly timestamp: number;
  readonly message: string;
  readonly ingestionTime: number;
  /** Its place in the order in which events came in, from 1. */
  readonly number: number;
}

interface LogStream {
  readonly name: string;
  readonly creationTime: number;
  readonly events: LogEvent[];
}

interface LogGroup {
  readonly name: string;
  readonly creationTime: number;
  /** In days; undefined: events never expire. */
  retentionInDays: number | undefined;
  /** By name. */
  readonly streams: Map<string, LogStream>;
}

/** A place in the order of events: behind the event that has this time and number, or would have. */
type Place = Pick<LogEvent, 'timestamp' | 'number'>;

const compare = (one: Place, other: Place): number =>
  one.timestamp - other.timestamp || one.number - other.number;

/** What a page holds: so many events, and so many bytes. */
const fitting = (events: readonly LogEvent[], limit: number): readonly LogEvent[] => {
  let bytes = 0;
  const isTooMuch = events.findIndex(({ message }, index) => {
    bytes += Buffer.byteLength(message);
    return index === limit || (index > 0 && bytes > MOST_BYTES);
  });
  return isTooMuch < 0 ? events : events.slice(0, isTooMuch);
};

const invalid = (message: string) => new ServiceError('InvalidParameterException', message, 400);
const notFound = (what: 'group' | 'stream') =>
  new ServiceError('ResourceNotFoundException', `The specified log ${what} does not exist.`, 400);
const exists = (what: 'group' | 'stream') =>
  new ServiceError('ResourceAlreadyExistsException', `The specified log ${what} already exists`, 400);
const invalidToken = () => invalid('The specified nextToken is invalid.');

/** Which group is meant. */
interface Named {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}

/** CloudWatch Logs: groups, their streams, and the events in them. */
export class Logs implements Service {
  /** By name. */
  readonly #groups = new Map<string, LogGroup>();
  #events = 0;

  readonly invalidParameter = invalid;

  constructor(private readonly environment: Environment) {}

  /** A person, or CloudFormation, creates a group. */
  addGroup(name: string, { retentionInDays }: { readonly retentionInDays?: number | undefined } = {}): void {
    if (this.#groups.has(name)) throw exists('group');
    this.#groups.set(name, { name, creationTime: this.#now, retentionInDays, streams: new Map() });
  }

  /** The messages of a group, by stream, in the order in which they came in, whether they show yet or not. */
  messages(group: string): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(
      [...this.#group(group).streams.values()].map(({ name, events }) => [
        name,
        events.map(({ message }) => message),
      ]),
    );
  }

  readonly operations = {
    // CloudWatch Logs API, CreateLogGroup: ResourceAlreadyExistsException.
    CreateLogGroup: operation({
      parameters: { logGroupName: { ...GROUP, required: true } },
      resource: (input) => this.#resource(input),
      handle: ({ logGroupName }) => {
        this.addGroup(logGroupName);
        return {};
      },
    }),

    // CloudWatch Logs API, DeleteLogGroup.
    DeleteLogGroup: operation({
      parameters: { logGroupName: { ...GROUP, required: true } },
      resource: (input) => this.#resource(input),
      handle: ({ logGroupName }) => {
        this.#groups.delete(this.#group(logGroupName).name);
        return {};
      },
    }),

    // CloudWatch Logs API, PutRetentionPolicy.
    PutRetentionPolicy: operation({
      parameters: {
        logGroupName: { ...GROUP, required: true },
        retentionInDays: { type: 'integer', required: true },
      },
      resource: (input) => this.#resource(input),
      handle: ({ logGroupName, retentionInDays }) => {
        if (!RETENTIONS.includes(retentionInDays)) {
          throw invalid(`retentionInDays is one of ${RETENTIONS.join(', ')}`);
        }
        this.#group(logGroupName).retentionInDays = retentionInDays;
        return {};
      },
    }),

    // CloudWatch Logs API, DescribeLogGroups: sorted by name; 50 a page, unless fewer are wanted. A pattern is a part of the name, in the same
    // case, and excludes a prefix. Service Authorization Reference: it is about no resource.
    DescribeLogGroups: operation({
      parameters: {
        logGroupNamePrefix: GROUP,
        logGroupNamePattern: { type: 'string', max: 512 },
        limit: { type: 'integer', min: 1, max: 50 },
        nextToken: TOKEN,
      },
      resource: () => '*',
      handle: ({ logGroupNamePrefix, logGroupNamePattern, limit = 50, nextToken }) => {
        if (logGroupNamePrefix !== undefined && logGroupNamePattern !== undefined) {
          throw invalid('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.');
        }
        const named = [...this.#groups.values()]
          .filter(
            ({ name }) =>
              name.startsWith(logGroupNamePrefix ?? '') && name.includes(logGroupNamePattern ?? ''),
          )
          .toSorted((one, other) => (one.name < other.name ? -1 : 1));
        const { items, next } = page(named, nextToken, limit, invalidToken);
        return {
          logGroups: items.map(({ name, creationTime, retentionInDays }) => ({
            logGroupName: name,
            creationTime,
            retentionInDays,
            arn: `${this.#arn(name)}:*`,
            logGroupArn: this.#arn(name),
          })),
          nextToken: next,
        };
      },
    }),

    // CloudWatch Logs API, CreateLogStream: ResourceNotFoundException, ResourceAlreadyExistsException.
    CreateLogStream: operation({
      parameters: {
        logGroupName: { ...GROUP, required: true },
        logStreamName: { ...STREAM, required: true },
      },
      resource: (input) => this.#resource(input, input.logStreamName),
      handle: ({ logGroupName, logStreamName: name }) => {
        const { streams } = this.#group(logGroupName);
        if (streams.has(name)) throw exists('stream');
        streams.set(name, { name, creationTime: this.#now, events: [] });
        return {};
      },
    }),

    // CloudWatch Logs API, DescribeLogStreams: no prefix if they are ordered by the last event.
    DescribeLogStreams: operation({
      parameters: {
        logGroupName: GROUP,
        logGroupIdentifier: GROUP_IDENTIFIER,
        logStreamNamePrefix: STREAM,
        orderBy: { type: 'string', oneOf: ['LogStreamName', 'LastEventTime'] },
        descending: { type: 'boolean' },
        limit: { type: 'integer', min: 1, max: 50 },
        nextToken: TOKEN,
      },
      resource: (input) => this.#resource(input),
      handle: (input) => {
        const { logStreamNamePrefix, orderBy = 'LogStreamName', descending = false } = input;
        const { limit = 50, nextToken } = input;
        if (orderBy === 'LastEventTime' && logStreamNamePrefix !== undefined) {
          throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.');
        }
        const group = this.#group(this.#nameOf(input));
        const described = [...group.streams.values()]
          .filter(({ name }) => name.startsWith(logStreamNamePrefix ?? ''))
          .map((stream) => this.#described(group, stream))
          .toSorted((one, other) => {
            const byTime = (one.lastEventTimestamp ?? 0) - (other.lastEventTimestamp ?? 0);
            const byName = one.logStreamName < other.logStreamName ? -1 : 1;
            return orderBy === 'LastEventTime' ? byTime || byName : byName;
          });
        const { items, next } = page(
          descending ? described.reverse() : described,
          nextToken,
          limit,
          invalidToken,
        );
        return { logStreams: items, nextToken: next };
      },
    }),

    // CloudWatch Logs API, PutLogEvents: a batch that breaks a constraint fails; events that are too old or too new are left out, and the
    // answer says which. A batch that comes again is kept again: "PutLogEvents actions are always accepted". The sequence token is
    // ignored.
    PutLogEvents: operation({
      parameters: {
        logGroupName: { ...GROUP, required: true },
        logStreamName: { ...STREAM, required: true },
        logEvents: {
          type: 'structures',
          required: true,
          members: {
            timestamp: { ...TIME, required: true },
            message: { type: 'string', required: true, min: 1 },
          },
        },
        sequenceToken: TOKEN,
      },
      resource: (input) => this.#resource(input, input.logStreamName),
      handle: ({ logGroupName, logStreamName, logEvents }) => {
        const group = this.#group(logGroupName);
        const { events } = this.#stream(group, logStreamName);
        this.#checkBatch(logEvents);
        const now = this.#now;
        const olderThan = (time: number) => logEvents.filter(({ timestamp }) => timestamp < time).length;
        const tooOld = olderThan(now - OLDEST);
        const expired = olderThan(this.#shownSince(group));
        const tooNew = olderThan(now + FURTHEST_AHEAD + 1);
        const accepted = logEvents.slice(Math.max(tooOld, expired), tooNew);
        if ((accepted.at(-1)?.timestamp ?? 0) - (accepted[0]?.timestamp ?? 0) > LONGEST_SPAN) {
          throw invalid(
            'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
          );
        }
        for (const { timestamp, message } of accepted) {
          this.#events += 1;
          events.push({
            stream: logStreamName,
            timestamp,
            message,
            ingestionTime: now,
            number: this.#events,
          });
        }
        return accepted.length === logEvents.length
          ? {}
          : {
              rejectedLogEventsInfo: {
                ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
                ...(expired > 0 && { expiredLogEventEndIndex: expired }),
                ...(tooNew < logEvents.length && { tooNewLogEventStartIndex: tooNew }),
              },
            };
      },
    }),

    // CloudWatch Logs API, FilterLogEvents: of all streams together, the oldest first; both ends of the time range are included. "Partially
    // full or empty pages don't necessarily mean that pagination is finished." Since 2019 `interleaved` is ignored.
    FilterLogEvents: operation({
      parameters: {
        logGroupName: GROUP,
        logGroupIdentifier: GROUP_IDENTIFIER,
        logStreamNames: { type: 'strings', min: 1, max: 100 },
        logStreamNamePrefix: STREAM,
        startTime: TIME,
        endTime: TIME,
        filterPattern: { type: 'string', max: 1024 },
        nextToken: TOKEN,
        limit: { type: 'integer', min: 1, max: MOST_EVENTS },
        interleaved: { type: 'boolean' },
      },
      resource: (input) => this.#resource(input),
      handle: (input) => {
        const { logStreamNames, logStreamNamePrefix, filterPattern = '', limit = MOST_EVENTS } = input;
        if (logStreamNames !== undefined && logStreamNamePrefix !== undefined) {
          throw invalid('LogStreamNamePrefix and LogStreamNames are mutually exclusive.');
        }
        const matches = parseFilterPattern(filterPattern, invalid);
        const group = this.#group(this.#nameOf(input));
        const streams = logStreamNames?.map((name) => this.#stream(group, name)) ?? [
          ...group.streams.values(),
        ];
        // Nothing is older than what a group took at its beginning, nor newer than what it takes now.
        const begin = Math.max(input.startTime ?? 0, this.#shownSince(group), group.creationTime - OLDEST);
        const end = Math.min(input.endTime ?? Number.POSITIVE_INFINITY, this.#now + FURTHEST_AHEAD);
        const from = this.#placeIn(input.nextToken) ?? { timestamp: begin, number: 0 };
        const searched = from.timestamp + this.environment.behaviour.logsPageSpan;
        const found = streams
          .filter(({ name }) => name.startsWith(logStreamNamePrefix ?? ''))
          .flatMap((stream) => this.#shown(group, stream))
          .filter((event) => event.timestamp >= begin && event.timestamp <= end && compare(event, from) > 0)
          .filter(({ timestamp, message }) => timestamp < searched && matches(message))
          .toSorted(compare);
        const events = fitting(found, limit);
        const last = events.at(-1);
        const isCut = events.length < found.length && last !== undefined;
        return {
          events: events.map(({ stream, number, ...event }) => ({
            logStreamName: stream,
            ...event,
            eventId: String(number).padStart(56, '0'),
          })),
          searchedLogStreams: [],
          ...((isCut || searched <= end) && {
            nextToken: this.#tokenFor(isCut ? last : { timestamp: searched, number: 0 }),
          }),
        };
      },
    }),

    // CloudWatch Logs API, GetLogEvents: the end of the time range is excluded. There is always a token; at an end of the stream, it is the one
    // that was passed in.
    GetLogEvents: operation({
      parameters: {
        logGroupName: GROUP,
        logGroupIdentifier: GROUP_IDENTIFIER,
        logStreamName: { ...STREAM, required: true },
        startTime: TIME,
        endTime: TIME,
        nextToken: TOKEN,
        limit: { type: 'integer', min: 1, max: MOST_EVENTS },
        startFromHead: { type: 'boolean' },
      },
      resource: (input) => this.#resource(input, input.logStreamName),
      handle: (input) => {
        const { startTime = 0, endTime = Number.POSITIVE_INFINITY, limit = MOST_EVENTS, nextToken } = input;
        const group = this.#group(this.#nameOf(input));
        const events = this.#shown(group, this.#stream(group, input.logStreamName))
          .filter(({ timestamp }) => timestamp >= startTime && timestamp < endTime)
          .toSorted(compare);
        const [, direction, token] = /^([fb])\/(.*)$/.exec(nextToken ?? '') ?? [];
        if (nextToken !== undefined && token === undefined) throw invalidToken();
        const isForward = direction === undefined ? input.startFromHead === true : direction === 'f';
        const from = this.#placeIn(token) ?? {
          timestamp: isForward ? 0 : Number.MAX_SAFE_INTEGER,
          number: 0,
        };
        const shown = isForward
          ? fitting(
              events.filter((event) => compare(event, from) > 0),
              limit,
            )
          : fitting(events.filter((event) => compare(event, from) < 0).reverse(), limit).toReversed();
        const tokenOf = (way: 'f' | 'b', place: Place | undefined) => {
          if (place === undefined && token !== undefined) return `${way}/${token}`;
          return `${way}/${this.#tokenFor(place ?? { timestamp: 0, number: 0 })}`;
        };
        return {
          events: shown.map(({ timestamp, message, ingestionTime }) => ({
            timestamp,
            message,
            ingestionTime,
          })),
          nextForwardToken: tokenOf('f', shown.at(-1)),
          nextBackwardToken: tokenOf('b', shown[0]),
        };
      },
    }),
  };

  get #now(): number {
    return this.environment.clock.now().getTime();
  }

  #arn(group: string): string {
    const { region, accountId } = this.environment;
    return `arn:aws:logs:${region}:${accountId}:log-group:${group}`;
  }

  /**
   * What a call is authorized on. A policy names a group with `:*` behind it, for calls about its streams and for those about the group
   * (CloudWatch Logs API, LogGroup, arn: "Use this version to refer to the ARN in IAM policies").
   */
  #resource(named: Named, stream = ''): string {
    return `${this.#arn(this.#nameOf(named))}:log-stream:${stream}`;
  }

  /** "You must include either logGroupIdentifier or logGroupName, but not both." */
  #nameOf({ logGroupName, logGroupIdentifier }: Named): string {
    const given = logGroupName ?? logGroupIdentifier;
    if (given === undefined || (logGroupName !== undefined && logGroupIdentifier !== undefined)) {
      throw invalid('Specify either logGroupName or logGroupIdentifier.');
    }
    if (!given.startsWith('arn:')) return given;
    const prefix = this.#arn('');
    // Those of another account or Region are not here.
    return given.startsWith(prefix) ? given.slice(prefix.length) : given;
  }

  #group(name: string): LogGroup {
    const group = this.#groups.get(name);
    if (group === undefined) throw notFound('group');
    return group;
  }

  #stream({ streams }: LogGroup, name: string): LogStream {
    const stream = streams.get(name);
    if (stream === undefined) throw notFound('stream');
    return stream;
  }

  /** From when on events of a group have not expired. */
  #shownSince({ retentionInDays }: LogGroup): number {
    return retentionInDays === undefined ? 0 : this.#now - retentionInDays * DAY;
  }

  /**
   * The events that show. An expired one does not, although CloudWatch Logs may keep it for three days more (User Guide, "Working with
   * log groups and log streams", retention).
   */
  #shown(group: LogGroup, { events }: LogStream): readonly LogEvent[] {
    const since = this.#shownSince(group);
    const ingested = this.#now - this.environment.behaviour.logsDelay;
    return events.filter(({ timestamp, ingestionTime }) => timestamp >= since && ingestionTime <= ingested);
  }

  #described(group: LogGroup, stream: LogStream) {
    const shown = this.#shown(group, stream);
    const times = shown.map(({ timestamp }) => timestamp);
    return {
      logStreamName: stream.name,
      creationTime: stream.creationTime,
      arn: `${this.#arn(group.name)}:log-stream:${stream.name}`,
      storedBytes: 0,
      ...(times.length > 0 && {
        firstEventTimestamp: Math.min(...times),
        lastEventTimestamp: Math.max(...times),
        lastIngestionTime: shown.at(-1)?.ingestionTime,
      }),
    };
  }

  #checkBatch(batch: readonly { readonly timestamp: number; readonly message: string }[]): void {
    if (batch.length < 1 || batch.length > MOST_EVENTS) {
      throw invalid(`'logEvents' must have length between 1 and ${MOST_EVENTS}`);
    }
    // With it, no event is larger than the 1 MB that one may have.
    const bytes = batch.reduce(
      (sum, { message }) => sum + Buffer.byteLength(message) + BYTES_BESIDE_A_MESSAGE,
      0,
    );
    if (bytes > MOST_BYTES) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${MOST_BYTES}`);
    if (batch.some(({ timestamp }, index) => timestamp < (batch[index - 1]?.timestamp ?? 0))) {
      throw invalid('Log events in a single PutLogEvents request must be in chronological order.');
    }
  }

  #tokenFor({ timestamp, number }: Place): string {
    return Buffer.from(`${this.#now}/${timestamp}/${number}`).toString('base64url');
  }

  #placeIn(token: string | undefined): Place | undefined {
    if (token === undefined) return undefined;
    const [, issued, timestamp, number] =
      /^(\d+)\/(\d+)\/(\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
    if (issued === undefined || this.#now - Number(issued) > TOKEN_LIFETIME) throw invalidToken();
    return { timestamp: Number(timestamp), number: Number(number) };
  }
}
