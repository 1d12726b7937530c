import type {
  Check,
  Finding,
  KeyReport,
  RotationReport,
  UserReport,
  Wrong,
} from '../../../lambdas/survey/decide';
import type { Stage } from '../../../lambdas/survey/limits';
import type { Problem } from '../../../lambdas/survey/progress';
import { message } from '../../../lambdas/survey/words';
import { surveyedUsers } from '../../../lib/config/surveyed';
import { enrolledUsers } from '../../../local/world/scene';
import { NEW, OLD, OTHER } from '../support/fixtures';
import type { Message, Section } from './message';

/*
 * What the survey says. Its words are made of codes, so each is said of a made-up finding.
 */

const AT = new Date('2026-03-02T05:30:00.000Z');
const BEFORE = new Date('2026-01-02T09:00:00.000Z');
const HERE = 'eu-west-1:111122223333';
const PLACE = {
  stateMachineArn: `arn:aws:states:${HERE}:stateMachine:IamAccessKeyRotation`,
  scheduleGroup: 'IamAccessKeyRotation',
  topicArn: `arn:aws:sns:${HERE}:Notifications`,
  runbookUrl: 'https://runbook.example/',
  users: surveyedUsers(enrolledUsers([{ userName: 'alice' }])),
};
const EXECUTION = `arn:aws:states:${HERE}:execution:IamAccessKeyRotation:alice-1`;

const key = (accessKeyId: string, role: KeyReport['role']): KeyReport => ({
  accessKeyId,
  status: 'Active',
  createDate: BEFORE,
  ageDays: 58.9,
  allowedDays: 88.76,
  role,
});

const running = (stage: Stage): RotationReport => ({
  kind: 'running',
  executionArn: EXECUTION,
  stage,
  since: BEFORE,
  waitsUntil: undefined,
});

const alice = (changes: Partial<UserReport>): UserReport => ({
  userName: 'alice',
  secretId: 'iam-access-key-rotation/alice',
  keys: [key(OLD, 'current')],
  rotation: { kind: 'none' },
  onHold: false,
  paused: undefined,
  findings: [],
  ...changes,
});

/** Which check finds each. */
const CHECKS: Readonly<Record<Wrong['code'], Check>> = {
  'no-such-user': 'key-age',
  overdue: 'key-age',
  'no-secret': 'current',
  'secret-deleted': 'current',
  'no-current': 'current',
  'key-gone': 'current',
  'key-not-active': 'current',
  stuck: 'rotation',
  abandoned: 'rotation',
  unmanaged: 'other-keys',
  replicas: 'replicas',
  'alarms-missing': 'health-alarms',
  'schedule-missing': 'schedule',
  'schedule-disabled': 'schedule',
  'nobody-subscribed': 'subscriptions',
  unconfirmed: 'subscriptions',
};
const wrong = (why: Wrong): Finding => ({ check: CHECKS[why.code], verdict: 'wrong', why });
const unread = (check: Check, problem: Problem): Finding => ({
  check,
  verdict: 'unknown',
  why: { code: 'unread', problem },
});
const notSaid = (check: Check): Finding => ({ check, verdict: 'unknown', why: { code: 'not-said' } });

const STAGES: readonly Stage[] = ['starting', 'testing', 'adoption', 'recovery', 'rollback'];

type Case = readonly [when: string, users: readonly UserReport[], general?: readonly Finding[]];

const OF_ONE_USER: readonly Wrong[] = [
  { code: 'overdue', accessKeyId: OLD, ageDays: 91.2, allowedDays: 88.76 },
  { code: 'key-not-active', accessKeyId: OLD, status: 'Inactive' },
  { code: 'key-gone' },
  { code: 'no-current' },
  { code: 'no-secret' },
  { code: 'secret-deleted' },
  { code: 'no-such-user' },
  { code: 'abandoned', since: BEFORE },
  { code: 'unmanaged', accessKeyIds: [OTHER] },
  { code: 'unmanaged', accessKeyIds: [OTHER, NEW] },
  { code: 'replicas', replicas: ['eu-central-1: Failed'] },
  { code: 'alarms-missing', names: ['orders failing'] },
  { code: 'schedule-missing' },
  { code: 'schedule-disabled' },
];

const PROBLEMS: readonly (readonly [Check, Problem])[] = [
  ['key-age', { code: 'not-answered', answer: 'AccessDenied: not authorized' }],
  ['current', { code: 'no-time-left' }],
  ['rotation', { code: 'no-state-shows' }],
  ['rotation', { code: 'state-not-understood' }],
  ['rotation', { code: 'change-not-dated' }],
  ['other-keys', { code: 'no-time-left' }],
  ['replicas', { code: 'no-time-left' }],
  ['health-alarms', { code: 'alarm', name: 'orders failing', answer: 'AccessDenied' }],
  ['health-alarms', { code: 'alarm', name: 'orders failing' }],
  ['schedule', { code: 'no-time-left' }],
];

const CASES: readonly Case[] = [
  ...OF_ONE_USER.map((why): Case => [`alice: ${why.code}`, [alice({ findings: [wrong(why)] })]]),
  ...STAGES.map(
    (stage): Case => [
      `alice: stuck in the stage ${stage}`,
      [
        alice({
          keys: [key(OLD, 'rotation'), key(NEW, 'current')],
          rotation: running(stage),
          findings: [wrong({ code: 'stuck', stage, since: BEFORE, until: AT, executionArn: EXECUTION })],
        }),
      ],
    ],
  ),
  [
    'two users, the second with consumers that fail; the first paused, and on hold',
    [
      alice({
        keys: [key(OLD, 'current'), key(OTHER, 'unmanaged'), key(NEW, 'unknown')],
        rotation: { kind: 'unfinished', since: BEFORE },
        onHold: true,
        paused: { by: 'configuration', reason: 'audit' },
        findings: [wrong({ code: 'schedule-missing' })],
      }),
      alice({
        userName: 'bob',
        keys: [],
        rotation: { kind: 'unknown' },
        findings: [wrong({ code: 'key-gone' })],
      }),
    ],
  ],
  [
    'what could not be read, and what nothing says',
    [
      alice({
        keys: undefined,
        findings: [
          ...PROBLEMS.map(([check, problem]) => unread(check, problem)),
          notSaid('current'),
          notSaid('other-keys'),
        ],
      }),
    ],
  ],
  [
    'more users than a message has room for',
    Array.from({ length: 22 }, () => alice({ findings: [wrong({ code: 'no-secret' })] })),
  ],
  ['nobody is subscribed', [], [wrong({ code: 'nobody-subscribed' })]],
  ['a subscription is not confirmed', [], [wrong({ code: 'unconfirmed', protocols: ['email'] })]],
  ['subscriptions cannot be read', [], [unread('subscriptions', { code: 'no-time-left' })]],
];

const told = ([when, users, findings = []]: Case): Message => {
  const mail = message({ at: AT, users, findings }, PLACE);
  const { subject = '', body = '', attributes } = mail ?? {};
  return { when, as: `urgent: ${attributes?.urgent}`, subject, text: body };
};

/** The messages of the survey. */
export const tellSurvey = (): Section => ({ title: 'The survey', messages: CASES.map(told) });
