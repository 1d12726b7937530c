import { AccountClient, type AccountClientConfig, paginateListRegions } from '@aws-sdk/client-account';

/**
 * Account Management API, ListRegions, RegionOptStatusContains: a Region that is being enabled or disabled may have events already, or
 * still. The rest is disabled: a key works there no more than anything else does.
 */
const MAY_HAVE_EVENTS = ['ENABLED', 'ENABLED_BY_DEFAULT', 'ENABLING', 'DISABLING'] as const;

/** The only place that calls Account Management: which Regions does this account have? */
export class AccountGateway {
  private readonly client: AccountClient;

  constructor(config: AccountClientConfig) {
    this.client = new AccountClient(config);
  }

  /** The Regions in which something may have happened; undefined when AWS does not say. */
  async regions(): Promise<readonly string[] | undefined> {
    const regions: string[] = [];
    try {
      const pages = paginateListRegions(
        { client: this.client },
        { RegionOptStatusContains: [...MAY_HAVE_EVENTS] },
      );
      for await (const { Regions = [] } of pages) {
        regions.push(...Regions.flatMap(({ RegionName }) => RegionName ?? []));
      }
    } catch (error) {
      console.error({ problem: 'regions-not-listed', error: String(error) });
      return undefined;
    }
    return regions.length === 0 ? undefined : regions;
  }
}
