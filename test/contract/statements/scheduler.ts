import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  CreateScheduleGroupCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  type Target,
} from '@aws-sdk/client-scheduler';
import { scheduleName } from '../../../lib/config/names';
import { holds, same } from '../deviation';
import { refusalOf, refused, type Statement, statementsAbout } from '../statement';
import type { Subject } from '../subject';

/** Schedules that lib/config/schedule-expression.ts accepts. */
export const ACCEPTED_SCHEDULES = [
  'cron(17 9 ? * MON-FRI *)',
  'cron(0/15 8-17 ? * 2,4,6 *)',
  'cron(0 9 1,15 * ? *)',
  'cron(0 9 1/7 * ? *)',
  'cron(0 9 L * ? *)',
  'cron(0 9 15W * ? *)',
  'cron(0 9 ? JAN-DEC 6L *)',
  'cron(0 9 ? 1/1 MON#1 *)',
  'cron(0 9 ? * L *)',
  'rate(1 hour)',
  'rate(12 hours)',
  'rate(1 day)',
  'rate(7 days)',
];

/** Schedules that lib/config/schedule-expression.ts refuses. */
export const REFUSED_SCHEDULES = [
  'cron(0 9 ? * MON-FRI)',
  'cron(0 0 9 ? * MON-FRI *)',
  'cron(60 9 ? * MON-FRI *)',
  'cron(0 24 ? * MON-FRI *)',
  'cron(0 9 32 * ? *)',
  'cron(0 9 ? 13 MON-FRI *)',
  'cron(0 9 ? * 8 *)',
  'cron(0 9 ? * WEEKDAYS *)',
  'cron(0 9 * * * *)',
  'cron(0 9 ? * ? *)',
  'cron(0 9 1 * MON *)',
  'rate(0 days)',
  'rate(1.5 days)',
  'rate(2 weeks)',
  'every day',
];

/** A group of schedules, and the common settings of its schedules. */
interface Group {
  readonly name: string;
  readonly roleArn: string;
}

type Change = Partial<Omit<CreateScheduleCommandInput, 'Target'>> & { readonly Target?: Partial<Target> };

/** The input of a schedule like ours, for a state machine that there is none of. */
const inputFor = (subject: Subject): string =>
  JSON.stringify({
    StateMachineArn: `arn:aws:states:${subject.region}:${subject.accountId}:stateMachine:${subject.name('none')}`,
    Name: 'alice-<aws.scheduler.execution-id>',
    Input: '{"userName":"alice","trigger":"schedule"}',
  });

let schedules = 0;

/**
 * Creates a schedule like those of lib/rotation-schedules.ts, with these changes. Returns `accepted`, or the
 * refusal.
 */
const create = async (subject: Subject, group: Group, change: Change = {}): Promise<string> => {
  schedules += 1;
  const { Target, ...rest } = change;
  const input: CreateScheduleCommandInput = {
    Name: subject.name(`s${schedules}`),
    GroupName: group.name,
    ScheduleExpression: 'cron(17 9 ? * MON-FRI *)',
    ScheduleExpressionTimezone: 'Europe/Berlin',
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
    Target: {
      Arn: 'arn:aws:scheduler:::aws-sdk:sfn:startExecution',
      RoleArn: group.roleArn,
      Input: inputFor(subject),
      RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 7_200 },
      DeadLetterConfig: { Arn: `arn:aws:sqs:${subject.region}:${subject.accountId}:${subject.name('none')}` },
      ...Target,
    },
    ...rest,
  };
  return (await refusalOf(subject.scheduler.send(new CreateScheduleCommand(input)))) ?? 'accepted';
};

/** A group in which a schedule like ours is accepted. That takes until the role is known everywhere. */
const groupOf = async (subject: Subject): Promise<Group> => {
  const Name = subject.name('group');
  // DeleteScheduleGroup also deletes the schedules of the group.
  subject.removeLater(`the schedule group ${Name}`, ({ scheduler }) =>
    scheduler.send(new DeleteScheduleGroupCommand({ Name })),
  );
  const roleArn = await subject.role('scheduler.amazonaws.com');
  await subject.scheduler.send(new CreateScheduleGroupCommand({ Name }));
  const group = { name: Name, roleArn };
  await subject.sees('the answer to a schedule like ours', () => create(subject, group), 'accepted');
  return group;
};

const VALIDATION = 'ValidationException';

/** Throws unless each change gets this answer. */
const allAnswered = async (
  subject: Subject,
  group: Group,
  changes: Readonly<Record<string, Change>>,
  expected: string,
): Promise<void> => {
  const others: string[] = [];
  for (const [name, change] of Object.entries(changes)) {
    const answer = await create(subject, group, change);
    if (answer !== expected) others.push(`${name}: ${answer}`);
  }
  holds(others.length === 0, others.join('; '));
};

const byExpression = (expressions: readonly string[]): Readonly<Record<string, Change>> =>
  Object.fromEntries(expressions.map((text) => [text, { ScheduleExpression: text }]));

const CREATE = 'EventBridge Scheduler API, CreateSchedule';
const TYPES = 'EventBridge Scheduler User Guide, schedule types';

const statement = statementsAbout('EventBridge Scheduler');

export const schedulerStatements: readonly Statement[] = [
  statement({
    id: 'expressions-accepted',
    says: 'Schedule expressions that the configuration accepts are accepted: lists, ranges, steps, L, W, # and rates.',
    source: TYPES,
    matters: 'an accepted configuration can be deployed',
    check: async (subject) => {
      const group = await groupOf(subject);
      await allAnswered(subject, group, byExpression(ACCEPTED_SCHEDULES), 'accepted');
    },
  }),
  statement({
    id: 'expressions-refused',
    says: 'Schedule expressions that the configuration refuses as invalid are refused with ValidationException.',
    source: TYPES,
    matters: 'the configuration does not call a schedule invalid that would work',
    check: async (subject) => {
      const group = await groupOf(subject);
      await allAnswered(subject, group, byExpression(REFUSED_SCHEDULES), VALIDATION);
    },
  }),
  statement({
    id: 'time-zones',
    says: 'A time zone of the IANA database is accepted, and any other name refused with ValidationException.',
    source: `${TYPES}, time zones`,
    matters: 'rotations begin in the working hours of the user’s time zone',
    check: async (subject) => {
      const group = await groupOf(subject);
      const zones = (...names: readonly string[]) =>
        Object.fromEntries(names.map((zone) => [zone, { ScheduleExpressionTimezone: zone }]));
      await allAnswered(subject, group, zones('UTC', 'America/New_York', 'Asia/Kolkata'), 'accepted');
      await allAnswered(subject, group, zones('Europe/Atlantis'), VALIDATION);
    },
  }),
  statement({
    id: 'names',
    says: 'A schedule’s name has 1 to 64 letters, digits and ._-, and any other is refused with ValidationException.',
    source: `${CREATE}, Name: length constraints and pattern`,
    matters: 'IAM user names may hold +=,@ and need another name',
    check: async (subject) => {
      const group = await groupOf(subject);
      const named = (Name: string) => ({ Name });
      const ours = subject.name('x').slice(0, 47);
      const full = `${ours}${scheduleName('a+long=name,that@needs.all_of-the-64-characters').slice(-17)}`;
      await allAnswered(subject, group, { '64 characters': named(full.padEnd(64, '.')) }, 'accepted');
      await allAnswered(
        subject,
        group,
        {
          '65 characters': named(subject.name('x').padEnd(65, 'x')),
          ...Object.fromEntries([...'+=,@'].map((mark) => [mark, named(subject.name(`x${mark}`))])),
        },
        VALIDATION,
      );
    },
  }),
  statement({
    id: 'flexible-window',
    says: 'A flexible window has 1 to 1440 minutes; without a length, or with another, it is refused with ValidationException.',
    source: 'EventBridge Scheduler API, FlexibleTimeWindow, MaximumWindowInMinutes: valid range',
    matters: 'users that share a minute do not all call IAM at once',
    check: async (subject) => {
      const group = await groupOf(subject);
      const window = (MaximumWindowInMinutes?: number): Change => ({
        FlexibleTimeWindow: {
          Mode: 'FLEXIBLE',
          ...(MaximumWindowInMinutes !== undefined && { MaximumWindowInMinutes }),
        },
      });
      await allAnswered(subject, group, { '1 minute': window(1), '1440 minutes': window(1440) }, 'accepted');
      await allAnswered(
        subject,
        group,
        { '0 minutes': window(0), '1441 minutes': window(1441), 'no length': window() },
        VALIDATION,
      );
    },
  }),
  statement({
    id: 'retry-policy',
    says: 'A retry policy has 0 to 185 attempts within 60 to 86,400 seconds, and any other is refused with ValidationException.',
    source: 'EventBridge Scheduler API, RetryPolicy: valid ranges',
    matters: 'a failed start is retried for two hours',
    check: async (subject) => {
      const group = await groupOf(subject);
      const retry = (MaximumRetryAttempts: number, MaximumEventAgeInSeconds: number): Change => ({
        Target: { RetryPolicy: { MaximumRetryAttempts, MaximumEventAgeInSeconds } },
      });
      await allAnswered(
        subject,
        group,
        { 'the least': retry(0, 60), 'the most': retry(185, 86_400) },
        'accepted',
      );
      await allAnswered(
        subject,
        group,
        {
          '186 attempts': retry(186, 7_200),
          '59 seconds': retry(10, 59),
          '86401 seconds': retry(10, 86_401),
        },
        VALIDATION,
      );
    },
  }),
  statement({
    id: 'role-required',
    says: 'A target without a role is refused with ValidationException.',
    source: 'EventBridge Scheduler API, Target, RoleArn: required',
    matters: 'the schedules’ role may start this state machine only',
    check: async (subject) => {
      const group = await groupOf(subject);
      const without = { Target: { RoleArn: undefined } };
      await allAnswered(subject, group, { 'no role': without }, VALIDATION);
    },
  }),
  statement({
    id: 'role-must-trust',
    says: 'A role that Scheduler may not assume is refused with ValidationException.',
    source:
      'undocumented on the API page; “The execution role you provide must allow AWS EventBridge Scheduler to assume the role” (github.com/aws/aws-sdk-js-v3/issues/6494). The stack makes the role before the schedules',
    matters: 'a deployment fails at once, rather than every start later on',
    check: async (subject) => {
      const group = await groupOf(subject);
      const RoleArn = await subject.role('lambda.amazonaws.com');
      await allAnswered(
        subject,
        group,
        { 'the role of another service': { Target: { RoleArn } } },
        VALIDATION,
      );
    },
  }),
  statement({
    id: 'group-must-exist',
    says: 'A schedule in a group that does not exist is refused with ResourceNotFoundException.',
    source: `${CREATE}, errors`,
    matters: 'why each schedule depends on its group, which it refers to only by name',
    check: async (subject) => {
      const group = await groupOf(subject);
      const missing = { GroupName: subject.name('missing') };
      await allAnswered(subject, group, { 'a missing group': missing }, 'ResourceNotFoundException');
    },
  }),
  statement({
    id: 'schedule-as-given',
    says: 'GetSchedule shows a schedule as it was created: expression, time zone, window, input, retry policy and dead-letter queue.',
    source: 'EventBridge Scheduler API, GetSchedule',
    matters: 'the deployed schedule is the one that runs',
    check: async (subject) => {
      const group = await groupOf(subject);
      const Name = subject.name('given');
      same('the answer', await create(subject, group, { Name }), 'accepted');
      const schedule = await subject.scheduler.send(new GetScheduleCommand({ Name, GroupName: group.name }));
      const { Input, RetryPolicy, DeadLetterConfig, RoleArn } = schedule.Target ?? {};
      same(
        'the schedule',
        {
          expression: schedule.ScheduleExpression,
          zone: schedule.ScheduleExpressionTimezone,
          window: schedule.FlexibleTimeWindow,
          state: schedule.State,
          input: Input,
          retry: RetryPolicy,
          queue: DeadLetterConfig?.Arn?.endsWith(subject.name('none')),
          role: RoleArn === group.roleArn,
        },
        {
          expression: 'cron(17 9 ? * MON-FRI *)',
          zone: 'Europe/Berlin',
          window: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
          state: 'ENABLED',
          input: inputFor(subject),
          retry: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 7_200 },
          queue: true,
          role: true,
        },
      );
    },
  }),
  statement({
    id: 'missing-schedule',
    says: 'GetSchedule of a schedule that does not exist is refused with ResourceNotFoundException.',
    source: 'EventBridge Scheduler API, GetSchedule, errors',
    matters: 'the survey distinguishes a schedule that is gone from one that it may not read',
    check: async (subject) => {
      const call = new GetScheduleCommand({ GroupName: 'default', Name: subject.name('missing') });
      await refused('it', subject.scheduler.send(call), 'ResourceNotFoundException');
    },
  }),
];
