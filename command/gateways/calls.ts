import {
  CloudTrailClient,
  type CloudTrailClientConfig,
  type Event,
  paginateLookupEvents,
} from '@aws-sdk/client-cloudtrail';
import { sleep } from '../../lambdas/shared/gateways/runtime';
import { calling } from '../../lambdas/shared/gateways/service-errors';
import { parsedJson } from '../../lambdas/shared/rotation/execution-end';
import { bounded } from '../../lambdas/shared/text/bounded';
import { withoutWhatLooksSecret } from '../../lambdas/shared/text/material';

/** A call that was signed with an access key. */
export interface SeenCall {
  readonly accessKeyId: string;
  readonly at: Date;
  /** From where, and with which program. */
  readonly caller: string;
  readonly failed: boolean;
}

/** The calls that a Region shows of some keys. */
export interface SeenCalls {
  readonly calls: readonly SeenCall[];
  /** Earlier ones were not read. Undefined: these are all that there are. */
  readonly cut: Date | undefined;
}

/** "The rate of lookup requests is limited to two per second, per account, per Region" (CloudTrail API, LookupEvents). */
const PACE_MS = 700;

/** Pages of each key, of 50 events: more would take a person's time. */
const MOST_PAGES = 20;

/** The programs of a page name themselves as they like. */
const LONGEST = 40;

interface Written {
  readonly sourceIPAddress?: unknown;
  readonly userAgent?: unknown;
  readonly errorCode?: unknown;
}

const word = (value: unknown): string =>
  typeof value === 'string'
    ? bounded(withoutWhatLooksSecret(value.split(' ')[0] ?? '')).slice(0, LONGEST)
    : '';

const seenCall = (accessKeyId: string, { EventTime: at, CloudTrailEvent }: Event): readonly SeenCall[] => {
  if (at === undefined) return [];
  const { sourceIPAddress, userAgent, errorCode } = (parsedJson(CloudTrailEvent ?? '') ?? {}) as Written;
  const caller = [sourceIPAddress, userAgent].map(word).filter((part) => part !== '');
  return [{ accessKeyId, at, caller: caller.join(' ') || 'somebody', failed: errorCode !== undefined }];
};

/** Reads from CloudTrail's event history what was called with access keys. A Region shows its own calls only. */
export class CallsGateway {
  private readonly client: CloudTrailClient;

  constructor(config: CloudTrailClientConfig) {
    this.client = new CloudTrailClient(config);
  }

  /** The calls with these keys within this time. */
  async of(
    accessKeyIds: readonly string[],
    { from, to }: { readonly from: Date; readonly to: Date },
  ): Promise<SeenCalls> {
    return calling('asking CloudTrail what was called with the keys', async () => {
      const calls: SeenCall[] = [];
      let cut: Date | undefined;
      for (const accessKeyId of accessKeyIds) {
        let read = 0;
        for await (const { Events = [], NextToken } of paginateLookupEvents(
          { client: this.client },
          {
            LookupAttributes: [{ AttributeKey: 'AccessKeyId', AttributeValue: accessKeyId }],
            StartTime: from,
            EndTime: to,
          },
        )) {
          calls.push(...Events.flatMap((event) => seenCall(accessKeyId, event)));
          read += 1;
          if (NextToken !== undefined && read === MOST_PAGES) {
            // The newest come first. Of several keys, the one of which the least was read.
            const back = Events.at(-1)?.EventTime ?? to;
            cut = cut === undefined || back > cut ? back : cut;
            break;
          }
          if (NextToken !== undefined) await sleep(PACE_MS);
        }
      }
      return { calls, cut };
    });
  }
}
