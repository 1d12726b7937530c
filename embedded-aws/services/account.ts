import type { Route } from '../wire/rest-json';
import {
  type Environment,
  GLOBAL_REGION,
  operation,
  page,
  type Service,
  validationException,
} from './service';

/** Account Management API, Region, RegionOptStatus. */
const STATUSES = ['ENABLED', 'ENABLING', 'DISABLING', 'DISABLED', 'ENABLED_BY_DEFAULT'] as const;
type RegionStatus = (typeof STATUSES)[number];

/** Account Management: which Regions the account has. */
export class Account implements Service {
  readonly #regions: Map<string, RegionStatus>;

  readonly invalidParameter = validationException;

  constructor(private readonly environment: Environment) {
    // An account has many more. One that holds nothing else is enough to look into.
    this.#regions = new Map(
      [GLOBAL_REGION, environment.region, 'eu-west-1'].map((region) => [region, 'ENABLED_BY_DEFAULT']),
    );
  }

  /** Adds a Region, or changes its status. */
  setRegion(region: string, status: RegionStatus = 'ENABLED'): void {
    this.#regions.set(region, status);
  }

  /** Whether a Region answers. AWS does not say when one that is being enabled or disabled begins or ceases to: here it does not. */
  isEnabled(region: string): boolean {
    return this.#regions.get(region)?.startsWith('ENABLED') === true;
  }

  readonly routes: Readonly<Record<'ListRegions', Route>> = {
    ListRegions: { method: 'POST', path: '/listRegions' },
  };

  readonly operations = {
    // Account Management API, ListRegions: 1 to 50 a page. Another account than one's own is not modelled.
    ListRegions: operation({
      parameters: {
        MaxResults: { type: 'integer', min: 1, max: 50 },
        NextToken: { type: 'string', max: 1000 },
        RegionOptStatusContains: { type: 'strings' },
      },
      resource: () => `arn:aws:account::${this.environment.accountId}:account`,
      handle: ({ MaxResults = 20, NextToken, RegionOptStatusContains = [...STATUSES] }) => {
        const shown = [...this.#regions].filter(([, status]) => RegionOptStatusContains.includes(status));
        const invalidToken = () => validationException('The NextToken is invalid.');
        const { items, next } = page(shown, NextToken, MaxResults, invalidToken);
        return {
          NextToken: next,
          Regions: items.map(([RegionName, RegionOptStatus]) => ({ RegionName, RegionOptStatus })),
        };
      },
    }),
  };
}
