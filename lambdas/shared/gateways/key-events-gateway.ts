import {
  CloudTrailClient,
  type CloudTrailClientConfig,
  LookupEventsCommand,
  type LookupEventsCommandInput,
  type LookupEventsCommandOutput,
} from '@aws-sdk/client-cloudtrail';
import type { NoAnswer } from '../rotation/trace';
import { bounded } from '../text/bounded';
import { withoutWhatLooksSecret } from '../text/material';
import { isDenial, isServiceError, isTransient } from './service-errors';

/** Temporary credentials that a call has obtained. */
interface Obtained {
  readonly accessKeyId: string | undefined;
  readonly role: string | undefined;
  readonly expires: Date | undefined;
}

/** A call that was signed with a key: what of its event is read. Nothing else of it leaves this file. */
export interface KeyEvent {
  /** ID of the key. */
  readonly accessKeyId: string;
  readonly at: Date;
  readonly region: string;
  /** Such as `iam:CreateUser`. */
  readonly call: string;
  /** An IP address, or the name of an AWS service. */
  readonly address: string;
  readonly readOnly: boolean;
  /** Undefined: the call succeeded. */
  readonly error: string | undefined;
  /** Names and IDs of what it is about. */
  readonly about: readonly string[];
  readonly obtained: Obtained | undefined;
}

/** How far the events of a Region were read. */
export type Extent =
  | { readonly kind: 'whole' }
  /** Older ones than the last of these were not read. */
  | { readonly kind: 'cut'; readonly back: Date }
  | { readonly kind: 'unanswered'; readonly why: NoAnswer };

/** What a Region shows of some keys. */
export interface RegionAnswer {
  readonly region: string;
  readonly events: readonly KeyEvent[];
  readonly extent: Extent;
}

/** What is looked up. */
export interface KeyEventsQuestion {
  readonly accessKeyIds: readonly string[];
  readonly from: Date;
  readonly until: Date;
  /** No further page is asked for after this time. */
  readonly deadline: Date;
}

/**
 * "The rate of lookup requests is limited to two per second, per account, per Region" (CloudTrail API, LookupEvents). Others look
 * something up, too, a person among them.
 */
const PACE_MS = 700;

/** Pages of a Region, of 50 events each. */
const MOST_PAGES = 40;

/** After a request that may succeed later: how often it is made again, and how long is waited before it. */
const MOST_REPEATS = 4;
const REPEAT_MS = 2_000;

type Json = Readonly<Record<string, unknown>>;

const objectIn = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};

/** Somebody who has the key writes what is in its events. */
const told = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== ''
    ? bounded(withoutWhatLooksSecret(value)).slice(0, 200)
    : undefined;

/** What calls name, in the order in which it is said. */
const NAMED = [
  'userName',
  'roleName',
  'groupName',
  'policyName',
  'policyArn',
  'functionName',
  'instanceProfileName',
  'bucketName',
] as const;

/** Instances of one call. */
const MOST_INSTANCES = 5;

const aboutOf = (requested: Json, answered: Json): readonly string[] => {
  const { items } = objectIn(answered.instancesSet);
  const instances = Array.isArray(items) ? items.slice(0, MOST_INSTANCES) : [];
  const named = [
    ...NAMED.map((name) => requested[name]),
    objectIn(answered.accessKey).accessKeyId,
    ...instances.map((item) => objectIn(item).instanceId),
  ].flatMap((value) => told(value) ?? []);
  return [...new Set(named)];
};

/** CloudTrail writes times of answers as their services do: in ISO 8601, or as `Mar 2, 2026, 9:00:00 AM`, which is UTC. */
const timeIn = (value: unknown): Date | undefined => {
  if (typeof value !== 'string') return undefined;
  const time = new Date(/^\d{4}-\d\d-\d\dT/.test(value) ? value : `${value} UTC`);
  return Number.isNaN(time.getTime()) ? undefined : time;
};

const obtainedIn = (requested: Json, answered: Json): Obtained | undefined => {
  if (answered.credentials === undefined) return undefined;
  const { accessKeyId, expiration } = objectIn(answered.credentials);
  return {
    accessKeyId: told(accessKeyId),
    role: told(requested.roleArn),
    expires: timeIn(expiration),
  };
};

const parsed = (text: string | undefined): Json => {
  try {
    return objectIn(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
};

/** The parts of an event that are read (CloudTrail User Guide, "CloudTrail record contents"). */
const keyEventOf = (
  accessKeyId: string,
  region: string,
  shown: {
    readonly EventName?: string | undefined;
    readonly EventSource?: string | undefined;
    readonly EventTime?: Date | undefined;
    readonly ReadOnly?: string | undefined;
    readonly CloudTrailEvent?: string | undefined;
  },
): KeyEvent => {
  const event = parsed(shown.CloudTrailEvent);
  const requested = objectIn(event.requestParameters);
  const answered = objectIn(event.responseElements);
  const service = told(shown.EventSource)?.split('.')[0] ?? 'unknown';
  return {
    accessKeyId,
    at: shown.EventTime ?? new Date(0),
    region,
    call: `${service}:${told(shown.EventName) ?? 'unknown'}`,
    address: told(event.sourceIPAddress) ?? 'unknown',
    readOnly: shown.ReadOnly === 'true',
    error: told(event.errorCode),
    about: aboutOf(requested, answered),
    obtained: obtainedIn(requested, answered),
  };
};

/** Why a Region has not answered. */
const noAnswerOf = (error: unknown): NoAnswer => {
  if (isDenial(error)) return 'denied';
  const throttled = ['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'RequestLimitExceeded'];
  return isServiceError(error, ...throttled) ? 'throttled' : 'not-answered';
};

/**
 * Asks CloudTrail's event history, in each Region, which calls were signed with a key. Apart from the gateway that asks who created a key,
 * so that the functions that ask for that only do not have this.
 */
export class KeyEventsGateway {
  readonly #clients = new Map<string, CloudTrailClient>();

  constructor(
    private readonly config: CloudTrailClientConfig,
    private readonly sleep: (milliseconds: number) => Promise<void>,
  ) {}

  /** What a Region shows of the keys. It never fails: that it does not answer is an answer. */
  async inRegion(region: string, question: KeyEventsQuestion): Promise<RegionAnswer> {
    const client = this.#clientIn(region);
    const events: KeyEvent[] = [];
    try {
      const extent = await this.#read(client, region, question, events);
      return { region, events, extent };
    } catch (error) {
      console.error({ problem: 'events-not-listed', region, error: String(error) });
      return { region, events, extent: { kind: 'unanswered', why: noAnswerOf(error) } };
    }
  }

  /** Requests that are made again are paced here, and not by the client. */
  #clientIn(region: string): CloudTrailClient {
    const client =
      this.#clients.get(region) ?? new CloudTrailClient({ ...this.config, region, maxAttempts: 1 });
    this.#clients.set(region, client);
    return client;
  }

  /** Reads into `events`, so that what was read is there whatever follows. */
  async #read(
    client: CloudTrailClient,
    region: string,
    { accessKeyIds, from, until, deadline }: KeyEventsQuestion,
    events: KeyEvent[],
  ): Promise<Extent> {
    let pages = 0;
    let cut: Date | undefined;
    for (const accessKeyId of accessKeyIds) {
      let token: string | undefined;
      let back = until;
      do {
        if (pages === MOST_PAGES || new Date() >= deadline) {
          // Of several keys, the one of which the least was read.
          cut = cut === undefined || back > cut ? back : cut;
          break;
        }
        if (pages > 0) await this.sleep(PACE_MS);
        const { Events = [], NextToken } = await this.#page(client, deadline, {
          LookupAttributes: [{ AttributeKey: 'AccessKeyId', AttributeValue: accessKeyId }],
          StartTime: from,
          EndTime: until,
          NextToken: token,
        });
        for (const event of Events) events.push(keyEventOf(accessKeyId, region, event));
        // The newest come first.
        back = Events.at(-1)?.EventTime ?? back;
        token = NextToken;
        pages += 1;
      } while (token !== undefined);
    }
    return cut === undefined ? { kind: 'whole' } : { kind: 'cut', back: cut };
  }

  async #page(
    client: CloudTrailClient,
    deadline: Date,
    input: LookupEventsCommandInput,
  ): Promise<LookupEventsCommandOutput> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await client.send(new LookupEventsCommand(input));
      } catch (error) {
        if (attempt > MOST_REPEATS || !isTransient(error) || new Date() >= deadline) throw error;
        await this.sleep(REPEAT_MS * attempt);
      }
    }
  }
}
