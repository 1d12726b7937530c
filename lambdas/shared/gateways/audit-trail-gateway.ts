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

/** The parts of a CloudTrail event record that name the creator of a key. */
interface CreateAccessKeyEvent {
  readonly userIdentity?: {
    readonly type?: string;
    readonly arn?: string;
    readonly sessionContext?: { readonly sessionIssuer?: { readonly arn?: string } };
  };
  readonly responseElements?: { readonly accessKey?: { readonly accessKeyId?: string } } | null;
}

const SEARCH_MARGIN_MS = 5 * 60 * 1000;

/** The only place that calls CloudTrail. Asked only when a crash left a key that nothing else explains. */
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
}
