import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NOT_ALLOWED } from '../../../embedded-aws/calls/denial';
import type { KeptFinding } from '../../../embedded-aws/services/security-hub';
import type { KeyReport, SurveyReport, UserReport } from '../../../lambdas/survey/decide';
import type { Surveyed } from '../../../lambdas/survey/handler';
import { endedFindings, overdueFindings, sourceOf } from '../../../lambdas/survey/security-hub';
import { hubWords } from '../../../lambdas/survey/words';
import { createWorld } from '../../../local/world/world';
import { DAY } from '../../support/time';

type World = ReturnType<typeof createWorld>;

let world: World | undefined;
afterEach(() => {
  world?.close();
  world = undefined;
});

const MACHINE = 'arn:aws:states:us-east-1:111122223333:stateMachine:IamAccessKeyRotation';
const RUNBOOK = 'https://wiki.example.com/runbook';
const PLACE = { stateMachineArn: MACHINE, runbookUrl: RUNBOOK };
const NOW = new Date('2026-03-02T08:00:00.000Z');
const KEY = 'AKIAOLDOLDOLDOLDOLD0';

const keyOf = (changes: Partial<KeyReport> = {}): KeyReport => ({
  accessKeyId: KEY,
  status: 'Active',
  createDate: new Date('2025-11-01T08:00:00.000Z'),
  ageDays: 121,
  allowedDays: 100,
  role: 'current',
  ...changes,
});
const userOf = (keys: readonly KeyReport[] | undefined, changes: Partial<UserReport> = {}): UserReport => ({
  userName: 'alice',
  secretId: 'iam-access-key-rotation/alice',
  keys,
  rotation: { kind: 'none' },
  onHold: false,
  paused: undefined,
  findings: [],
  ...changes,
});
const reportOf = (...users: readonly UserReport[]): SurveyReport => ({ at: NOW, users, findings: [] });

describe('the finding of an overdue key', () => {
  const [finding] = overdueFindings(reportOf(userOf([keyOf()])), PLACE);

  test('says which key of whom, since when, and what to do', () => {
    expect(finding).toEqual({
      SchemaVersion: '2018-10-08',
      Id: `${MACHINE}/key-age/alice/${KEY}`,
      ProductArn: 'arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default',
      GeneratorId: `${MACHINE}/key-age`,
      AwsAccountId: '111122223333',
      CreatedAt: '2026-02-09T08:00:00.000Z',
      UpdatedAt: NOW.toISOString(),
      Title: 'An access key of the IAM user alice is overdue for rotation',
      Description: `The key ${KEY} is 121 days old. With every wait as long as it may be, it should have been replaced after 100 days. It is a key of the IAM user alice, and is Active.`,
      FindingProviderFields: {
        Severity: { Label: 'MEDIUM' },
        Types: ['Software and Configuration Checks/AWS Security Best Practices'],
      },
      Remediation: {
        Recommendation: {
          Text: 'Start the rotation. The runbook says what may stand in the way.',
          Url: `${RUNBOOK}#a-key-is-overdue`,
        },
      },
      Resources: [
        {
          Type: 'AwsIamAccessKey',
          Id: `AWS::IAM::AccessKey:${KEY}`,
          Partition: 'aws',
          Region: 'us-east-1',
          Details: {
            AwsIamAccessKey: {
              AccessKeyId: KEY,
              AccountId: '111122223333',
              CreatedAt: '2025-11-01T08:00:00.000Z',
              PrincipalName: 'alice',
              PrincipalType: 'IAMUser',
              Status: 'Active',
            },
          },
        },
      ],
      Compliance: { Status: 'FAILED' },
      RecordState: 'ACTIVE',
    });
  });

  test('is the same one a day later', () => {
    const later = { ...reportOf(userOf([keyOf({ ageDays: 122 })])), at: new Date(NOW.getTime() + DAY) };
    const [next] = overdueFindings(later, PLACE);
    expect([next?.Id, next?.CreatedAt]).toEqual([finding?.Id, finding?.CreatedAt]);
    expect(next?.UpdatedAt).not.toBe(finding?.UpdatedAt);
  });

  test('is of its partition', () => {
    const stateMachineArn = MACHINE.replace(
      'arn:aws:states:us-east-1',
      'arn:aws-us-gov:states:us-gov-west-1',
    );
    const [other] = overdueFindings(reportOf(userOf([keyOf()])), { ...PLACE, stateMachineArn });
    expect(other?.ProductArn).toMatch(/^arn:aws-us-gov:securityhub:us-gov-west-1:/);
    expect(other?.Resources?.[0]).toMatchObject({ Partition: 'aws-us-gov', Region: 'us-gov-west-1' });
  });

  test('links to the runbook only where that has an address, and to a section that there is', () => {
    const runbook = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'runbook.md'), 'utf8');
    expect(runbook).toContain('\n### A key is overdue\n');
    expect(hubWords(userOf([]), keyOf(), { runbookUrl: 'docs/runbook.md' }).url).toBeUndefined();
  });

  test('does not advise to start what waits for a person', () => {
    const held = hubWords(userOf([], { onHold: true }), keyOf(), PLACE).recommendation;
    expect(held).toMatch(/^Resume the rotation, if the reason of the hold is gone\. /);
  });

  test('keeps within the lengths of the format, with the longest name', () => {
    const userName = 'x'.repeat(64);
    const { title, description, recommendation } = hubWords(userOf([], { userName }), keyOf(), PLACE);
    expect(title.length).toBeLessThanOrEqual(256);
    expect(description.length).toBeLessThanOrEqual(1024);
    expect(recommendation.length).toBeLessThanOrEqual(512);
  });
});

describe('which keys have findings', () => {
  const fine = keyOf({ accessKeyId: 'AKIANEWNEWNEWNEWNEW0', ageDays: 100 });

  test.each<[string, readonly UserReport[], number]>([
    ['nobody', [], 0],
    ['a user with a key that is as old as it may be', [userOf([fine])], 0],
    ['a user without keys', [userOf([])], 0],
    ['a user of whom nothing is known', [userOf(undefined)], 0],
    ['one key of two', [userOf([keyOf(), fine])], 1],
    ['both keys of a user', [userOf([keyOf(), keyOf({ accessKeyId: 'AKIA2', status: 'Inactive' })])], 2],
    ['two users', [userOf([keyOf()]), userOf([keyOf()], { userName: 'bob' })], 2],
  ])('%s', (_who, users, count) => {
    const ids = overdueFindings(reportOf(...users), PLACE).map(({ Id }) => Id);
    expect(new Set(ids).size).toBe(count);
    expect(ids).toHaveLength(count);
  });
});

describe('what becomes of a finding that is active', () => {
  const active = overdueFindings(reportOf(userOf([keyOf()])), PLACE);
  const endOf = (...users: readonly UserReport[]) =>
    endedFindings(reportOf(...users), active).map(({ Compliance, RecordState }) => [
      Compliance?.Status,
      RecordState,
    ]);
  const passed = [['PASSED', 'ARCHIVED']];

  test.each<[string, readonly UserReport[], unknown]>([
    ['the key is still overdue', [userOf([keyOf()])], []],
    ['its keys could not be read', [userOf(undefined)], []],
    ['it was replaced', [userOf([keyOf({ accessKeyId: 'AKIANEW', ageDays: 1 })])], passed],
    ['another key is overdue now', [userOf([keyOf({ accessKeyId: 'AKIANEW' })])], passed],
    ['the user has no key', [userOf([])], passed],
    ['it may be older now', [userOf([keyOf({ allowedDays: 200 })])], passed],
    [
      'the user is gone',
      [
        userOf(undefined, {
          findings: [{ check: 'key-age', verdict: 'wrong', why: { code: 'no-such-user' } }],
        }),
      ],
      passed,
    ],
    ['nobody looks at the user any more', [], [['NOT_AVAILABLE', 'ARCHIVED']]],
    [
      'only a user with a longer name is enrolled',
      [userOf([keyOf()], { userName: 'alice2' })],
      [['NOT_AVAILABLE', 'ARCHIVED']],
    ],
  ])('%s', (_when, users, expected) => {
    expect(endOf(...users)).toEqual(expected);
  });

  test('what is said of it besides stays as it is', () => {
    const later = new Date(NOW.getTime() + DAY);
    expect(endedFindings({ ...reportOf(userOf([])), at: later }, active)).toEqual([
      {
        ...active[0],
        UpdatedAt: later.toISOString(),
        Compliance: { Status: 'PASSED' },
        RecordState: 'ARCHIVED',
      },
    ]);
  });

  test('a source is of one stack', () => {
    expect(sourceOf(`${MACHINE}2`).generatorId).not.toBe(sourceOf(MACHINE).generatorId);
  });
});

/** Users whose keys are overdue. */
const overdue = async (count: number): Promise<World> => {
  const users = Array.from({ length: count }, (_none, index) => ({ config: { userName: `user-${index}` } }));
  const of = createWorld({ users });
  world = of;
  await of.run(() => of.clock.sleep(200 * DAY));
  return of;
};
/** A survey of a day of its own: Security Hub ignores what is not more recent. */
const surveyed = (of: World): Promise<Surveyed> =>
  of.run(async () => {
    await of.clock.sleep(DAY);
    return of.survey({ securityHub: true });
  });
const states = (of: World): readonly (readonly unknown[])[] =>
  of.aws.securityHub.findings.map(({ Id, RecordState, Compliance }: KeptFinding) => [
    Id.split('/')[2],
    RecordState,
    Compliance?.Status,
  ]);
const calls = (of: World): readonly string[] =>
  of.aws.calls.flatMap(({ service, operation }) => (service === 'securityhub' ? [operation] : []));

test('without the setting Security Hub is not asked, and told nothing', async () => {
  const of = await overdue(1);
  const { failed } = await of.run(() => of.survey());
  expect([failed, calls(of), states(of)]).toEqual([[], [], []]);
});

test('where no key is overdue and none was, it is only asked', async () => {
  const of = createWorld();
  world = of;
  const { failed } = await surveyed(of);
  expect([failed, calls(of), states(of)]).toEqual([[], ['GetFindings'], []]);
});

test.each([1, 2, 100])('%i overdue keys are one finding each, whenever the survey runs', async (count) => {
  const of = await overdue(count);
  for (let day = 0; day < 2; day += 1) {
    expect((await surveyed(of)).failed).toEqual([]);
    expect(states(of)).toEqual(
      Array.from({ length: count }, (_none, index) => [`user-${index}`, 'ACTIVE', 'FAILED']),
    );
  }
});

test('101 overdue keys need two calls, and so do 101 that are not overdue any more', async () => {
  const of = await overdue(100);
  of.aws.iam.addAccessKey('user-0', { createDate: new Date(of.clock.now().getTime() - 190 * DAY) });
  expect((await surveyed(of)).failed).toEqual([]);
  expect(calls(of)).toEqual(['BatchImportFindings', 'BatchImportFindings', 'GetFindings', 'GetFindings']);
  expect(states(of)).toHaveLength(101);
  for (const { userName } of of.users) {
    for (const { accessKeyId } of of.aws.iam.keysOf(userName)) of.aws.iam.removeAccessKey(accessKeyId);
  }
  expect((await surveyed(of)).failed).toEqual([]);
  expect(new Set(of.aws.securityHub.findings.map(({ RecordState }) => RecordState))).toEqual(
    new Set(['ARCHIVED']),
  );
});

test('a key that is replaced is archived once, and what a person has said of it stays', async () => {
  const of = await overdue(2);
  await surveyed(of);
  const { Id = '' } = of.aws.securityHub.findings[0] ?? {};
  of.aws.securityHub.setWorkflow(Id, 'NOTIFIED');
  const [old] = of.aws.iam.keysOf('user-0');
  of.aws.iam.removeAccessKey(old?.accessKeyId ?? '');
  for (let day = 0; day < 2; day += 1) {
    expect((await surveyed(of)).failed).toEqual([]);
    expect(states(of)).toEqual([
      ['user-0', 'ARCHIVED', 'PASSED'],
      ['user-1', 'ACTIVE', 'FAILED'],
    ]);
  }
  expect(of.aws.securityHub.findings[0]?.Workflow).toEqual({ Status: 'NOTIFIED' });
  // The first survey imports; the second imports, and ends one; the third has nothing to end.
  expect(calls(of).filter((operation) => operation === 'BatchImportFindings')).toHaveLength(4);
});

test('findings of another stack, and of another account or Region, are left alone', async () => {
  const of = await overdue(1);
  await surveyed(of);
  const [own] = of.aws.securityHub.findings;
  if (own === undefined) throw new Error('nothing was imported');
  const { Workflow: _workflow, ProductName: _name, ...finding } = own;
  const { GeneratorId, ProductArn } = finding;
  const others = [
    { ...finding, Id: 'of another stack', GeneratorId: GeneratorId.replace('/key-age', '2/key-age') },
    { ...finding, Id: 'of another Region', ProductArn: ProductArn.replace('us-east-1', 'eu-west-1') },
  ];
  for (const other of others) of.aws.securityHub.gather(other);
  of.enrol([]);
  expect((await surveyed(of)).failed).toEqual([]);
  expect(of.aws.securityHub.findings.map(({ RecordState }) => RecordState)).toEqual([
    'ARCHIVED',
    'ACTIVE',
    'ACTIVE',
  ]);
});

test('keys that cannot be read end no finding', async () => {
  const of = await overdue(1);
  await surveyed(of);
  of.aws.faults.inject({
    kind: 'deny',
    denial: NOT_ALLOWED,
    times: Number.POSITIVE_INFINITY,
    match: ({ action }) => action === 'iam:ListAccessKeys',
  });
  expect((await surveyed(of)).failed).toEqual([]);
  expect(states(of)).toEqual([['user-0', 'ACTIVE', 'FAILED']]);
});

describe('what Security Hub does not take stops nothing else', () => {
  const told = async (of: World): Promise<unknown> => {
    const { failed, told: people } = await surveyed(of);
    const untold = of.logs.flatMap(({ message }) =>
      (message as { readonly survey?: unknown }).survey === 'untold' ? [message] : [],
    );
    expect(of.aws.eventBridge.events).toHaveLength(1);
    expect(of.aws.sns.messages).toHaveLength(1);
    expect(of.aws.cloudWatch.values.some(({ metric }) => metric.name === 'SurveyHeartbeat')).toBe(true);
    expect(untold).toEqual([expect.objectContaining({ way: 'security-hub' })]);
    return [people, failed];
  };

  test.each(['securityhub:BatchImportFindings', 'securityhub:GetFindings'])(
    '%s is denied',
    async (denied) => {
      const of = await overdue(1);
      of.aws.faults.inject({
        kind: 'deny',
        denial: NOT_ALLOWED,
        times: Number.POSITIVE_INFINITY,
        match: ({ action }) => action === denied,
      });
      expect(await told(of)).toEqual(['told', ['security-hub']]);
      // What is wrong is told first: it needs no read.
      expect(states(of)).toHaveLength(denied.endsWith('GetFindings') ? 1 : 0);
    },
  );

  test('the account has not enabled it', async () => {
    const of = await overdue(1);
    of.aws.securityHub.isEnabled = false;
    expect(await told(of)).toEqual(['told', ['security-hub']]);
  });

  test('a success of which some findings are refused is a failure, and the others are there', async () => {
    const of = await overdue(2);
    of.aws.securityHub.refuse = ({ Id }) => Id.includes('/user-0/');
    expect(await told(of)).toEqual(['told', ['security-hub']]);
    expect(states(of)).toEqual([['user-1', 'ACTIVE', 'FAILED']]);
  });
});
