import {
  CloudTrailClient,
  type CloudTrailClientConfig,
  paginateLookupEvents,
} from '@aws-sdk/client-cloudtrail';
import { calling } from './service-errors';

/** Who created an access key, as far as CloudTrail shows it. */
export type Creator =
  | { readonly kind: 'role'; readonly arn: string }
  | { readonly kind: 'other'; readonly description: string }
  /** No such event (yet): events appear minutes after the call. */
  | { readonly kind: 'not-found' };

/** Who started an execution, as CloudTrail shows it. */
interface Starter {
  /** ARN of who called: of a session, where it was a role. */
  readonly identity: string;
  /** ARN of the role, if it was one. */
  readonly role: string | undefined;
}

/** Whether CloudTrail shows who started an execution. */
export type StarterAnswer =
  | { readonly kind: 'shown'; readonly starter: Starter }
  /** All was read, and it is not there (yet): events appear minutes after the call. */
  | { readonly kind: 'not-shown' }
  /** There were too many starts to read them all: the first one of this execution may be among the others. */
  | { readonly kind: 'cut' };

/** The parts of a CloudTrail event record that say who has called. */
interface TrailEvent {
  readonly userIdentity?: {
    readonly type?: string;
    readonly arn?: string;
    readonly sessionContext?: { readonly sessionIssuer?: { readonly arn?: string } };
  };
}

/** And those that name the key that was created. */
interface CreateAccessKeyEvent extends TrailEvent {
  readonly responseElements?: { readonly accessKey?: { readonly accessKeyId?: string } } | null;
}

/** And those that name the execution that was started. A start that failed has none. */
interface StartExecutionEvent extends TrailEvent {
  readonly responseElements?: { readonly executionArn?: string } | null;
}

/** Starts of an account, 50 a page: whoever starts so many within minutes does not get to know who each was. */
const MOST_PAGES = 10;

const SEARCH_MARGIN_MS = 5 * 60 * 1000;

/**
 * Around a start. The event has the time at which the call was completed, in whole seconds (CloudTrail User Guide, "CloudTrail record
 * contents"), so a minute is for slow answers and for clocks that differ. What is later is a repetition, or another start.
 */
const START_MARGIN_MS = 60 * 1000;

/** The only place that calls CloudTrail: when a crash left a key that nothing else explains, and for the record of an execution. */
export class AuditTrailGateway {
  private readonly client: CloudTrailClient;

  constructor(config: CloudTrailClientConfig) {
    this.client = new CloudTrailClient(config);
  }

  /** Who created this key at about this time. */
  async creatorOf(accessKeyId: string, createDate: Date): Promise<Creator> {
    return calling('asking CloudTrail who created an access key', async () => {
      const pages = paginateLookupEvents(
        { client: this.client },
        {
          LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateAccessKey' }],
          StartTime: new Date(createDate.getTime() - SEARCH_MARGIN_MS),
          EndTime: new Date(createDate.getTime() + SEARCH_MARGIN_MS),
        },
      );
      for await (const page of pages) {
        for (const { CloudTrailEvent } of page.Events ?? []) {
          const event = JSON.parse(CloudTrailEvent ?? '{}') as CreateAccessKeyEvent;
          if (event.responseElements?.accessKey?.accessKeyId !== accessKeyId) continue;
          const role = event.userIdentity?.sessionContext?.sessionIssuer?.arn;
          return event.userIdentity?.type === 'AssumedRole' && role !== undefined
            ? { kind: 'role', arn: role }
            : { kind: 'other', description: event.userIdentity?.arn ?? 'an unnamed caller' };
        }
      }
      return { kind: 'not-found' };
    });
  }

  /**
   * Who started an execution at about this time. Events are where the execution is: this
   * gateway has to be made for that Region. "The rate of lookup requests is limited to two per second, per account, per Region"
   * (CloudTrail API, LookupEvents), so whoever asks has to take a failure for an answer.
   */
  async starterOf(executionArn: string, startedAt: Date): Promise<StarterAnswer> {
    return calling('asking CloudTrail who started an execution', async () => {
      const pages = paginateLookupEvents(
        { client: this.client },
        {
          LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'StartExecution' }],
          StartTime: new Date(startedAt.getTime() - START_MARGIN_MS),
          EndTime: new Date(startedAt.getTime() + START_MARGIN_MS),
        },
      );
      let starter: Starter | undefined;
      let read = 0;
      // The newest come first. A start that is repeated is answered with the same execution: the first one started it.
      for await (const { Events = [], NextToken } of pages) {
        for (const { CloudTrailEvent } of Events) {
          const { userIdentity, responseElements } = JSON.parse(
            CloudTrailEvent ?? '{}',
          ) as StartExecutionEvent;
          if (responseElements?.executionArn !== executionArn) continue;
          const role = userIdentity?.sessionContext?.sessionIssuer?.arn;
          starter = { identity: userIdentity?.arn ?? role ?? 'unnamed', role };
        }
        read += 1;
        // Whoever is found so far may only have repeated it.
        if (read === MOST_PAGES && NextToken !== undefined) return { kind: 'cut' };
      }
      return starter === undefined ? { kind: 'not-shown' } : { kind: 'shown', starter };
    });
  }
}
