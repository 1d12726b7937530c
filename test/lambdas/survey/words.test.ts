import type { Finding, SurveyReport, UserReport, Wrong } from '../../../lambdas/survey/decide';
import { eventOf, message, recordOf } from '../../../lambdas/survey/words';

const ACCESS_KEY_ID = 'AKIAOLDOLDOLDOLDOLD0';
const AT = new Date('2026-03-02T05:30:00.000Z');
const PLACE = {
  stateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:IamAccessKeyRotation',
  scheduleGroup: 'IamAccessKeyRotation',
  topicArn: 'arn:aws:sns:eu-west-1:111122223333:Notifications',
  users: [],
  runbookUrl: 'docs/runbook.md',
};

const user = (why: Wrong | undefined, userName = 'alice'): UserReport => ({
  userName,
  secretId: `iam-access-key-rotation/${userName}`,
  keys: [
    {
      accessKeyId: ACCESS_KEY_ID,
      status: 'Active',
      createDate: new Date('2025-12-01T00:00:00.000Z'),
      ageDays: 91.23,
      allowedDays: 88.76,
      role: 'current',
    },
  ],
  rotation: { kind: 'none' },
  onHold: false,
  paused: undefined,
  findings: why === undefined ? [{ check: 'current', verdict: 'fine' }] : [finding(why)],
});
const CURRENT: readonly Wrong['code'][] = [
  'key-gone',
  'key-not-active',
  'no-current',
  'no-secret',
  'secret-deleted',
];
const finding = (why: Wrong): Finding => ({
  check: CURRENT.includes(why.code) ? 'current' : 'key-age',
  verdict: 'wrong',
  why,
});
const report = (...users: readonly UserReport[]): SurveyReport => ({ at: AT, users, findings: [] });

const WRONG: readonly Wrong[] = [
  { code: 'no-such-user' },
  { code: 'overdue', accessKeyId: ACCESS_KEY_ID, ageDays: 91.23, allowedDays: 88.76 },
  { code: 'no-secret' },
  { code: 'secret-deleted' },
  { code: 'no-current' },
  { code: 'key-gone' },
  { code: 'key-not-active', accessKeyId: ACCESS_KEY_ID, status: 'Inactive' },
  { code: 'stuck', stage: 'adoption', since: AT, until: AT, executionArn: 'arn:of:execution' },
  { code: 'abandoned', since: AT },
  { code: 'unmanaged', accessKeyIds: [ACCESS_KEY_ID] },
  { code: 'replicas', replicas: ['eu-west-2: Failed'] },
  { code: 'alarms-missing', names: ['orders\nfailing'] },
  { code: 'schedule-missing' },
  { code: 'schedule-disabled' },
  { code: 'nobody-subscribed' },
  { code: 'unconfirmed', protocols: ['email'] },
];

test('nothing to look at is no message', () => {
  expect(message(report(), PLACE)).toBeUndefined();
  expect(message(report(user(undefined)), PLACE)).toBeUndefined();
});

test('a message says what, how urgent, which keys, what to do, and where to read on', () => {
  const told = message(
    report(user({ code: 'overdue', accessKeyId: ACCESS_KEY_ID, ageDays: 91.23, allowedDays: 88.76 })),
    PLACE,
  );
  expect(told).toEqual({
    subject: '[alice @ 111122223333/eu-west-1] the survey: 1 user to look at (SurveyFindings)',
    attributes: { event: 'SurveyFindings', urgent: 'no' },
    body: [
      'IamAccessKeyRotation, account 111122223333, eu-west-1: the survey: 1 user to look at (SurveyFindings).',
      '',
      'WHAT HAPPENED',
      'The survey of Mon 2 March 2026, 05:30 UTC (2026-03-02T05:30:00Z) has looked at 1 user.',
      `alice: The key ${ACCESS_KEY_ID} is 91 days old. With every wait as long as it may be, it should have been replaced after 88 days.`,
      '',
      'URGENT: no. Nothing here stops programs today.',
      '',
      'KEYS',
      'alice: no rotation',
      `  ${ACCESS_KEY_ID} Active, created Mon 1 December 2025, 00:00 UTC (2025-12-01T00:00:00Z) (91 days), in AWSCURRENT`,
      '',
      'DO THIS',
      'alice: start the rotation:',
      `   aws stepfunctions start-execution --region eu-west-1 --state-machine-arn ${PLACE.stateMachineArn} --name="alice-$(date -u +%Y%m%dT%H%M%SZ)" --input '{"userName":"alice"}'`,
      '',
      'MORE',
      'Runbook: docs/runbook.md#surveyfindings',
    ].join('\n'),
  });
});

test.each(WRONG.map((why) => [why.code, why] as const))(
  '%s is a line of its own, and one line',
  (...[, why]) => {
    const told = message(report(user(why)), PLACE);
    const lines = told?.body.split('\n') ?? [];
    expect(lines.filter((line) => line.startsWith('alice: ')).length).toBeGreaterThan(1);
    expect(told?.body).not.toMatch(/undefined|\[object|P\d+D/);
    expect(lines.find((line) => line.startsWith('URGENT'))).toMatch(
      CURRENT.includes(why.code) ? /^URGENT: YES/ : /^URGENT: no/,
    );
  },
);

test('whoever has consumers that fail comes first, and makes the message urgent', () => {
  const told = message(report(user({ code: 'schedule-missing' }), user({ code: 'key-gone' }, 'bob')), PLACE);
  expect(told?.attributes.urgent).toBe('yes');
  expect(told?.body.split('\n')[4]).toMatch(/^bob: /);
});

test('a hundred users are told in a message that SNS takes, and a subject of ASCII', () => {
  const users = Array.from({ length: 100 }, (_none, index) =>
    user({ code: 'key-gone' }, `${index}`.padEnd(64, 'x')),
  );
  const told = message(report(...users), {
    ...PLACE,
    stateMachineArn: `${PLACE.stateMachineArn}${'n'.repeat(64)}`,
  });
  expect(told?.subject).toMatch(/^[\x20-\x7e]{1,99}$/);
  expect(Buffer.byteLength(told?.body ?? '')).toBeLessThan(256 * 1024);
  expect(told?.body).toContain('80 users more: see the record of the survey in its log.');
});

test('what could not be read is told in AWS’s words, as one line', () => {
  const unread: Finding = {
    check: 'key-age',
    verdict: 'unknown',
    why: { code: 'unread', problem: { code: 'aws', answer: 'AccessDenied: no\nURGENT: no' } },
  };
  const told = message(report({ ...user(undefined), keys: undefined, findings: [unread] }), PLACE);
  expect(told?.body).toContain(
    'alice: NOT KNOWN: how old its keys are. AWS says: AccessDenied: no URGENT: no\n',
  );
  expect(told?.body).toContain('  keys not known\n');
});

test('the record has everybody, with the last four characters of access key IDs', () => {
  const text = JSON.stringify(recordOf(report(...WRONG.map((why) => user(why)), user(undefined, 'bob'))));
  expect(text).not.toContain(ACCESS_KEY_ID);
  expect(text).toContain('****OLD0');
  expect(text).toContain('bob');
});

test('the event has what is not fine, and says how much it leaves out', () => {
  const users = Array.from({ length: 101 }, () => user({ code: 'key-gone' }));
  const found = report(...users, user(undefined, 'bob'));
  const event = eventOf(found, PLACE, new Map([['UsersDrifted', 101]]), message(found, PLACE));
  expect(event).toMatchObject({ figures: { UsersDrifted: 101 }, findingsLeftOut: 1 });
  expect(event.findings).toHaveLength(100);
  expect(JSON.stringify(event.findings)).not.toContain('bob');
  expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(256 * 1024);
});

test('the event has the mail, when there is one, and nothing in its place when there is none', () => {
  const found = report(user({ code: 'key-gone' }));
  const told = message(found, PLACE);
  expect(eventOf(found, PLACE, new Map(), told)).toMatchObject({
    subject: told?.subject,
    message: told?.body,
    urgent: 'yes',
  });
  const event = eventOf(report(user(undefined)), PLACE, new Map(), undefined);
  expect(Object.keys(event)).toEqual([
    'stateMachineArn',
    'surveyedAt',
    'figures',
    'findings',
    'findingsLeftOut',
  ]);
});

test.each<[string, Partial<UserReport>, RegExp]>([
  [
    'nobody keeps it back',
    {},
    /start the rotation:\n +aws stepfunctions start-execution .*'{"userName":"alice"}'/,
  ],
  ['it is on hold', { onHold: true }, /resume the rotation.*:\n +aws stepfunctions .*"action":"resume"/],
  [
    'a tag pauses it',
    { onHold: true, paused: { by: 'tag', reason: 'a freeze' } },
    /end the pause, .*:\n +aws secretsmanager untag-resource .* --tag-keys rotation-paused/,
  ],
  [
    'the configuration pauses it',
    { paused: { by: 'configuration', reason: 'a freeze' } },
    /\nalice: end the pause in the configuration, if its reason is gone, and deploy\.\n\nMORE/,
  ],
])('a key is overdue, and %s', (_why, more, advice) => {
  const overdue: Wrong = { code: 'overdue', accessKeyId: ACCESS_KEY_ID, ageDays: 91.23, allowedDays: 88.76 };
  expect(message(report({ ...user(overdue), ...more }), PLACE)?.body).toMatch(advice);
});

test.each<[string, Wrong, readonly string[]]>([
  ['one key', { code: 'unmanaged', accessKeyIds: ['AKIAONE'] }, ['--access-key-id AKIAONE']],
  [
    'two keys',
    { code: 'unmanaged', accessKeyIds: ['AKIAONE', 'AKIATWO'] },
    ['--access-key-id AKIAONE', '--access-key-id AKIATWO'],
  ],
  ['one alarm', { code: 'alarms-missing', names: ['one'] }, ['--alarm-names one ']],
  ['two alarms', { code: 'alarms-missing', names: ['one', 'two'] }, [`--alarm-names '["one","two"]' `]],
])('of %s the commands have each', (_what, why, parts) => {
  const body = message(report(user(why)), PLACE)?.body ?? '';
  for (const part of parts) expect(body).toContain(part);
});
