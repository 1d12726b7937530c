import {
  type AwsSecurityFinding,
  BatchImportFindingsCommand,
  GetFindingsCommand,
} from '@aws-sdk/client-securityhub';
import { ACCOUNT, outcome, setUp } from '../fixture';

const PRODUCT = `arn:aws:securityhub:us-east-1:${ACCOUNT}:product/${ACCOUNT}/default`;

const finding = (Id: string, changes: Partial<AwsSecurityFinding> = {}): AwsSecurityFinding => ({
  SchemaVersion: '2018-10-08',
  Id,
  ProductArn: PRODUCT,
  GeneratorId: 'rotation',
  AwsAccountId: ACCOUNT,
  CreatedAt: '2026-03-01T00:00:00.000Z',
  UpdatedAt: '2026-03-02T00:00:00.000Z',
  Title: 'A key is overdue',
  Description: 'It is a key of alice.',
  Resources: [{ Type: 'AwsIamAccessKey', Id: 'AKIA', Details: { AwsIamAccessKey: { Status: 'Active' } } }],
  RecordState: 'ACTIVE',
  ...changes,
});

const importing = (...Findings: AwsSecurityFinding[]) => new BatchImportFindingsCommand({ Findings });
const is = (Value: string) => [{ Value, Comparison: 'EQUALS' as const }];

test('what is imported is found by what it is of, one page after the other', async () => {
  const { securityHub } = setUp();
  const answer = await securityHub.send(
    importing(finding('one'), finding('two'), finding('other', { GeneratorId: 'another' })),
  );
  expect(answer).toMatchObject({ SuccessCount: 3, FailedCount: 0 });
  const get = (NextToken?: string) =>
    securityHub.send(
      new GetFindingsCommand({
        Filters: { GeneratorId: is('rotation'), RecordState: is('ACTIVE') },
        MaxResults: 1,
        NextToken,
      }),
    );
  const first = await get();
  const second = await get(first.NextToken);
  expect([first, second].map(({ Findings }) => Findings?.map(({ Id }) => Id))).toEqual([['one'], ['two']]);
  expect(second.NextToken).toBeUndefined();
});

test('the same ID is the same finding, and what a customer says of it stays until it is active again', async () => {
  const { aws, securityHub } = setUp();
  let day = 1;
  const states = async (RecordState: 'ACTIVE' | 'ARCHIVED') => {
    day += 1;
    const UpdatedAt = new Date(Date.UTC(2026, 2, day)).toISOString();
    await securityHub.send(importing(finding('one', { RecordState, UpdatedAt })));
    return aws.securityHub.findings.map((kept) => [kept.RecordState, kept.Workflow.Status]);
  };
  expect(await states('ACTIVE')).toEqual([['ACTIVE', 'NEW']]);
  aws.securityHub.setWorkflow('one', 'NOTIFIED');
  expect(await states('ACTIVE')).toEqual([['ACTIVE', 'NOTIFIED']]);
  expect(await states('ARCHIVED')).toEqual([['ARCHIVED', 'NOTIFIED']]);
  expect(await states('ACTIVE')).toEqual([['ACTIVE', 'NEW']]);
});

test.each([
  ['earlier', '2026-03-01T23:59:59.999Z', 'as before'],
  ['at the same time', '2026-03-02T00:00:00.000Z', 'as before'],
  ['later', '2026-03-02T00:00:00.001Z', 'as it is now'],
])('an update that was made %s leaves it %s', async (_when, UpdatedAt, Title) => {
  const { aws, securityHub } = setUp();
  await securityHub.send(importing(finding('one', { Title: 'as before' })));
  await securityHub.send(importing(finding('one', { Title: 'as it is now', UpdatedAt })));
  expect(aws.securityHub.findings.map((kept) => kept.Title)).toEqual([Title]);
});

test('a finding of another account is refused, in an answer that is a success', async () => {
  const { aws, securityHub } = setUp();
  const answer = await securityHub.send(
    importing(finding('one'), finding('foreign', { AwsAccountId: '999999999999' })),
  );
  expect(answer).toMatchObject({ SuccessCount: 1, FailedCount: 1, FailedFindings: [{ Id: 'foreign' }] });
  expect(aws.securityHub.findings.map(({ Id }) => Id)).toEqual(['one']);
});

test.each<[string, AwsSecurityFinding[]]>([
  ['none', []],
  ['101', Array.from({ length: 101 }, (_none, index) => finding(`f${index}`))],
  ['one without a title', [finding('one', { Title: undefined })]],
  ['one with a description that is too long', [finding('one', { Description: 'x'.repeat(1025) })]],
  ['one of another schema', [finding('one', { SchemaVersion: '2020-01-01' })]],
])('%s cannot be imported', async (_what, findings) => {
  const { securityHub } = setUp();
  expect(await outcome(securityHub.send(importing(...findings)))).toMatchObject({
    name: 'InvalidInputException',
    status: 400,
  });
});

test('100 can be imported at once', async () => {
  const { securityHub } = setUp();
  const findings = Array.from({ length: 100 }, (_none, index) => finding(`f${index}`));
  expect(await securityHub.send(importing(...findings))).toMatchObject({ SuccessCount: 100 });
});

test('an account that has not enabled it has no access', async () => {
  const { aws, securityHub } = setUp();
  aws.securityHub.isEnabled = false;
  expect(await securityHub.send(importing(finding('one')))).toMatchObject({
    FailedCount: 1,
    FailedFindings: [{ Id: 'one', ErrorCode: 'InvalidAccess' }],
  });
  expect(await outcome(securityHub.send(new GetFindingsCommand({})))).toMatchObject({
    name: 'InvalidAccessException',
    status: 401,
  });
});
