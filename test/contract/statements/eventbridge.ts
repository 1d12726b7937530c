import {
  DeleteRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge';
import { SetTopicAttributesCommand } from '@aws-sdk/client-sns';
import { STOPPED_FOR_ANOTHER, TAKEN_OVER_BY } from '../../../lambdas/shared/contract/stop';
import { servicePolicy } from '../../support/service-policy';
import { holds, same } from '../deviation';
import { type Statement, statementsAbout } from '../statement';
import type { Subject } from '../subject';
import { synthesizedRule } from './synthesized-rule';

const stateMachineArn = ({ region, accountId }: Subject, name = 'rotation'): string =>
  `arn:aws:states:${region}:${accountId}:stateMachine:${name}`;

/** The detail of an event as Step Functions sends it. */
const detailOf = (
  subject: Subject,
  detail: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => ({
  executionArn: stateMachineArn(subject).replace(':stateMachine:', ':execution:').concat(':e'),
  stateMachineArn: stateMachineArn(subject),
  name: 'e',
  startDate: 1_700_000_000_000,
  stopDate: 1_700_000_001_000,
  input: '{"userName":"alice","trigger":"schedule"}',
  inputDetails: { included: true },
  output: null,
  outputDetails: null,
  ...detail,
});

/** Whether the deployed rule's pattern matches an event. */
const matches = async (
  subject: Subject,
  detail: Readonly<Record<string, unknown>>,
  source = 'aws.states',
): Promise<boolean> => {
  const event = {
    version: '0',
    id: '00000000-0000-4000-8000-000000000000',
    'detail-type': 'Step Functions Execution Status Change',
    source,
    account: subject.accountId,
    time: '2026-01-01T00:00:00Z',
    region: subject.region,
    resources: [detailOf(subject, {}).executionArn],
    detail: detailOf(subject, detail),
  };
  const { Result } = await subject.eventBridge.send(
    new TestEventPatternCommand({
      EventPattern: JSON.stringify(synthesizedRule(stateMachineArn(subject)).pattern),
      Event: JSON.stringify(event),
    }),
  );
  return Result === true;
};

/** The verdict of the pattern on each of these, by name. */
const judged = async (
  subject: Subject,
  details: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Promise<Readonly<Record<string, boolean>>> => {
  const results: Record<string, boolean> = {};
  for (const [name, detail] of Object.entries(details)) results[name] = await matches(subject, detail);
  return results;
};

const PATTERNS = 'EventBridge User Guide, comparison operators for use in event patterns';
const EVENTS = 'Step Functions Developer Guide, Step Functions events in EventBridge';

const statement = statementsAbout('EventBridge');

export const eventBridgeStatements: readonly Statement[] = [
  statement({
    id: 'timed-out-or-aborted',
    says: 'The rule’s pattern matches executions that timed out or were stopped.',
    source: `${PATTERNS}: $or; ${EVENTS}`,
    matters: 'nothing else reports such an end',
    check: async (subject) => {
      same(
        'matches',
        await judged(subject, {
          'timed out': { status: 'TIMED_OUT' },
          aborted: { status: 'ABORTED' },
          'aborted with a cause': { status: 'ABORTED', error: 'ByHand', cause: 'stopped' },
        }),
        { 'timed out': true, aborted: true, 'aborted with a cause': true },
      );
    },
  }),
  statement({
    id: 'stopped-for-another',
    says: 'The rule’s pattern does not match executions that were stopped for another one of the same state machine, and matches those that only say so.',
    source: `${PATTERNS}: anything-but with prefix, null, exists`,
    matters: 'one message for a rollback by hand, and one for a stop that nobody explains',
    check: async (subject) => {
      const another = stateMachineArn(subject).replace(':stateMachine:', ':execution:').concat(':another');
      const stopped = { status: 'ABORTED', error: STOPPED_FOR_ANOTHER };
      same(
        'matches',
        await judged(subject, {
          'names another': { ...stopped, cause: `${TAKEN_OVER_BY}${another}, for the action "rollback".` },
          'names none': { ...stopped, cause: 'I start another one' },
          'cause null': { ...stopped, cause: null },
          'no cause': stopped,
        }),
        { 'names another': false, 'names none': true, 'cause null': true, 'no cause': true },
      );
    },
  }),
  statement({
    id: 'failed-untold',
    says: 'The rule’s pattern matches failed executions whose error the failure branch does not report, is null, or is missing.',
    source: `${PATTERNS}: anything-but, exists, null; ${EVENTS}`,
    matters: 'an execution that failed before or in its failure branch',
    check: async (subject) => {
      same(
        'matches',
        await judged(subject, {
          'another error': { status: 'FAILED', error: 'States.Runtime' },
          'error null': { status: 'FAILED', error: null },
          'no error': { status: 'FAILED' },
        }),
        { 'another error': true, 'error null': true, 'no error': true },
      );
    },
  }),
  statement({
    id: 'failed-told',
    says: 'The rule’s pattern does not match failed executions whose error the failure branch has reported.',
    source: `${PATTERNS}: anything-but`,
    matters: 'one message per failure',
    check: async (subject) => {
      same(
        'matches',
        await judged(subject, {
          SecretConflict: { status: 'FAILED', error: 'SecretConflict' },
          TransientServiceError: { status: 'FAILED', error: 'TransientServiceError' },
        }),
        { SecretConflict: false, TransientServiceError: false },
      );
    },
  }),
  statement({
    id: 'not-failed',
    says: 'The rule’s pattern does not match executions that run or have succeeded.',
    source: `${PATTERNS}: $or`,
    matters: 'no message while all is well',
    check: async (subject) => {
      same(
        'matches',
        await judged(subject, {
          running: { status: 'RUNNING', stopDate: null },
          succeeded: { status: 'SUCCEEDED', output: '{}' },
        }),
        { running: false, succeeded: false },
      );
    },
  }),
  statement({
    id: 'other-state-machine',
    says: 'The rule’s pattern matches neither another state machine’s executions nor another source.',
    source: 'EventBridge User Guide, creating event patterns: values are matched exactly',
    matters: 'messages are about rotations only',
    check: async (subject) => {
      const timedOut = { status: 'TIMED_OUT' };
      const other = { ...timedOut, stateMachineArn: stateMachineArn(subject, 'rotation-2') };
      holds(!(await matches(subject, other)), 'another state machine’s execution is matched');
      holds(!(await matches(subject, timedOut, 'custom.states')), 'another source is matched');
    },
  }),
  statement({
    id: 'event-as-it-is',
    says: 'A rule without an input transformer hands its target the event as it is, with every field of its detail.',
    source: 'EventBridge User Guide, input transformation, introduction; events, structure',
    matters: 'the function that tells of an end reads what the execution was started with',
    check: async (subject) => {
      const inbox = await subject.inbox();
      const Name = subject.name('rule');
      const { pattern } = synthesizedRule(stateMachineArn(subject));
      // Only AWS sends events of the source aws.states, so the rule listens to a source of its own.
      const Source = subject.name('source');
      subject.removeLater(`the rule ${Name}`, async ({ eventBridge }) => {
        await eventBridge.send(new RemoveTargetsCommand({ Rule: Name, Ids: ['topic'] }));
        await eventBridge.send(new DeleteRuleCommand({ Name }));
      });
      const { RuleArn } = await subject.eventBridge.send(
        new PutRuleCommand({ Name, EventPattern: JSON.stringify({ ...pattern, source: [Source] }) }),
      );
      const policy = servicePolicy({
        service: 'events',
        action: 'sns:Publish',
        resource: inbox.topicArn,
        source: RuleArn,
      });
      await subject.sns.send(
        new SetTopicAttributesCommand({
          TopicArn: inbox.topicArn,
          AttributeName: 'Policy',
          AttributeValue: policy,
        }),
      );
      await subject.eventBridge.send(
        new PutTargetsCommand({ Rule: Name, Targets: [{ Id: 'topic', Arn: inbox.topicArn }] }),
      );
      const detail = detailOf(subject, { status: 'TIMED_OUT' });
      await subject.eventBridge.send(
        new PutEventsCommand({
          Entries: [
            {
              Source,
              DetailType: 'Step Functions Execution Status Change',
              Detail: JSON.stringify(detail),
            },
          ],
        }),
      );
      const { Message = '{}' } = await inbox.next('the event');
      const event = JSON.parse(Message) as { readonly source?: unknown; readonly detail?: unknown };
      same('the event', { source: event.source, detail: event.detail }, { source: Source, detail });
    },
  }),
];
