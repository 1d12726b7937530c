import { ServiceError } from '../ground/errors';
import type { InputOf } from '../wire/parameters';
import type { Route } from '../wire/rest-json';
import { type Environment, operation, page, type Service } from './service';

const TEXT = { type: 'string', required: true, min: 1 } as const;

/** Security Hub API, AwsSecurityFinding: what is required, how long it may be, and the values that there are. */
const FINDING = {
  SchemaVersion: { type: 'string', required: true, oneOf: ['2018-10-08'] },
  Id: { ...TEXT, max: 512 },
  ProductArn: { ...TEXT, min: 12, max: 2048 },
  GeneratorId: { ...TEXT, max: 512 },
  AwsAccountId: { type: 'string', required: true, pattern: /^\d{12}$/ },
  CreatedAt: TEXT,
  UpdatedAt: TEXT,
  Title: { ...TEXT, max: 256 },
  Description: { ...TEXT, max: 1024 },
  FindingProviderFields: {
    type: 'structure',
    members: {
      Severity: {
        type: 'structure',
        members: {
          Label: { type: 'string', oneOf: ['INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] },
        },
      },
      Types: { type: 'strings', max: 50 },
    },
  },
  Remediation: {
    type: 'structure',
    members: {
      Recommendation: {
        type: 'structure',
        members: { Text: { type: 'string', max: 512 }, Url: { type: 'string', pattern: /^https?:\/\// } },
      },
    },
  },
  Resources: {
    type: 'structures',
    required: true,
    members: {
      Type: TEXT,
      Id: TEXT,
      Partition: { type: 'string', oneOf: ['aws', 'aws-cn', 'aws-us-gov'] },
      Region: { type: 'string', max: 16 },
      Details: {
        type: 'structure',
        members: {
          AwsIamAccessKey: {
            type: 'structure',
            members: {
              AccessKeyId: { type: 'string' },
              AccountId: { type: 'string' },
              CreatedAt: { type: 'string' },
              PrincipalName: { type: 'string' },
              PrincipalType: { type: 'string' },
              Status: { type: 'string', oneOf: ['Active', 'Inactive'] },
            },
          },
        },
      },
    },
  },
  Compliance: {
    type: 'structure',
    members: {
      Status: { type: 'string', oneOf: ['PASSED', 'WARNING', 'FAILED', 'NOT_AVAILABLE'] },
    },
  },
  RecordState: { type: 'string', oneOf: ['ACTIVE', 'ARCHIVED'] },
} as const;

type Imported = InputOf<typeof FINDING>;

/** A finding as Security Hub keeps it: as it was imported last, with what Security Hub and its customers say of it. */
export type KeptFinding = Imported & {
  readonly RecordState: string;
  readonly Workflow: { readonly Status: string };
  readonly ProductName: string;
};

/** Security Hub API, BatchImportFindings: "Array Members: Minimum number of 1 item. Maximum number of 100 items." */
const MOST_FINDINGS = 100;

/** Security Hub API, AwsSecurityFindingFilters: what is asked for here, of the many that there are. */
const FILTERED = ['GeneratorId', 'ProductArn', 'RecordState'] as const;
const FILTER = {
  type: 'structures',
  members: {
    Value: { type: 'string', required: true },
    Comparison: { type: 'string', required: true, oneOf: ['EQUALS'] },
  },
} as const;

/** Security Hub, as far as it gets findings of a custom product and is asked for them. */
export class SecurityHub implements Service {
  /** By product and ID. */
  readonly #findings = new Map<string, KeptFinding>();

  /** Whether the account has enabled it. May be changed at any time. */
  isEnabled = true;

  /** Which findings it refuses besides, for no reason that is modelled. May be changed at any time. */
  refuse: (finding: Imported) => boolean = () => false;

  readonly invalidParameter = (message: string): ServiceError =>
    new ServiceError('InvalidInputException', message, 400);

  constructor(private readonly environment: Environment) {}

  /** Every finding, in the order in which they were first imported. */
  get findings(): readonly KeptFinding[] {
    return [...this.#findings.values()];
  }

  /** A customer says how far the investigation of a finding is. */
  setWorkflow(id: string, status: string): void {
    for (const [key, finding] of this.#findings) {
      if (finding.Id === id) this.#findings.set(key, { ...finding, Workflow: { Status: status } });
    }
  }

  /** A finding of another product, account or Region, which Security Hub shows here. */
  gather(finding: Imported): void {
    this.#keep(finding);
  }

  readonly routes: Readonly<Record<'BatchImportFindings' | 'GetFindings', Route>> = {
    BatchImportFindings: { method: 'POST', path: '/findings/import' },
    GetFindings: { method: 'POST', path: '/findings' },
  };

  readonly operations = {
    // Security Hub API, BatchImportFindings: a finding of the default product has to be of the calling account. What was not
    // imported is in the answer, which is a success all the same, and so are all where Security Hub is not enabled (Security Hub User
    // Guide, "BatchImportFindings for finding providers").
    BatchImportFindings: operation({
      parameters: { Findings: { type: 'structures', required: true, members: FINDING } },
      // Service Authorization Reference, Security Hub: it is authorized by the product.
      resource: ({ Findings }) => Findings[0]?.ProductArn ?? '*',
      conditions: ({ Findings }) => ({
        'securityhub:TargetAccount': Findings.map(({ AwsAccountId }) => AwsAccountId),
      }),
      handle: ({ Findings }) => {
        if (Findings.length < 1 || Findings.length > MOST_FINDINGS) {
          throw this.invalidParameter(
            `Invalid parameter 'Findings'. data.Findings should NOT have fewer than 1 or more than ${MOST_FINDINGS} items`,
          );
        }
        const failed = Findings.filter((finding) => !this.#accepts(finding) || this.refuse(finding));
        const ErrorCode = this.isEnabled ? 'InvalidInput' : 'InvalidAccess';
        for (const finding of Findings) if (!failed.includes(finding)) this.#keep(finding);
        return {
          FailedCount: failed.length,
          SuccessCount: Findings.length - failed.length,
          FailedFindings: failed.map(({ Id }) => ({
            Id,
            ErrorCode,
            ErrorMessage: 'The finding was not imported.',
          })),
        };
      },
    }),

    // Security Hub API, GetFindings: values of one filter are alternatives, and filters apply together.
    GetFindings: operation({
      parameters: {
        Filters: {
          type: 'structure',
          members: { GeneratorId: FILTER, ProductArn: FILTER, RecordState: FILTER },
        },
        MaxResults: { type: 'integer', min: 1, max: 100 },
        NextToken: { type: 'string' },
      },
      // Service Authorization Reference, Security Hub: it is authorized by the hub.
      resource: () => this.#arn('hub/default'),
      handle: ({ Filters = {}, MaxResults = 10, NextToken }) => {
        if (!this.isEnabled) throw this.#notSubscribed();
        const found = this.findings.filter((finding) =>
          FILTERED.every((name) => {
            const wanted = Filters[name];
            return wanted === undefined || wanted.some(({ Value }) => Value === finding[name]);
          }),
        );
        const { items, next } = page(found, NextToken, MaxResults, () =>
          this.invalidParameter('Invalid NextToken'),
        );
        return { Findings: items, ...(next !== undefined && { NextToken: next }) };
      },
    }),
  };

  #arn(resource: string): string {
    const { region, accountId } = this.environment;
    return `arn:aws:securityhub:${region}:${accountId}:${resource}`;
  }

  #notSubscribed(): ServiceError {
    const { accountId } = this.environment;
    return new ServiceError(
      'InvalidAccessException',
      `Account ${accountId} is not subscribed to AWS Security Hub`,
      401,
    );
  }

  #accepts({ ProductArn, AwsAccountId }: Imported): boolean {
    const { accountId } = this.environment;
    return (
      this.isEnabled && AwsAccountId === accountId && ProductArn === this.#arn(`product/${accountId}/default`)
    );
  }

  /**
   * Security Hub User Guide, "BatchImportFindings for finding providers": an update is ignored unless it is more recent by its
   * `UpdatedAt`, and what customers say of an investigation stays. Security Hub API, WorkflowUpdate: it is NEW again when the record
   * is ACTIVE again.
   */
  #keep(finding: Imported): void {
    const key = `${finding.ProductArn} ${finding.Id}`;
    const before = this.#findings.get(key);
    if (before !== undefined && Date.parse(finding.UpdatedAt) <= Date.parse(before.UpdatedAt)) return;
    const { RecordState = 'ACTIVE' } = finding;
    const isBack = before?.RecordState === 'ARCHIVED' && RecordState === 'ACTIVE';
    const Workflow = before === undefined || isBack ? { Status: 'NEW' } : before.Workflow;
    this.#findings.set(key, { ...finding, RecordState, Workflow, ProductName: 'Default' });
  }
}
