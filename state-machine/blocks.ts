/**
 * The blocks that both definitions are made of: how a task is retried, what is caught, how messages and
 * events are sent. What a definition does, and in which order, is in the definition's own file.
 */
import { DENIALS, ERROR_NAMES } from '../lambdas/shared/contract/errors';
import { type StepName, stepPlaceholder } from '../lambdas/shared/contract/steps';
import { TASK_TIMEOUT_SECONDS } from '../lambdas/shared/contract/timing';
import { UNDERSTANDS_MESSAGES, URGENT_MARK } from '../lambdas/shared/contract/told';
import { STEPS } from '../lambdas/shared/rotation/step-table';
import { anchorOf } from '../lambdas/shared/text/anchor';

/** A state, or a part of one, in the Amazon States Language. */
export type Json = { readonly [field: string]: unknown };

/** States by name, in the order in which a person reads them. */
export type States = { readonly [name: string]: Json };

/** A definition, as it is written to its file. */
export interface Definition {
  readonly Comment: string;
  readonly QueryLanguage: 'JSONPath';
  readonly TimeoutSeconds: number;
  readonly StartAt: string;
  readonly States: States;
}

/** A placeholder, which the deployment replaces with a value. */
export const placeholder = (name: string): string => `\${${name}}`;

/** A resource of Step Functions' own integrations, as every tool knows it. The stack puts its own partition in. */
export const integration = (name: string): string => `arn:aws:states:::${name}`;

const EVERYTHING = ['States.ALL'];

/** Errors after which the function has ended, or never began. */
const FUNCTION_IS_OVER = [
  'TransientServiceError',
  'Lambda.TooManyRequestsException',
  'Sandbox.Timedout',
  'Runtime.ExitError',
];

/** Lambda, or the way to it, has failed. */
const LAMBDA_FAILED = [
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
];

/** Errors that say nothing about the function: it may be at work for its whole timeout. */
const FUNCTION_MAY_LIVE = [...LAMBDA_FAILED, 'Lambda.Unknown', 'States.Timeout'];

/** The call of the function has failed, whether or not the function did its work. */
const CALL_FAILED = [...LAMBDA_FAILED, 'Lambda.TooManyRequestsException'];

/** All of these. */
const WHATEVER_BECAME_OF_IT = [
  ...CALL_FAILED,
  'Lambda.Unknown',
  'Sandbox.Timedout',
  'Runtime.ExitError',
  'States.Timeout',
];

const FOR_SOME_MINUTES = { IntervalSeconds: 10, BackoffRate: 2, MaxDelaySeconds: 300 };

/** How often, and for how long, a denial is retried. */
interface Patience {
  readonly intervalSeconds: number;
  readonly attempts: number;
}

const denials = ({ intervalSeconds, attempts }: Patience): Json => ({
  ErrorEquals: DENIALS,
  IntervalSeconds: intervalSeconds,
  BackoffRate: 1,
  MaxAttempts: attempts,
});

/** How a step is retried. */
export const RETRIES = {
  /** For a step that may run at the same time as an earlier attempt. */
  soon: (patience: Patience): readonly Json[] => [
    {
      ErrorEquals: ['TransientServiceError', ...WHATEVER_BECAME_OF_IT],
      ...FOR_SOME_MINUTES,
      MaxAttempts: 8,
      JitterStrategy: 'FULL',
    },
    denials(patience),
  ],
  /** For a step that must not overlap with an earlier attempt, or with a late request of one. */
  whenItIsOver: (): readonly Json[] => [
    {
      ErrorEquals: FUNCTION_IS_OVER,
      IntervalSeconds: 60,
      BackoffRate: 2,
      MaxDelaySeconds: 600,
      MaxAttempts: 7,
    },
    {
      ErrorEquals: FUNCTION_MAY_LIVE,
      IntervalSeconds: 180,
      BackoffRate: 2,
      MaxDelaySeconds: 600,
      MaxAttempts: 4,
    },
    denials({ intervalSeconds: 60, attempts: 10 }),
  ],
  /** For the way back: fifty minutes, whatever the error. */
  stubbornly: (): readonly Json[] => [
    {
      ErrorEquals: ['TransientServiceError', ...DENIALS, ...WHATEVER_BECAME_OF_IT],
      ...FOR_SOME_MINUTES,
      MaxAttempts: 14,
    },
  ],
};

/** Retries for a task that must get through, and may be done twice. */
export const whateverHappens = (intervalSeconds: number, attempts: number): readonly Json[] => [
  {
    ErrorEquals: EVERYTHING,
    IntervalSeconds: intervalSeconds,
    BackoffRate: 2,
    MaxAttempts: attempts,
    JitterStrategy: 'FULL',
  },
];

/** Where an error leads, and where in the state it is kept; null: nowhere. */
export const caught = (next: string, resultPath: string | null = '$.failure'): readonly Json[] => [
  { ErrorEquals: EVERYTHING, ResultPath: resultPath, Next: next },
];

/** The state that finds out what an error was. */
export const FAILED = 'What went wrong?';

const EXECUTION = {
  'id.$': '$$.Execution.Id',
  'redriveCount.$': '$$.Execution.RedriveCount',
  'startTime.$': '$$.Execution.StartTime',
};

/** Options of {@link step}. */
interface StepOptions {
  readonly comment: string;
  readonly retry: readonly Json[];
  /** Statuses and rules of the plan that came with later releases and that this definition knows. */
  readonly understands?: readonly string[];
  /** Default: to the state that finds out what went wrong. */
  readonly onError?: readonly Json[];
  readonly next: string;
}

/** The state that runs a step. */
export const step = (
  name: StepName,
  { comment, retry, understands = [], onError = caught(FAILED), next }: StepOptions,
): States => ({
  [STEPS[name].stateName]: {
    Type: 'Task',
    Comment: comment,
    Resource: integration('lambda:invoke'),
    Parameters: {
      FunctionName: placeholder(stepPlaceholder(name)),
      Payload: {
        execution: EXECUTION,
        'state.$': '$',
        understands: ['denials', UNDERSTANDS_MESSAGES, ...understands],
      },
    },
    OutputPath: '$.Payload',
    TimeoutSeconds: TASK_TIMEOUT_SECONDS,
    Retry: retry,
    Catch: onError,
    Next: next,
  },
});

/** A Choice state that leads from one status to the next state. The definition knows no other status. */
export const branch = (comment: string, choices: readonly Json[], otherwise: string): Json => ({
  Type: 'Choice',
  Comment: comment,
  Choices: choices,
  Default: otherwise,
});

/** A rule of a Choice state: this status leads there. */
export const status = (value: string, next: string): Json => ({
  Variable: '$.status',
  StringEquals: value,
  Next: next,
});

/** Waits until the time that the last step has set. */
export const wait = (comment: string, next: string): Json => ({
  Type: 'Wait',
  Comment: comment,
  TimestampPath: '$.waitUntil',
  Next: next,
});

/** The execution succeeds. */
export const succeed = (comment: string): Json => ({ Type: 'Succeed', Comment: comment });

/** Asks a function of the owner about consumers. The check that asked judges the answer. */
export const askValidator = (phase: 'adoption' | 'health', comment: string, next: string): Json => ({
  Type: 'Task',
  Comment: comment,
  Resource: integration('lambda:invoke'),
  Parameters: {
    'FunctionName.$': '$.settings.validator',
    Payload: {
      'userName.$': '$.userName',
      'accessKeyId.$': '$.newAccessKeyId',
      'oldAccessKeyId.$': '$.rotation.oldAccessKeyId',
      phase,
    },
  },
  ResultSelector: { 'answer.$': '$.Payload' },
  ResultPath: '$.verdict',
  TimeoutSeconds: 300,
  Retry: [
    {
      ErrorEquals: CALL_FAILED,
      IntervalSeconds: 10,
      BackoffRate: 2,
      MaxAttempts: 3,
      JitterStrategy: 'FULL',
    },
  ],
  Catch: caught(next, '$.verdict'),
  Next: next,
});

/** The `source` of every event. */
export const EVENT_SOURCE = 'iam-access-key-rotation';

/** The details that each event of a rotation has. */
const OF_THE_ROTATION = {
  'userName.$': '$.userName',
  'secretId.$': '$.secretId',
  'newAccessKeyId.$': '$.newAccessKeyId',
  'oldAccessKeyId.$': '$.rotation.oldAccessKeyId',
  'rotationId.$': '$.rotation.rootRotationId',
  'execution.$': '$$.Execution.Id',
  'outcome.$': '$.outcome',
};

const oneEvent = (detailType: string, detail: Json): Json => ({
  Entries: [
    {
      EventBusName: placeholder('EventBusName'),
      Source: EVENT_SOURCE,
      DetailType: detailType,
      Detail: detail,
    },
  ],
});

/** Sends an event to listeners. An event that cannot be sent is dropped: it must never stop a rotation. */
export const announce = (
  detailType: string,
  comment: string,
  next: string,
  detail: Json = OF_THE_ROTATION,
): Json => ({
  Type: 'Task',
  Comment: `${comment} An event that cannot be sent is dropped: it must never stop a rotation.`,
  Resource: integration('events:putEvents'),
  Parameters: oneEvent(detailType, detail),
  ResultPath: null,
  TimeoutSeconds: 30,
  Retry: whateverHappens(2, 4),
  Catch: caught(next, null),
  Next: next,
});

/** The same, with what is known of a leaked key. */
export const announceTrace = (comment: string, next: string): Json =>
  announce('Leaked Access Key Traced', comment, next, { ...OF_THE_ROTATION, 'trace.$': '$.trace' });

/** Asks the owner's system, which answers with the task token. The check that asked judges the answer. */
export const askOwner = (comment: string, next: string): Json => ({
  Type: 'Task',
  Comment: comment,
  Resource: integration('events:putEvents.waitForTaskToken'),
  Parameters: oneEvent('Access Key Acknowledgement Requested', {
    ...OF_THE_ROTATION,
    'answerBefore.$': '$.waitUntil',
    'taskToken.$': '$$.Task.Token',
  }),
  ResultSelector: { given: true },
  ResultPath: '$.acknowledgement',
  TimeoutSecondsPath: '$.acknowledgementSeconds',
  Retry: [
    {
      ErrorEquals: [
        'EventBridge.FailedEntry',
        'EventBridge.InternalException',
        'EventBridge.ThrottlingException',
        'EventBridge.SdkClientException',
        'EventBridge.EventBridgeException',
        'EventBridge.AmazonEventBridgeException',
      ],
      ...FOR_SOME_MINUTES,
      MaxAttempts: 8,
      JitterStrategy: 'FULL',
    },
  ],
  Catch: caught(next, '$.acknowledgement'),
  Next: next,
});

/** Options of {@link tell}. */
interface TellOptions {
  readonly comment: string;
  /** Where the message is. Default: where a step puts it. */
  readonly from?: string;
  /** The text to send. Default: that of the message. */
  readonly text?: string;
  readonly next: string;
  /** The state to go to if the message could not be sent. */
  readonly onError: readonly Json[];
  /**
   * For a message that must not delay the rotation: three attempts, half a minute each. Default: six, a
   * minute each.
   */
  readonly briefly?: true;
}

/** A message attribute, by which subscriptions filter (Amazon SNS Developer Guide, "Message attributes"). */
const attribute = (path: string): Json => ({ DataType: 'String', 'StringValue.$': path });

/** Sends a message to people. */
export const tell = ({
  comment,
  from = '$.message',
  text = `${from}.text`,
  next,
  onError,
  briefly,
}: TellOptions): Json => ({
  Type: 'Task',
  Comment: comment,
  Resource: integration('sns:publish'),
  Parameters: {
    TopicArn: placeholder('NotificationTopicArn'),
    'Subject.$': `${from}.subject`,
    'Message.$': text,
    MessageAttributes: Object.fromEntries(
      ['user', 'event', 'urgent'].map((name) => [name, attribute(`${from}.${name}`)]),
    ),
  },
  ResultPath: null,
  TimeoutSeconds: briefly ? 30 : 60,
  Retry: briefly ? whateverHappens(2, 2) : whateverHappens(5, 5),
  Catch: onError,
  Next: next,
});

/** The rule of a Choice state: a step has put a message beside this status. */
export const told = (value: string, next: string): Json => ({
  And: [
    { Variable: '$.status', StringEquals: value },
    { Variable: '$.message', IsPresent: true },
  ],
  Next: next,
});

/** What a definition says itself, where no step can: in the form that steps give their messages. */
interface OwnMessage {
  /** For the subject. */
  readonly title: string;
  /** Where the user and the place are. */
  readonly about: string;
  readonly event: Json;
  readonly section: string;
  readonly urgent: string;
  readonly what: readonly string[];
  readonly keys: readonly string[];
  readonly next: readonly string[];
  /** JSON paths of what stands in braces, in the order in which it stands there. */
  readonly values: readonly string[];
}

/** A text of an intrinsic function: States.Format, and what stands in its braces. */
const format = (text: string, values: readonly string[]): string =>
  `States.Format('${text}', ${values.join(', ')})`;

/** A message of the definition itself. What it is about may be urgent: the definition cannot know, and unknown is not safe. */
export const ownMessage = ({
  title,
  about,
  event,
  section,
  urgent,
  what,
  keys,
  next,
  values,
}: OwnMessage): Json => {
  const block = (heading: string, lines: readonly string[]): string => `${heading}\n${lines.join('\n')}\n\n`;
  const text =
    `{}: ${title}.\n\n${block('WHAT HAPPENED', what)}URGENT: ${urgent}\n\n${block('KEYS', keys)}${block('DO THIS', next)}` +
    `MORE\nRunbook: ${placeholder('RunbookUrl')}#${anchorOf(section)}\nExecution: {}`;
  return {
    'subject.$': format(`${URGENT_MARK}[{}] ${title}`, [`${about}.place`]),
    'text.$': format(text, [`${about}.place`, ...values, '$$.Execution.Id']),
    'user.$': `${about}.user`,
    ...event,
    urgent: 'yes',
    section,
  };
};

/** Of whom nothing is known: the input was not admitted, and anybody may have written it. */
export const ABOUT_NOBODY: Json = {
  user: 'unknown',
  place: `${placeholder('AccountId')}/${placeholder('Region')}`,
};

/** Shows what an execution was started with, and how it has ended. */
export const DESCRIBE_IT = `   aws stepfunctions describe-execution --region ${placeholder('Region')} --execution-arn {}`;

/** The state with which a failure that has been explained is told. */
const ANNOUNCEMENT = 'Announce the failure';

/** The end of an execution that has something to say, and could tell nobody. */
export const UNTOLD = 'Failed, and nobody could be told';

/** States of the failure branch: nothing of an input is told that may be too long, or look like a message. */
export const QUOTED = {
  ask: 'May the input be quoted?',
  yes: 'Quote the input',
  no: 'Leave the input where it is',
};

/** Puts an explanation where the failure branch finds it. The branch begins with the next state. */
export const explain = (next: string, parameters: Json, comment?: string): Json => ({
  Type: 'Pass',
  ...(comment !== undefined && { Comment: comment }),
  Parameters: parameters,
  ResultPath: '$.failure',
  Next: next,
});

/** Matches our own errors, which a step has explained. */
export const isExplained: Json = {
  And: [
    { Or: ERROR_NAMES.map((name) => ({ Variable: '$.failure.Error', StringEquals: name })) },
    { Variable: '$.failure.Cause', IsPresent: true },
    { Variable: '$.failure.Cause', StringMatches: '{*"errorMessage":*}' },
  ],
};

/** Matches an explanation that is a message. That of another release is not. */
export const isAMessage: Json = {
  Variable: '$.failure.details.errorMessage',
  StringMatches: '{"subject":*}',
};

/** Matches what Lambda or Step Functions says in a sentence. */
export const isASentence: Json = {
  And: [
    { Variable: '$.failure.Cause', IsPresent: true },
    { Not: { Variable: '$.failure.Cause', StringMatches: '{*' } },
    { Not: { Variable: '$.failure.Cause', StringEquals: '' } },
  ],
};

const NOT_ADMITTED = 'what the plan has not admitted: see the input of the execution';

/** Leaves the input out of the message. */
export const leaveInput = (): Json => ({
  Type: 'Pass',
  Comment: 'It may be too long for a message, or look like one.',
  Parameters: { input: NOT_ADMITTED, text: NOT_ADMITTED },
  ResultPath: '$.startedWith',
  Next: ANNOUNCEMENT,
});

/** Quotes the input in the message as it is. */
export const quoteInput = (): Json => ({
  Type: 'Pass',
  Comment: 'A few hundred characters, in one line: the plan admits nothing else.',
  Parameters: {
    'input.$': '$$.Execution.Input',
    'text.$': 'States.JsonToString($$.Execution.Input)',
  },
  ResultPath: '$.startedWith',
  Next: ANNOUNCEMENT,
});

/** The end of every failed execution: an event for listeners, then a message for people. */
export const failureBranch = (): States => ({
  [ANNOUNCEMENT]: announce(
    'Access Key Rotation Failed',
    'Says the same as the message to a person.',
    'Tell a person',
    {
      'error.$': '$.failure.Error',
      'userName.$': '$.failure.message.user',
      'subject.$': '$.failure.message.subject',
      'message.$': '$.failure.message.text',
      'urgent.$': '$.failure.message.urgent',
      'input.$': '$.startedWith.input',
      'execution.$': '$$.Execution.Id',
    },
  ),
  'Tell a person': tell({
    comment: 'One message for each failed rotation.',
    from: '$.failure.message',
    text: format('{}\nStarted with: {}', ['$.failure.message.text', '$.startedWith.text']),
    onError: caught(UNTOLD, '$.untold'),
    next: 'Rotation failed',
  }),
  'Rotation failed': {
    Type: 'Fail',
    Comment: 'The keys are in the state that the cause describes.',
    ErrorPath: '$.failure.Error',
    CausePath: '$.failure.message.text',
  },
  [UNTOLD]: {
    Type: 'Fail',
    Comment: 'Under a name of its own, so that the rule for untold failures sends the message.',
    Error: 'PersonNotTold',
    CausePath: '$.failure.message.text',
  },
});
