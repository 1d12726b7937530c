import type { HubFinding, HubSource } from '../shared/gateways/security-hub-gateway';
import { has, isOverdue, type KeyReport, type SurveyReport, type UserReport } from './decide';
import { HUB_TYPE, type HubWords, hubWords } from './words';

const DAY = 86_400_000;

/** What becomes of the findings of a stack in Security Hub. */
type HubPlace = Parameters<typeof hubWords>[2] & { readonly stateMachineArn: string };

/**
 * Where a stack's findings are from: the default product of its account, under which accounts import what is their own (Security Hub
 * User Guide, "Custom product integrations"), and the state machine, of which there is one.
 */
export const sourceOf = (
  stateMachineArn: string,
): HubSource & { readonly partition: string; readonly region: string; readonly accountId: string } => {
  const [, partition = '', , region = '', accountId = ''] = stateMachineArn.split(':');
  return {
    partition,
    region,
    accountId,
    productArn: ['arn', partition, 'securityhub', region, accountId, `product/${accountId}/default`].join(
      ':',
    ),
    generatorId: `${stateMachineArn}/key-age`,
  };
};

/** What the IDs of the findings of one user begin with. Names of users have no slashes. */
const idsOf = (generatorId: string, userName: string): string => `${generatorId}/${userName}/`;

/**
 * The finding of a key: the same one for as long as the key is overdue, and when it is so again. Security Hub ignores an update whose
 * `UpdatedAt` is not more recent (Security Hub User Guide, "BatchImportFindings for finding providers"); each survey has its own time.
 */
const findingOf = (
  at: Date,
  { userName }: UserReport,
  { accessKeyId, status, createDate, allowedDays }: KeyReport,
  { title, description, recommendation, url }: HubWords,
  stateMachineArn: string,
): HubFinding => {
  const { partition, region, accountId, productArn, generatorId } = sourceOf(stateMachineArn);
  return {
    SchemaVersion: '2018-10-08',
    Id: `${idsOf(generatorId, userName)}${accessKeyId}`,
    ProductArn: productArn,
    GeneratorId: generatorId,
    AwsAccountId: accountId,
    CreatedAt: new Date(createDate.getTime() + allowedDays * DAY).toISOString(),
    UpdatedAt: at.toISOString(),
    Title: title,
    Description: description,
    // Who imports says severity and types here, so that what a customer has said instead stays (Security Hub API,
    // FindingProviderFields). As severe as Security Hub's own control on the age of keys, IAM.3.
    FindingProviderFields: {
      Severity: { Label: 'MEDIUM' },
      Types: [HUB_TYPE],
    },
    Remediation: { Recommendation: { Text: recommendation, ...(url !== undefined && { Url: url }) } },
    Resources: [
      {
        Type: 'AwsIamAccessKey',
        // A key has no ARN. This is how findings of GuardDuty write it.
        Id: `AWS::IAM::AccessKey:${accessKeyId}`,
        Partition: partition as 'aws',
        Region: region,
        Details: {
          AwsIamAccessKey: {
            AccessKeyId: accessKeyId,
            AccountId: accountId,
            CreatedAt: createDate.toISOString(),
            PrincipalName: userName,
            PrincipalType: 'IAMUser',
            Status: status === 'Active' ? 'Active' : 'Inactive',
          },
        },
      },
    ],
    Compliance: { Status: 'FAILED' },
    RecordState: 'ACTIVE',
  };
};

/** A finding of each key that is overdue. */
export const overdueFindings = ({ at, users }: SurveyReport, place: HubPlace): readonly HubFinding[] =>
  users.flatMap((user) =>
    (user.keys ?? [])
      .filter(isOverdue)
      .map((key) => findingOf(at, user, key, hubWords(user, key, place), place.stateMachineArn)),
  );

/** What has become of a finding that is active: PASSED if its key is not overdue any more. Undefined: nothing that is known. */
const endOf = (
  { users }: SurveyReport,
  { Id = '', GeneratorId = '' }: HubFinding,
): 'PASSED' | 'NOT_AVAILABLE' | undefined => {
  const user = users.find(({ userName }) => Id.startsWith(idsOf(GeneratorId, userName)));
  // Nobody looks at this user any more, so nothing is said of the key, and nobody would ever end its finding.
  if (user === undefined) return 'NOT_AVAILABLE';
  const { userName, keys } = user;
  // What could not be read is not resolved. A user who is gone has no keys.
  if (keys === undefined) return has(user, 'no-such-user') ? 'PASSED' : undefined;
  const isStill = keys.some(
    (key) => isOverdue(key) && Id === `${idsOf(GeneratorId, userName)}${key.accessKeyId}`,
  );
  return isStill ? undefined : 'PASSED';
};

/**
 * Those of the active findings that are over, as they are to be imported. Only a customer can say that an investigation is resolved:
 * BatchImportFindings cannot set the workflow (Security Hub API, BatchImportFindings).
 *
 * @param active - the findings of this stack that are active.
 */
export const endedFindings = (report: SurveyReport, active: readonly HubFinding[]): readonly HubFinding[] =>
  active.flatMap((finding) => {
    const status = endOf(report, finding);
    return status === undefined
      ? []
      : [
          {
            ...finding,
            UpdatedAt: report.at.toISOString(),
            Compliance: { Status: status },
            RecordState: 'ARCHIVED' as const,
          },
        ];
  });
