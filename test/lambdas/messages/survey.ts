import type {
  Check,
  Finding,
  KeyReport,
  RotationReport,
  UserReport,
  Wrong,
} from '../../../lambdas/survey/decide';
import type { Stage } from '../../../lambdas/survey/limits';
import type { Problem } from '../../../lambdas/survey/reading';
import { overdueFindings } from '../../../lambdas/survey/security-hub';
import { message } from '../../../lambdas/survey/words';
import { surveyedUsers } from '../../../lib/config/surveyed';
import { enrolledUsers } from '../../../local/world/scene';
import { DAY } from '../../support/time';
import type { Message, Section } from './message';

const OLD = 'AKIAOLDOLDOLDOLDOLD1';
const NEW = 'AKIANEWNEWNEWNEWNEW2';
const AT = new Date('2026-03-02T05:30:00.000Z');
const SINCE = new Date('2026-02-21T09:00:00.000Z');
const UNTIL = new Date('2026-02-28T09:00:00.000Z');
const STATE_MACHINE = 'arn:aws:states:us-east-1:111122223333:stateMachine:IamAccessKeyRotation';
const EXECUTION = STATE_MACHINE.replace('stateMachine', 'execution').concat(':alice-20260221T090000Z');

const SCHEDULED = surveyedUsers(enrolledUsers([{ userName: 'frank' }, { userName: 'grace' }]));

const wrong = (check: Check, why: Wrong): Finding => ({ check, verdict: 'wrong', why });
const unread = (check: Check, problem: Problem): Finding => ({
  check,
  verdict: 'unknown',
  why: { code: 'unread', problem },
});
const OVERDUE = wrong('key-age', {
  code: 'overdue',
  accessKeyId: OLD,
  ageDays: 91.23,
  allowedDays: 88.76,
});
const DENIED: Problem = { code: 'aws', answer: 'AccessDenied: no identity-based policy allows it' };

const key = (accessKeyId: string, role: KeyReport['role'], age: number): KeyReport => ({
  accessKeyId,
  status: 'Active',
  createDate: new Date(AT.getTime() - age * DAY),
  ageDays: age,
  allowedDays: 88.76,
  role,
});

const user = (
  userName: string,
  finding: Finding,
  rotation: RotationReport = { kind: 'none' },
  more: Partial<UserReport> = {},
): UserReport => ({
  userName,
  secretId: `iam-access-key-rotation/${userName}`,
  keys: [key(OLD, 'current', 91.23)],
  rotation,
  onHold: false,
  paused: undefined,
  findings: [finding],
  ...more,
});

const stuck = (userName: string, stage: Stage): UserReport =>
  user(
    userName,
    wrong('rotation', { code: 'stuck', stage, since: SINCE, until: UNTIL, executionArn: EXECUTION }),
    { kind: 'running', executionArn: EXECUTION, stage, since: SINCE, waitsUntil: undefined },
    { keys: [key(OLD, 'current', 91.23), key(NEW, 'rotation', 9)] },
  );

/** The mails of surveys: what each says, with every finding in one of them. */
const MAILS: readonly (readonly [
  when: string,
  users: readonly UserReport[],
  ofTheStack?: readonly Finding[],
])[] = [
  [
    'a key is older than it may be',
    [
      user('alice', OVERDUE),
      user(
        'bob',
        wrong('key-age', { code: 'overdue', accessKeyId: OLD, ageDays: 1, allowedDays: 1 }),
        undefined,
        { onHold: true },
      ),
      user('carol', OVERDUE, undefined, { paused: { by: 'tag', reason: 'a migration' }, onHold: true }),
      user('dave', OVERDUE, undefined, { paused: { by: 'configuration', reason: 'a freeze' } }),
    ],
  ],
  [
    'consumers read what does not work',
    [
      user('alice', wrong('current', { code: 'key-gone' })),
      user('bob', wrong('current', { code: 'key-not-active', accessKeyId: OLD, status: 'Inactive' })),
      user('carol', wrong('current', { code: 'no-current' })),
      user('dave', wrong('current', { code: 'no-secret' })),
      user('erin', wrong('current', { code: 'secret-deleted' })),
    ],
  ],
  [
    'rotations do not go on',
    [
      stuck('alice', 'starting'),
      stuck('bob', 'testing'),
      stuck('carol', 'adoption'),
      stuck('dave', 'recovery'),
      stuck('erin', 'rollback'),
      user('frank', wrong('rotation', { code: 'abandoned', since: SINCE }), {
        kind: 'unfinished',
        since: SINCE,
      }),
    ],
  ],
  [
    'something around a user is missing',
    [
      user('alice', wrong('key-age', { code: 'no-such-user' }), { kind: 'none' }, { keys: [] }),
      user('bob', wrong('other-keys', { code: 'unmanaged', accessKeyIds: [NEW] }), undefined, {
        keys: [key(OLD, 'current', 30), key(NEW, 'unmanaged', 400)],
      }),
      user('carol', wrong('other-keys', { code: 'unmanaged', accessKeyIds: [OLD, NEW] })),
      user('dave', wrong('replicas', { code: 'replicas', replicas: ['eu-west-2: Failed'] })),
      user('erin', wrong('health-alarms', { code: 'alarms-missing', names: ['erin-fails'] })),
      user('frank', wrong('schedule', { code: 'schedule-missing' })),
      user('grace', wrong('schedule', { code: 'schedule-disabled' })),
    ],
  ],
  ['nobody is subscribed', [], [wrong('subscriptions', { code: 'nobody-subscribed' })]],
  [
    'a subscription is not confirmed',
    [],
    [wrong('subscriptions', { code: 'unconfirmed', protocols: ['email'] })],
  ],
  [
    'AWS did not answer, or did not say enough',
    [
      user('alice', unread('key-age', DENIED), { kind: 'unknown' }, { keys: undefined }),
      user('bob', unread('current', { code: 'out-of-time' })),
      user('carol', unread('rotation', { code: 'no-state' })),
      user('dave', unread('rotation', { code: 'state-not-understood' })),
      user('erin', unread('rotation', { code: 'change-undated' })),
      user('frank', unread('other-keys', DENIED), undefined, {
        keys: [key(OLD, 'unknown', 91.23)],
        findings: [
          unread('other-keys', DENIED),
          { check: 'current', verdict: 'unknown', why: { code: 'not-said' } },
        ],
      }),
      user('grace', unread('replicas', DENIED)),
      user(
        'heidi',
        unread('health-alarms', { code: 'alarm-unreadable', name: 'heidi-fails', answer: 'AccessDenied' }),
      ),
      user('ivan', unread('health-alarms', { code: 'alarm-not-asked', name: 'ivan-fails' })),
      user('judy', unread('schedule', DENIED)),
    ],
    [unread('subscriptions', DENIED)],
  ],
  [
    'more users than a mail has room for',
    Array.from({ length: 21 }, (_none, index) =>
      user(`user-${index + 1}`, wrong('schedule', { code: 'schedule-disabled' })),
    ),
  ],
];

const tell = ([when, users, findings = []]: (typeof MAILS)[number]): Message => {
  const told = message(
    { at: AT, users, findings },
    {
      stateMachineArn: STATE_MACHINE,
      scheduleGroup: 'IamAccessKeyRotation',
      topicArn: 'arn:aws:sns:us-east-1:111122223333:IamAccessKeyRotation-notifications',
      users: SCHEDULED,
      runbookUrl: 'docs/runbook.md',
    },
  );
  if (told === undefined) throw new Error(`There is no mail when ${when}.`);
  return { when, as: told.attributes.event, subject: told.subject, text: told.body };
};

/** What Security Hub shows of a key that is overdue. */
const tellHub = (): Message => {
  const report = { at: AT, users: [user('alice', OVERDUE)], findings: [] };
  const [finding] = overdueFindings(report, {
    stateMachineArn: STATE_MACHINE,
    runbookUrl: 'docs/runbook.md',
  });
  if (finding === undefined) throw new Error('A key that is overdue has a finding.');
  const { Title, Description, Remediation, FindingProviderFields } = finding;
  return {
    when: 'a key is older than it may be, in Security Hub',
    as: FindingProviderFields?.Types?.join() ?? '',
    text: [Title, Description, Remediation?.Recommendation?.Text].join('\n> '),
  };
};

/** What the survey says, by its findings. */
export const tellSurveys = (): Section => ({
  title: 'The survey',
  messages: [...MAILS.map(tell), tellHub()],
});
