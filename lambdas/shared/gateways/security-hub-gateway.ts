import {
  type AwsSecurityFinding,
  BatchImportFindingsCommand,
  paginateGetFindings,
  SecurityHubClient,
  type SecurityHubClientConfig,
} from '@aws-sdk/client-securityhub';
import { calling } from './service-errors';

/** What we say of a finding. */
const OURS = [
  'SchemaVersion',
  'Id',
  'ProductArn',
  'GeneratorId',
  'AwsAccountId',
  'CreatedAt',
  'UpdatedAt',
  'Title',
  'Description',
  'FindingProviderFields',
  'Remediation',
  'Resources',
  'Compliance',
  'RecordState',
] as const satisfies readonly (keyof AwsSecurityFinding)[];

/** A finding of ours. What Security Hub and its customers say of it besides is not ours to import. */
export type HubFinding = Readonly<Pick<AwsSecurityFinding, (typeof OURS)[number]>>;

/** Which findings are of one source. */
export interface HubSource {
  readonly productArn: string;
  readonly generatorId: string;
}

/** What one call takes, and what one page has at most (Security Hub API, BatchImportFindings and GetFindings). */
const MOST_FINDINGS = 100;

const ofOurs = (finding: AwsSecurityFinding): HubFinding =>
  Object.fromEntries(OURS.map((name) => [name, finding[name]])) as unknown as HubFinding;

/** The only place that calls Security Hub. */
export class SecurityHubGateway {
  private readonly client: SecurityHubClient;

  constructor(config: SecurityHubClientConfig) {
    this.client = new SecurityHubClient(config);
  }

  /**
   * Imports findings: new ones, or what has become of those that there are. Security Hub answers with success for a call of which it has
   * refused some (Security Hub API, BatchImportFindings), so the answer is looked at, when all have been sent.
   */
  async import(findings: readonly HubFinding[]): Promise<void> {
    await calling('importing findings into Security Hub', async () => {
      let refused: Error | undefined;
      for (let first = 0; first < findings.length; first += MOST_FINDINGS) {
        const { FailedCount = 0, FailedFindings = [] } = await this.client.send(
          new BatchImportFindingsCommand({ Findings: findings.slice(first, first + MOST_FINDINGS) }),
        );
        if (FailedCount > 0) {
          const { ErrorCode, ErrorMessage } = FailedFindings[0] ?? {};
          refused ??= Object.assign(new Error(ErrorMessage), { name: ErrorCode ?? 'FailedFindings' });
        }
      }
      if (refused !== undefined) throw refused;
    });
  }

  /**
   * The findings of a source that are still active. Where Security Hub gathers those of other accounts and Regions, it shows them, too
   * (Security Hub User Guide, cross-Region aggregation): a product is of one account and Region.
   */
  async active({ productArn, generatorId }: HubSource): Promise<readonly HubFinding[]> {
    const is = (Value: string) => [{ Value, Comparison: 'EQUALS' as const }];
    return calling('reading findings from Security Hub', async () => {
      const active: HubFinding[] = [];
      for await (const { Findings = [] } of paginateGetFindings(
        { client: this.client, pageSize: MOST_FINDINGS },
        {
          Filters: {
            ProductArn: is(productArn),
            GeneratorId: is(generatorId),
            RecordState: is('ACTIVE'),
          },
        },
      )) {
        active.push(...Findings.map(ofOurs));
      }
      return active;
    });
  }
}
