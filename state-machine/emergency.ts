import { DECLARATION_OPEN_SECONDS } from '../lambdas/shared/contract/timing';
import { URGENT_MARK } from '../lambdas/shared/contract/told';
import { DECLARED_BY } from '../lambdas/shared/rotation/rotation-state';
import { anchorOf } from '../lambdas/shared/text/anchor';
import {
  ABOUT_NOBODY,
  branch,
  caught,
  DESCRIBE_IT,
  type Definition,
  explain,
  failureBranch,
  integration,
  leaveInput,
  placeholder,
  QUOTED,
  type States,
  succeed,
  whateverHappens,
} from './blocks';

const START = 'Start the rotation';

/** The fields that a declaration needs. */
const NEEDED = ['userName', 'accessKeyId', 'reason'];

/** The fields that a declaration may leave out, with what they mean then. */
const LEFT_OUT = { outage: 'avoided', leakedSince: 'unknown' };

/** States that put in what was left out: a field that is not there cannot be handed on. */
const leftOut: States = Object.fromEntries(
  Object.entries(LEFT_OUT).flatMap(([field, value], index, all) => {
    const name = (of: string) => `Is "${of}" left out?`;
    const next = all[index + 1];
    const then = next === undefined ? START : name(next[0]);
    const fill = `Put in "${field}"`;
    return [
      [
        name(field),
        branch(
          'A declaration need not say it.',
          [{ Variable: `$.${field}`, IsPresent: true, Next: then }],
          fill,
        ),
      ],
      [fill, { Type: 'Pass', Result: value, ResultPath: `$.${field}`, Next: then }],
    ];
  }),
);

/**
 * The declaration that a key has leaked: the only way to start a rotation that may name a key. It is a state
 * machine of its own because IAM policies can tell state machines apart, but cannot look into the input of an
 * execution.
 */
export const emergency: Definition = {
  Comment:
    'Declares that an access key of one IAM user has leaked. Start it with {"userName":"alice","accessKeyId":"AKIA...","reason":"in a ' +
    'public repository"}. It starts the rotation that gives consumers another key and sets the leaked one Inactive at once. A rotation ' +
    'accepts an emergency only from here.',
  QueryLanguage: 'JSONPath',
  TimeoutSeconds: 2 * DECLARATION_OPEN_SECONDS,
  StartAt: 'Is the declaration complete?',
  States: {
    'Is the declaration complete?': {
      Type: 'Choice',
      Comment: 'The plan of the rotation judges what is in the fields, as with every other start.',
      Choices: [
        {
          And: NEEDED.flatMap((field) => [
            { Variable: `$.${field}`, IsPresent: true },
            { Variable: `$.${field}`, IsString: true },
          ]),
          Next: Object.keys(leftOut)[0],
        },
      ],
      Default: 'Explain what a declaration needs',
    },
    ...leftOut,
    [START]: {
      Type: 'Task',
      Comment:
        'Under the name of this execution, so that a repeated start, after a lost answer, is the same one. The ARN tells the rotation ' +
        'where to ask whether it was declared. By the same field, the console links the two.',
      Resource: integration('states:startExecution'),
      Parameters: {
        StateMachineArn: placeholder('RotationStateMachineArn'),
        'Name.$': '$$.Execution.Name',
        Input: {
          ...Object.fromEntries(
            [...NEEDED, ...Object.keys(LEFT_OUT)].map((field) => [`${field}.$`, `$.${field}`]),
          ),
          action: 'emergency',
          [`${DECLARED_BY}.$`]: '$$.Execution.Id',
        },
      },
      ResultPath: '$.rotation',
      TimeoutSeconds: 60,
      Retry: [
        {
          ErrorEquals: ['StepFunctions.ExecutionAlreadyExistsException'],
          IntervalSeconds: 1,
          BackoffRate: 1,
          MaxAttempts: 0,
        },
        ...whateverHappens(2, 5),
      ],
      Catch: caught('Explain a start that failed'),
      Next: 'Answer for the declaration',
    },
    'Answer for the declaration': {
      Type: 'Wait',
      Comment:
        'The plan of the rotation asks whether this execution is running, and may have to ask several times. The emergency itself does ' +
        'not wait.',
      Seconds: DECLARATION_OPEN_SECONDS,
      Next: 'Handed over',
    },
    'Handed over': succeed(
      'The rotation that this execution has started does the rest, and sends a person the outcome.',
    ),
    'Explain what a declaration needs': {
      Type: 'Pass',
      Comment:
        'The input lacks a field, or a field is not text, or the input is not an object and has no room for an error beside it: so the error takes its place.',
      Parameters: {
        failure: {
          Error: 'InvalidRotationInput',
          section: 'InvalidRotationInput',
          message: {
            subject: `${URGENT_MARK}[${ABOUT_NOBODY.place}] an emergency was not declared`,
            text: [
              `${ABOUT_NOBODY.place}: an emergency was not declared.`,
              '',
              'WHAT HAPPENED',
              'A declaration needs the name of the user, the ID of the access key that has leaked, and a reason. One of them was missing.',
              'No rotation was started.',
              '',
              'URGENT: YES. THE LEAKED KEY MAY STILL BE ACTIVE.',
              '',
              'KEYS',
              'No key was changed.',
              '',
              'DO THIS',
              'Declare the emergency again now, with all three:',
              `   aws stepfunctions start-execution --region ${placeholder('Region')} --state-machine-arn ${placeholder('EmergencyStateMachineArn')} ` +
                `--name "emergency-$(date -u +%Y%m%dT%H%M%SZ)" --input '{"userName":"NAME","accessKeyId":"AKIA...","reason":"WHERE IT LEAKED"}'`,
              '',
              'MORE',
              `Runbook: ${placeholder('RunbookUrl')}#${anchorOf('InvalidRotationInput')}`,
            ].join('\n'),
            user: ABOUT_NOBODY.user,
            event: 'InvalidRotationInput',
            urgent: 'yes',
            section: 'InvalidRotationInput',
          },
        },
      },
      Next: QUOTED.no,
    },
    'Explain a start that failed': explain(QUOTED.no, {
      Error: 'EmergencyNotStarted',
      section: 'EmergencyNotStarted',
      message: {
        subject: `${URGENT_MARK}[${ABOUT_NOBODY.place}] an emergency was not started`,
        'text.$': `States.Format('${[
          `{} @ ${ABOUT_NOBODY.place}: an emergency was not started.`,
          '',
          'WHAT HAPPENED',
          'The rotation that retires the leaked key could not be started: {}.',
          '',
          'URGENT: YES. THE LEAKED KEY MAY STILL BE ACTIVE.',
          '',
          'KEYS',
          'No key was changed by this execution. It names {} as leaked.',
          '',
          'DO THIS',
          '1. See what AWS said, and what was declared:',
          DESCRIBE_IT,
          '2. Look for an execution of the rotations that has the same name and this emergency as its input:',
          `   aws stepfunctions describe-execution --region ${placeholder('Region')} --execution-arn ${placeholder('RotationExecutions')}:{}`,
          '3. If there is none, declare the emergency again now, under another name.',
          '',
          'MORE',
          `Runbook: ${placeholder('RunbookUrl')}#${anchorOf('EmergencyNotStarted')}`,
          'Execution: {}',
        ].join(
          '\n',
        )}', $.userName, $.failure.Error, $.accessKeyId, $$.Execution.Id, $$.Execution.Name, $$.Execution.Id)`,
        'user.$': '$.userName',
        event: 'EmergencyNotStarted',
        urgent: 'yes',
        section: 'EmergencyNotStarted',
      },
    }),
    [QUOTED.no]: leaveInput(),
    ...failureBranch(),
  },
};
