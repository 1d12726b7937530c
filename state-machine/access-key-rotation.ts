import {
  ABOUT_NOBODY,
  announce,
  announceTrace,
  askOwner,
  askValidator,
  branch,
  caught,
  DESCRIBE_IT,
  type Definition,
  explain,
  FAILED,
  failureBranch,
  isAMessage,
  isASentence,
  isExplained,
  type Json,
  leaveInput,
  ownMessage,
  placeholder,
  QUOTED,
  quoteInput,
  RETRIES,
  status,
  step,
  succeed,
  tell,
  told,
  UNTOLD,
  wait,
} from './blocks';

const UNKNOWN = 'Explain an unknown status';

const DEACTIVATE = 'Deactivate the old key';
const LEAKED_IS_INACTIVE = 'Tell a person that the leaked key is Inactive';
const CREATE = 'Create and store a new key';
const TELL_OF_CONTAINMENT = 'Tell a person that the leaked key is contained';
const LEAKED_IS_GONE = 'Tell a person that the leaked key is gone';

const TRACE = 'Find out what the leaked key did';
const NOT_TRACED = 'Say that nobody knows what the leaked key did';
const CONTAINED = 'Is the leaked key still there?';
/** The plan of an earlier release has no such list, and of an ordinary rotation the list is empty. */
const HAS_LEAKED = { Variable: '$.rotation.leakedAccessKeyIds[0]', IsPresent: true };

const INTERRUPTED = [
  'Every step can be repeated safely, and no key was lost.',
  'The keys are as the last completed step left them, or as the step that was cut off would have left them.',
];

const START_IT_AGAIN = [
  '1. See what it was started with, and what AWS says of its end:',
  DESCRIBE_IT,
  '2. Start a new execution with the same input: it goes on from what is there.',
];

const IF_IT_MATTERS =
  'YES, if this was an emergency or a rollback: THE LEAKED KEY MAY STILL BE ACTIVE, or the old key Inactive. Start that again ' +
  'now. Otherwise no: consumers go on with the key that they have.';

/** What is said of a step that was cut off. */
const cutOff = (what: string, values: readonly string[]): Json =>
  ownMessage({
    title: 'a step was cut off',
    about: '$.about',
    event: { 'event.$': '$.failure.Error' },
    section: 'A step was cut off',
    urgent: IF_IT_MATTERS,
    what: [what],
    keys: INTERRUPTED,
    next: START_IT_AGAIN,
    values: [...values, '$$.Execution.Id'],
  });

const NOTICE_PASSES = 'Wait for the notice to pass';

/** The rotation of one user's access key. */
export const rotation: Definition = {
  Comment:
    'Rotates the access key of one IAM user. Start it with {"userName":"alice"}. It creates a second key, lets consumers move to ' +
    'it, sets the old key Inactive, watches the consumers while one call can still bring it back, and only then deletes it. Every ' +
    'step can be repeated; a new execution goes on where a failed one stopped.',
  QueryLanguage: 'JSONPath',
  TimeoutSeconds: 7_776_000,
  StartAt: 'Plan the rotation',
  States: {
    ...step('plan-rotation', {
      comment:
        "Reads the user's keys and secret, and decides whether there is anything to do. Changes nothing.",
      understands: ['notice', 'declared-emergency'],
      retry: RETRIES.soon({ intervalSeconds: 15, attempts: 4 }),
      onError: [{ ErrorEquals: ['States.ALL'], Next: 'Keep what the plan said' }],
      next: 'Is a rotation due?',
    }),
    'Is a rotation due?': branch(
      'A scheduled start rotates a key that is old enough; a manual start rotates at any age.',
      [
        status('due', 'Create and store a new key'),
        status('stop-first', 'Stop the running rotation'),
        status('notice', 'Give notice of the rotation'),
        status('planned', 'Only a plan'),
        told('on-hold', 'Remind a person of the hold'),
        status('on-hold', 'On hold'),
        status('nothing-to-do', 'Nothing to do'),
      ],
      UNKNOWN,
    ),
    'Give notice of the rotation': tell({
      comment:
        'Says when it begins, and what to do until then. The wait is as long, whether this is sent or not: a notice that nobody got is ' +
        'no reason to leave a key in use that is too old.',
      onError: caught(NOTICE_PASSES, null),
      next: NOTICE_PASSES,
    }),
    [NOTICE_PASSES]: {
      ...wait(
        'Nothing is held or changed meanwhile. Then the plan is made again: a person may have started the rotation, or paused the user.',
        'Plan the rotation',
      ),
      OutputPath: '$.input',
    },
    'Only a plan': succeed(
      'Nothing was changed. The output says what a rotation would do, and what stands in its way.',
    ),
    'Nothing to do': succeed('The output says why.'),
    'Remind a person of the hold': tell({
      comment:
        'A rollback, or a missing acknowledgement, has put the rotation on hold: it goes on only when a person resumes it.',
      onError: caught(FAILED),
      next: 'On hold',
    }),
    'On hold': succeed('Nothing was changed. Resume with the action resume when the consumers are well.'),
    ...step('stop-execution', {
      comment:
        "For an emergency, or a rollback by hand: stops the execution that holds the user's lock. Changes no key.",
      retry: RETRIES.soon({ intervalSeconds: 30, attempts: 10 }),
      next: 'Wait until it has come to rest',
    }),
    'Wait until it has come to rest': wait(
      'Its last function may run for as long as a function may, and a request that it sent for a minute more.',
      'Create and store a new key',
    ),
    ...step('create-access-key', {
      comment:
        "Takes the user's lock, decides again on a fresh read, recovers what an earlier execution left, creates the second key and " +
        'stores it in the secret under a label that no consumer reads. If the function may still be at work, the step is not ' +
        'repeated before it must have ended.',
      understands: ['contained', 'notice'],
      retry: [
        { ErrorEquals: ['RotationInProgress'], IntervalSeconds: 60, BackoffRate: 1, MaxAttempts: 4 },
        ...RETRIES.whenItIsOver(),
      ],
      next: 'Where does the rotation stand?',
    }),
    'Where does the rotation stand?': branch(
      'A rotation that an earlier execution began goes on where it stopped.',
      [
        told('contained', TELL_OF_CONTAINMENT),
        status('contained', CREATE),
        status('created', 'Test the new key'),
        status('published', 'Announce the new key'),
        told('deactivated', LEAKED_IS_INACTIVE),
        status('deactivated', 'Announce the deactivation'),
        told('retired', LEAKED_IS_GONE),
        status('retired', 'Delete the old key'),
        status('restore', 'Reactivate the old key'),
        status('nothing-to-do', 'Nothing to do'),
      ],
      UNKNOWN,
    ),
    [TELL_OF_CONTAINMENT]: tell({
      comment:
        'Before anything else is done: programs may fail from now on. The emergency goes on, told or not, and does not wait for long.',
      briefly: true,
      onError: caught(CREATE, null),
      next: CREATE,
    }),
    ...step('test-access-key', {
      comment:
        'Signs calls with the new key until it works reliably. A key that does not is condemned and deleted before a consumer could ' +
        'read it. If the function may still be at work, the step is not repeated before it must have ended.',
      retry: RETRIES.whenItIsOver(),
      next: 'Publish the new key',
    }),
    ...step('publish-access-key', {
      comment: 'Moves AWSCURRENT to the new key. Both keys work.',
      understands: ['notice'],
      retry: RETRIES.soon({ intervalSeconds: 30, attempts: 20 }),
      next: 'Announce the new key',
    }),
    'Announce the new key': announce(
      'Access Key Published',
      'For systems that can move consumers at once.',
      'Wait for the overlap period',
    ),
    'Wait for the overlap period': wait(
      'Consumers read the new key at their own pace. People are told before it ends, and have the time that they are told of.',
      'Check that consumers have moved',
    ),
    ...step('confirm-adoption', {
      comment: 'Judges by when and by whom both keys were last used, and by the health alarms.',
      understands: ['notice'],
      retry: RETRIES.soon({ intervalSeconds: 30, attempts: 20 }),
      next: 'May the old key be deactivated?',
    }),
    'May the old key be deactivated?': branch(
      'Only if the old key is quiet, the new one is in use, people are there to notice, and everyone who has to be asked agrees.',
      [
        status('adopted', 'Announce that consumers have moved'),
        told('go-on', 'Tell a person who has not moved'),
        status('go-on', DEACTIVATE),
        status('notice', 'Give notice of the deactivation'),
        status('wait-for-consumers', 'Wait for consumers to move'),
        status('wait-for-window', 'Wait for the deactivation window'),
        told('no-old-key', LEAKED_IS_GONE),
        status('no-old-key', 'Delete the old key'),
        status('ask-validator', "Ask the owner's validator about adoption"),
        status('ask-acknowledgement', 'Ask the owner to acknowledge the deactivation'),
        status('roll-back', 'Reactivate the old key'),
      ],
      UNKNOWN,
    ),
    'Give notice of the deactivation': tell({
      comment:
        'Says when the old key is set Inactive at the earliest, and what to do until then. The wait is as long, whether this is sent or ' +
        'not: the key is set Inactive only when nothing uses it.',
      onError: caught('Wait for the overlap period', null),
      next: 'Wait for the overlap period',
    }),
    "Ask the owner's validator about adoption": askValidator(
      'adoption',
      'A function of the owner says whether consumers work with the new key. No answer counts as no.',
      'Check that consumers have moved',
    ),
    'Ask the owner to acknowledge the deactivation': askOwner(
      "Waits until the owner's system answers with the task token. A no, or no answer in time, stops the rotation with both keys " +
        'Active.',
      'Check that consumers have moved',
    ),
    'Announce that consumers have moved': announce(
      'Access Key Adoption Confirmed',
      'The old key is deactivated next.',
      'Deactivate the old key',
    ),
    'Tell a person who has not moved': tell({
      comment:
        'It is not certain that all consumers have moved, but the deadline has passed and the owner wants to go on.',
      onError: caught(FAILED),
      next: 'Deactivate the old key',
    }),
    'Wait for consumers to move': wait(
      'The interval between checks grows.',
      'Check that consumers have moved',
    ),
    'Wait for the deactivation window': wait(
      "By default working days and hours in the user's time zone. The check is repeated when it opens.",
      'Check that consumers have moved',
    ),
    ...step('deactivate-access-key', {
      comment: 'Sets the old key Inactive. One call can still bring it back.',
      understands: ['look-again'],
      retry: RETRIES.soon({ intervalSeconds: 30, attempts: 20 }),
      next: 'Is the old key Inactive?',
    }),
    'Is the old key Inactive?': branch(
      'If something has come up since the check, such as a pause, an alarm or the end of the window, the check judges it.',
      [
        told('deactivated', LEAKED_IS_INACTIVE),
        status('deactivated', 'Announce the deactivation'),
        status('look-again', 'Wait for consumers to move'),
      ],
      UNKNOWN,
    ),
    [LEAKED_IS_INACTIVE]: tell({
      comment:
        'Not before it is so. Who still holds the leaked key fails from now on. The emergency goes on, told or not.',
      onError: caught('Announce the deactivation', null),
      next: 'Announce the deactivation',
    }),
    [LEAKED_IS_GONE]: tell({
      comment: 'Somebody has deleted it, or it had to make room. The emergency goes on, told or not.',
      onError: caught(TRACE, null),
      next: TRACE,
    }),
    'Announce the deactivation': announce(
      'Access Key Deactivated',
      'From now on a consumer that still has the old key fails.',
      'Has a key leaked?',
    ),
    'Has a key leaked?': branch(
      'Only an emergency says so.',
      [
        { Not: HAS_LEAKED, Next: 'Wait in the recovery period' },
        { ...HAS_LEAKED, Next: TRACE },
      ],
      UNKNOWN,
    ),
    ...step('trace-leaked-key', {
      comment:
        'Asks CloudTrail in every Region, and IAM for what AWS has attached to the user. Changes nothing, and nothing depends on it: ' +
        'the leaked key is Inactive or gone, and whatever becomes of this, the rotation goes on.',
      retry: RETRIES.soon({ intervalSeconds: 30, attempts: 20 }),
      onError: caught(NOT_TRACED, null),
      next: 'Is all known that can be?',
    }),
    'Is all known that can be?': branch(
      'CloudTrail shows events late, so there is a second look. It is told only if it shows anything else.',
      [
        told('look-again', 'Tell a person what is known so far'),
        told('traced', 'Tell a person what the leaked key did'),
        status('traced', 'Announce what the leaked key did'),
      ],
      NOT_TRACED,
    ),
    'Tell a person what is known so far': tell({
      comment: 'While there is time to do something about it.',
      onError: caught('Announce what is known so far', null),
      next: 'Announce what is known so far',
    }),
    'Announce what is known so far': announceTrace(
      'For systems that respond to incidents.',
      'Wait until CloudTrail shows more',
    ),
    'Wait until CloudTrail shows more': wait('Then it is asked once more, for the last time.', TRACE),
    'Tell a person what the leaked key did': tell({
      comment: 'It is not what the first look has shown, or that was not all.',
      onError: caught('Announce what the leaked key did', null),
      next: 'Announce what the leaked key did',
    }),
    'Announce what the leaked key did': announceTrace('The second look, and the last one.', CONTAINED),
    [NOT_TRACED]: {
      Type: 'Pass',
      Comment: 'Silence would read as if nothing had happened.',
      Parameters: {
        message: ownMessage({
          title: 'what the leaked key did is not known',
          about: '$.about',
          event: { event: 'LeakedKeyTraced' },
          section: 'LeakedKeyTraced',
          urgent:
            'YES. Nobody has looked what the leaked key did, and sessions obtained with it may still work.',
          what: [
            'The leaked key {} does not work any more. The step that finds out what it did has failed, and is not tried again.',
            'What the key did is not known. That is no sign that it did nothing.',
          ],
          keys: ['The rotation goes on as if nothing had failed.'],
          next: [
            '1. End the sessions that were obtained with the key, as the runbook says.',
            '2. See what was done with it. Look in EVERY enabled Region: change the Region in the command.',
            `   aws cloudtrail lookup-events --region ${placeholder('Region')} --lookup-attributes AttributeKey=AccessKeyId,AttributeValue={}`,
            '3. See whether AWS has attached a quarantine policy to the user: it would restrict the new key, too.',
            '   aws iam list-attached-user-policies --user-name={}',
          ],
          values: ['$.rotation.oldAccessKeyId', '$.rotation.oldAccessKeyId', '$.userName'],
        }),
      },
      ResultPath: '$.notTraced',
      Next: 'Tell a person that nobody knows what it did',
    },
    'Tell a person that nobody knows what it did': tell({
      comment: 'The rotation goes on, told or not.',
      from: '$.notTraced.message',
      onError: caught(CONTAINED, null),
      next: CONTAINED,
    }),
    [CONTAINED]: branch(
      'One that is Inactive is watched and deleted as any other old key.',
      [
        {
          And: [
            { Variable: '$.deactivatedAt', IsPresent: true },
            { Variable: '$.healthChecks', IsPresent: true },
          ],
          Next: 'Wait in the recovery period',
        },
        { Not: { Variable: '$.deactivatedAt', IsPresent: true }, Next: 'Delete the old key' },
      ],
      UNKNOWN,
    ),
    'Wait in the recovery period': wait(
      'Early and often at first, at least daily later.',
      'Check that consumers are well',
    ),
    ...step('confirm-health', {
      comment: "Reads the owner's alarms. An alarm that cannot be read does not count as healthy.",
      understands: ['no-verdict'],
      retry: RETRIES.soon({ intervalSeconds: 30, attempts: 20 }),
      next: 'Are consumers well?',
    }),
    'Are consumers well?': branch(
      'The old key is deleted only after the whole recovery period.',
      [
        status('check-again', 'Wait in the recovery period'),
        told('no-verdict', 'Tell a person that nobody can say'),
        status('no-verdict', 'Wait in the recovery period'),
        status('recovered', 'Delete the old key'),
        status('roll-back', 'Reactivate the old key'),
        status('ask-validator', "Ask the owner's validator about health"),
      ],
      UNKNOWN,
    ),
    'Tell a person that nobody can say': tell({
      comment:
        'An alarm or the validator is gone, or may not be asked, or the user is no longer enrolled. The watch goes on, whether this is sent or ' +
        'not.',
      briefly: true,
      onError: caught('Wait in the recovery period', null),
      next: 'Wait in the recovery period',
    }),
    "Ask the owner's validator about health": askValidator(
      'health',
      'A function of the owner says whether consumers are well without the old key. No answer counts as no.',
      'Check that consumers are well',
    ),
    ...step('delete-access-key', {
      comment:
        "Deletes the old key for good, removes what a crash may have left, then releases the user's lock. If the function may " +
        'still be at work, the step is not repeated before it must have ended.',
      understands: ['look-again'],
      retry: RETRIES.whenItIsOver(),
      next: 'Is the old key deleted?',
    }),
    'Is the old key deleted?': branch(
      'If something has come up since the check, such as a pause or an alarm, the check judges it.',
      [status('completed', 'Announce the deletion'), status('look-again', 'Wait in the recovery period')],
      UNKNOWN,
    ),
    'Announce the deletion': announce('Access Key Deleted', 'The rotation is complete.', 'Rotation complete'),
    'Rotation complete': succeed('The user has one access key, and consumers use it.'),
    ...step('reactivate-access-key', {
      comment:
        'Brings the old key back and puts the rotation on hold. Tried for fifty minutes: if it gave up between the two, the next ' +
        'scheduled start would deactivate the key again.',
      retry: RETRIES.stubbornly(),
      next: 'Announce the rollback',
    }),
    'Announce the rollback': announce(
      'Access Key Rolled Back',
      'The old key is Active, and the rotation is on hold.',
      'Who asked for the rollback?',
    ),
    'Who asked for the rollback?': branch(
      'A rollback that nobody asked for is a failure that a person is told of.',
      [
        told('rolled-back', 'Keep why it was rolled back'),
        told('rolled-back-by-hand', 'Tell a person of the rollback'),
      ],
      UNKNOWN,
    ),
    'Keep why it was rolled back': explain(
      QUOTED.ask,
      { 'Error.$': '$.failure.Error', 'section.$': '$.message.section', 'message.$': '$.message' },
      'The step has explained it already, in the words that the message to people uses.',
    ),
    'Tell a person of the rollback': tell({
      comment:
        'Whoever asked for it is not all who have to know. The execution that it stopped has said nothing, so this one must not ' +
        'end in silence.',
      onError: caught('Keep that the rollback is untold', '$.untold'),
      next: 'Rolled back',
    }),
    'Keep that the rollback is untold': explain(
      UNTOLD,
      { 'message.$': '$.message' },
      'The rollback itself is done, and what it has to say is the cause.',
    ),
    'Rolled back': succeed(
      'As a person asked: both keys work, and the rotation is on hold until it is resumed.',
    ),
    [UNKNOWN]: explain(
      QUOTED.ask,
      {
        Error: 'StateDrift',
        section: 'StateDrift',
        message: ownMessage({
          title: 'two releases are at work at once',
          about: '$.about',
          event: { event: 'StateDrift' },
          section: 'StateDrift',
          urgent: IF_IT_MATTERS,
          what: [
            'A step ended with the status {}, which this state machine does not know.',
            'The step and the state machine come from different deployments. Nothing was changed after that step.',
          ],
          keys: ['As that step left them.'],
          next: [
            '1. Deploy again.',
            '2. See what this execution was started with:',
            DESCRIBE_IT,
            '3. Start a new execution with the same input: it goes on from what is there.',
          ],
          values: ['$.status', '$$.Execution.Id'],
        }),
      },
      'A step returned a status that this definition does not know: the two come from different deployments.',
    ),
    'Keep what the plan said': {
      Type: 'Pass',
      Comment:
        'An input that is not an object has no room for an error beside it, so the error takes its place.',
      Parameters: { 'failure.$': '$', about: ABOUT_NOBODY },
      Next: FAILED,
    },
    [FAILED]: branch(
      'Steps explain themselves, under names that the runbook has. A step that was cut off cannot, and what Lambda and Step ' +
        'Functions report of it explains nothing: it may not even be complete.',
      [
        { ...isExplained, Next: "Read the step's explanation" },
        { ...isASentence, Next: 'Quote what was said of a step' },
      ],
      'Explain a step that was cut off',
    ),
    "Read the step's explanation": explain('Is it a message?', {
      'Error.$': '$.failure.Error',
      'section.$': '$.failure.Error',
      'details.$': 'States.StringToJson($.failure.Cause)',
    }),
    'Is it a message?': branch(
      'A function of an earlier release says a sentence instead: the deployment of this one has been undone.',
      [{ ...isAMessage, Next: "Read the step's message" }],
      'Quote what the step says',
    ),
    "Read the step's message": explain(
      QUOTED.ask,
      {
        'Error.$': '$.failure.Error',
        'section.$': '$.failure.section',
        'message.$': 'States.StringToJson($.failure.details.errorMessage)',
      },
      'Its subject, its text, and what subscriptions filter by.',
    ),
    'Quote what the step says': explain(
      QUOTED.ask,
      {
        'Error.$': '$.failure.Error',
        'section.$': '$.failure.section',
        message: ownMessage({
          title: 'a rotation has failed',
          about: '$.about',
          event: { 'event.$': '$.failure.Error' },
          section: 'A rotation failed',
          urgent: IF_IT_MATTERS,
          what: ['{}'],
          keys: ['What the step knows of them stands above.'],
          next: ['What the step says. What it was started with:', DESCRIBE_IT],
          values: ['$.failure.details.errorMessage', '$$.Execution.Id'],
        }),
      },
      'A sentence is better than nothing, and tells a person what to do.',
    ),
    'Explain a step that was cut off': explain(QUOTED.ask, {
      'Error.$': '$.failure.Error',
      section: 'A step was cut off',
      message: cutOff('A step ended with {} and without an explanation. Retries did not help.', [
        '$.failure.Error',
      ]),
    }),
    'Quote what was said of a step': explain(
      QUOTED.ask,
      {
        'Error.$': '$.failure.Error',
        section: 'A step was cut off',
        message: cutOff(
          'A step ended with {} and without an explanation of its own. Retries did not help.\nWhat was said: {}',
          ['$.failure.Error', '$.failure.Cause'],
        ),
      },
      'Lambda or Step Functions could not run the function, and says why in a sentence.',
    ),
    [QUOTED.ask]: branch(
      'Until the plan has admitted the input, any caller may have written it, at any length. It is admitted if its state is here, or if ' +
        'the plan refused it for a reason of its own.',
      [
        {
          Or: [
            { Variable: '$.userName', IsPresent: true },
            {
              And: ['InvalidRotationInput', 'UnexpectedError', 'A step was cut off'].map((section) => ({
                Not: { Variable: '$.failure.section', StringEquals: section },
              })),
            },
          ],
          Next: QUOTED.yes,
        },
      ],
      QUOTED.no,
    ),
    [QUOTED.yes]: quoteInput(),
    [QUOTED.no]: leaveInput(),
    ...failureBranch(),
  },
};
