/** A list price of AWS. */
interface Price {
  readonly usd: number;
  /** The number of units that it is for. */
  readonly per: number;
  /** The unit. */
  readonly what: string;
  /** The AWS page with the price. */
  readonly page: string;
  /**
   * How the figure was checked: `page` against a copy of AWS's own page, `copies` against what others copied
   * from it, `memory` not at all.
   */
  readonly checked: 'page' | 'copies' | 'memory';
}

/** Region and date of these prices: AWS changes them, and they differ between Regions. */
export const PRICES_OF = { region: 'us-east-1', date: '2026-11' } as const;

/** List prices, without free tiers and discounts. */
export const PRICES = {
  stateTransition: {
    usd: 0.025,
    per: 1_000,
    what: 'state transition of a Standard workflow',
    page: 'AWS Step Functions pricing',
    checked: 'page',
  },
  functionCall: {
    usd: 0.2,
    per: 1_000_000,
    what: 'request to a function',
    page: 'AWS Lambda pricing',
    checked: 'copies',
  },
  gigabyteSecond: {
    usd: 0.0000133334,
    per: 1,
    what: 'GB-second on Arm',
    page: 'AWS Lambda pricing',
    checked: 'copies',
  },
  secretMonth: {
    usd: 0.4,
    per: 1,
    what: 'secret, or replica of one, and month',
    page: 'AWS Secrets Manager pricing',
    checked: 'copies',
  },
  secretCall: {
    usd: 0.05,
    per: 10_000,
    what: 'call of Secrets Manager',
    page: 'AWS Secrets Manager pricing',
    checked: 'copies',
  },
  event: {
    usd: 1,
    per: 1_000_000,
    what: 'event of one’s own',
    page: 'Amazon EventBridge pricing',
    checked: 'copies',
  },
  scheduledStart: {
    usd: 1,
    per: 1_000_000,
    what: 'invocation by a schedule',
    page: 'Amazon EventBridge pricing, Scheduler',
    checked: 'copies',
  },
  mail: {
    usd: 2,
    per: 100_000,
    what: 'message by mail',
    page: 'Amazon SNS pricing',
    checked: 'copies',
  },
  metricCall: {
    usd: 0.01,
    per: 1_000,
    what: 'call of CloudWatch',
    page: 'Amazon CloudWatch pricing',
    checked: 'memory',
  },
  alarmMonth: {
    usd: 0.1,
    per: 1,
    what: 'alarm of standard resolution and month',
    page: 'Amazon CloudWatch pricing',
    checked: 'memory',
  },
  metricMonth: {
    usd: 0.3,
    per: 1,
    what: 'metric of one’s own and month, metered in the hours in which it is put',
    page: 'Amazon CloudWatch pricing',
    checked: 'memory',
  },
  dashboardMonth: {
    usd: 3,
    per: 1,
    what: 'dashboard and month',
    page: 'Amazon CloudWatch pricing',
    checked: 'memory',
  },
  logGigabyte: {
    usd: 0.5,
    per: 1,
    what: 'GB of logs taken in',
    page: 'Amazon CloudWatch pricing',
    checked: 'copies',
  },
  logGigabyteMonth: {
    usd: 0.03,
    per: 1,
    what: 'GB of logs kept for a month',
    page: 'Amazon CloudWatch pricing',
    checked: 'memory',
  },
  kmsKeyMonth: {
    usd: 1,
    per: 1,
    what: 'KMS key of one’s own and month',
    page: 'AWS Key Management Service pricing',
    checked: 'memory',
  },
  kmsCall: {
    usd: 0.03,
    per: 10_000,
    what: 'request to a KMS key of one’s own',
    page: 'AWS Key Management Service pricing',
    checked: 'memory',
  },
} as const satisfies Readonly<Record<string, Price>>;

/** The price of one unit, in USD. */
export const priceOf = (name: keyof typeof PRICES): number => PRICES[name].usd / PRICES[name].per;
