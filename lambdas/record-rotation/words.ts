import type { DraftRecord, UnknownWhy } from './decide';
import type { RotationRecord } from './record';

/** Why something is not known. */
export const WHY: Readonly<Record<UnknownWhy, string>> = {
  'history-not-read':
    'Step Functions did not show the history of the execution. All that the steps did is unknown: write the record again when it can be read.',
  'history-cut': 'The history has more events than are read. What came last is unknown.',
  'not-noted': 'An earlier release, under which this ran, has not noted it.',
  'by-an-earlier-execution':
    'An earlier execution of the same rotation did it: see its record, which names the same rotation.',
  'found-so':
    'The step found it so, or an earlier attempt of it did it, whose answer was lost. CloudTrail has who, and when.',
  'no-plan': 'No plan has noted which keys the user had.',
  'not-noted-of-each':
    'Not of each key of the user it is noted whether it is still there, and Active. The survey has the keys as they are.',
  'nothing-ties-it':
    'The history does not say who has answered. CloudTrail has the calls of SendTaskSuccess and SendTaskFailure at that time.',
  'starter-not-shown-yet': 'CloudTrail shows events some minutes later: ask it again.',
  'starter-not-shown': 'CloudTrail does not show who started the execution. It shows the last 90 days only.',
  'starter-not-answered': 'CloudTrail has not answered: ask it again.',
  'starter-cut':
    'CloudTrail has more starts of executions around that time than are read, so who started this one is not known. Look for its ARN in a trail, or in CloudTrail within that minute.',
  'start-unknown': 'Step Functions did not describe the execution, and its event does not say when it began.',
  'condemned-key': 'AWS did not accept the key, and it was discarded. CloudTrail has when.',
  'step-cut-off':
    'A step that could have changed it was cut off, or ended in an error: nobody has noted what it had done by then. CloudTrail has its calls, and the survey has the keys as they are.',
  'successor-not-answered':
    'Whoever stopped the execution has said which one takes over, and Step Functions did not describe that one. So nothing bears it out: write the record again when it can be asked.',
  'not-traced':
    'No step has found out what the leaked key did: the execution did not come that far, or the step has failed, or an earlier release had none. CloudTrail shows it for 90 days.',
  'nothing-says-its-result':
    'The execution has succeeded, and neither its history nor its output says with what.',
};

/** The record as it is written. */
export const worded = ({ unknown, ...known }: DraftRecord): RotationRecord => ({
  ...known,
  unknown: unknown.map(({ field, why }) => ({ field, why: WHY[why] })),
});

/** The function was invoked with something else than the event of an end. */
export const notAnEnd = (): string =>
  'This is no event of an execution of this stack that has ended. Only the rule of the stack, or a person who writes a record again, is to invoke this function.';

/** Step Functions knows the execution no more, or never did. */
export const notKnown = (executionArn: string): string =>
  `Step Functions does not know ${executionArn}: it shows executions for 90 days. Without it, nothing bears out what would be recorded.`;

/** Step Functions still shows the execution, or its history, as going on. */
export const notEndedYet = (executionArn: string): string =>
  `Step Functions does not show yet that ${executionArn} has ended. This is tried again.`;

/** CloudWatch Logs has not kept the record. */
export const notKept = (executionArn: string): string =>
  `CloudWatch Logs has not kept the record of ${executionArn}: it takes no event with the time of now. This is tried again.`;
