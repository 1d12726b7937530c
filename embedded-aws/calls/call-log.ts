/** The services of the embedded AWS, named as in IAM actions. */
export type ServiceName =
  | 'iam'
  | 'sts'
  | 'secretsmanager'
  | 'cloudtrail'
  | 'cloudwatch'
  | 'logs'
  | 'sns'
  | 'events'
  | 'scheduler'
  | 'securityhub'
  | 'states'
  | 'lambda'
  | 'account';

/**
 * Calls of EventBridge and of CloudWatch Logs have no number. Faults find their calls by number, and a schedule
 * of faults is about what a rotation reads and changes; sending an event, or a record, must not shift the
 * numbers.
 */
const isNumbered = (service: ServiceName): boolean => service !== 'events' && service !== 'logs';

/** What is known of a call when it arrives. */
export interface Call {
  /** Position in the order of arrival, from 1; 0 for calls of EventBridge and CloudWatch Logs. */
  readonly sequence: number;
  readonly service: ServiceName;
  readonly operation: string;
  /** Number of this call among those of its operation, from 1. */
  readonly occurrence: number;
  /** The IAM action, such as `iam:CreateAccessKey`. */
  readonly action: string;
  /** ARN of the user, secret, execution, topic, alarm, log or function; `*` if the call names none. */
  readonly resource: string;
  /** ARN of the user or role that makes the call; `unknown` for a signature by an unknown key. */
  readonly caller: string;
  readonly accessKeyId: string;
  /** The Region for which it was signed. Undefined: it was not noted. */
  readonly region?: string;
  readonly at: Date;
  /** The parameters. They contain secrets: keep them out of messages. */
  readonly input: Readonly<Record<string, unknown>>;
  /** The execution for which the call is made, if the caller says so: its ARN, or its run. */
  readonly origin: string | undefined;
}

/** A call and how it ended. Contains no key material. */
export interface CallRecord {
  readonly sequence: number;
  readonly service: ServiceName;
  readonly operation: string;
  readonly resource: string;
  readonly caller: string;
  readonly accessKeyId: string;
  /** When the service carried it out: for a late effect, later than it arrived. */
  readonly at: Date;
  /** `ok`, or the error code; `ConnectionLost` if the request never reached the service. */
  readonly outcome: string;
  /** The execution for which the call was made, if the caller said so: its ARN, or its run. */
  readonly origin?: string;
  /** The fault that was injected. */
  readonly fault?: string;
  /** Whether the caller got the answer. */
  readonly answered: boolean;
}

/** The calls so far, and the listeners that are told of each. */
export class CallLog {
  readonly #records: CallRecord[] = [];
  readonly #listeners = new Set<(record: CallRecord) => void>();
  readonly #occurrences = new Map<string, number>();
  #sequence = 0;

  get arrivals(): number {
    return this.#sequence;
  }

  get records(): readonly CallRecord[] {
    return this.#records;
  }

  /** Numbers a call as it arrives. */
  number(service: ServiceName, action: string): { readonly sequence: number; readonly occurrence: number } {
    if (isNumbered(service)) this.#sequence += 1;
    const occurrence = (this.#occurrences.get(action) ?? 0) + 1;
    this.#occurrences.set(action, occurrence);
    return { sequence: isNumbered(service) ? this.#sequence : 0, occurrence };
  }

  add(call: Call, outcome: string, at: Date, answered: boolean, fault: string | undefined): void {
    const { sequence, service, operation, resource, caller, accessKeyId, origin } = call;
    const record: CallRecord = {
      sequence,
      service,
      operation,
      resource,
      caller,
      accessKeyId,
      at,
      outcome,
      answered,
      ...(origin !== undefined && { origin }),
      ...(fault !== undefined && { fault }),
    };
    this.#records.push(record);
    for (const listener of this.#listeners) {
      listener(record);
    }
  }

  onCall(listener: (record: CallRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
