import { DRAIN_SECONDS } from '../shared/contract/timing';
import { declareEmergency, describeExecution, startRotation } from '../shared/text/commands';
import type { Advice, Said, Urgency } from '../shared/text/said';
import { DECLARE_AGAIN } from '../shared/words/admission';
import { ifAnOutageIsBetter, leakIsOpen, ONCE_MORE } from '../shared/words/leak';
import type { End, EndStatus, Started } from './decide';

/** An end, and the execution of the rotation that a declaration was to start. */
export type ToldEnd = End & { readonly rotationArn: string };

const ENDED: Readonly<Record<EndStatus, string>> = {
  FAILED: 'failed',
  TIMED_OUT: 'ran into its time limit',
  ABORTED: 'was stopped',
};

const AS_LEFT = 'They are as the last completed step left them. No step leaves a key half changed.';

type Case<Code extends Started['code']> = Extract<Started, { readonly code: Code }>;

/** What ended, for the beginning of a sentence. */
const subjectOf = (of: End['of'], started: Started): string => {
  const { code } = started;
  if (code === 'unreadable') return of === 'rotation' ? 'A rotation' : 'The declaration of an emergency';
  const { userName } = started;
  switch (code) {
    case 'emergency':
      return of === 'rotation'
        ? `The emergency rotation of ${userName}`
        : `The declaration that a key of ${userName} has leaked`;
    case 'undeclared':
      return `A rotation of ${userName} that calls itself an emergency`;
    case 'rollback':
      return `The rollback for ${userName}`;
    case 'plan':
      return `The plan for ${userName}`;
    default:
      return `The rotation of ${userName}`;
  }
};

const on = (time: Date | undefined): string => (time === undefined ? '' : ` on ${time.toISOString()}`);

/** When it was started, and by whom, as far as that is known. */
const sayStart = ({ startedAt, started }: End): readonly string[] => {
  const known = 'trigger' in started ? started : undefined;
  if (startedAt === undefined && known === undefined) return [];
  const byHand = known === undefined ? '' : `, by hand, with the action "${known.code}"`;
  return [`It was started${on(startedAt)}${known?.trigger === 'schedule' ? ', by the schedule' : byHand}.`];
};

/** Step Functions gives an execution that it stops, or cuts off, no chance to say anything. */
const sayEnd = (end: End): readonly string[] => {
  const { of, status, error, endedAt, started } = end;
  const named = error === undefined ? status : `${status}, with the error ${error}`;
  return [
    `${subjectOf(of, started)} ${ENDED[status]}${on(endedAt)}: ${named}.`,
    'It has sent no message that says why.',
    ...sayStart(end),
  ];
};

const seeWhy = (executionArn: string): Advice => [
  'See what it was started with, and what AWS says of its end:',
  describeExecution(executionArn),
];

/** What is said besides how it ended. */
type Rest = Pick<Said, 'keys' | 'next' | 'urgency'> & { readonly what?: readonly string[] };

const INPUT_UNREADABLE: Readonly<Record<Case<'unreadable'>['why'], string>> = {
  'left-out': 'What it was started with is too long for the event that tells of its end.',
  'not-admitted': 'What it was started with is not what this state machine takes, and is not repeated here.',
};

/** The last function of an execution may be at work for so long: as long as it may be, the lock is its own, and a start by hand is refused. */
const GOES_ON = `It goes on from what is there, or is refused for ${DRAIN_SECONDS / 60} minutes at most, while a step may still be at work:`;

const startAgain = (status: EndStatus): string =>
  status === 'ABORTED'
    ? `Unless somebody stopped it on purpose, start a new execution. ${GOES_ON}`
    : `Start a new execution. ${GOES_ON}`;

const ROLLBACK_OPEN: Urgency = {
  urgent: true,
  why: 'If programs fail, they may still fail: the old key may still be Inactive.',
};

/** What the end of a rotation means. */
const sayRotation = ({ executionArn, status, started }: End): Rest => {
  switch (started.code) {
    case 'rotate':
    case 'resume':
      return {
        keys: AS_LEFT,
        next: [
          startAgain(status),
          started.code === 'resume'
            ? startRotation(started.userName, 'resume')
            : startRotation(started.userName),
          'Otherwise the next scheduled start takes over, unless the rotation is on hold or paused.',
          ...seeWhy(executionArn),
        ],
      };
    case 'rollback':
      return {
        urgency: ROLLBACK_OPEN,
        keys: AS_LEFT,
        next: [
          'Start the rollback again now:',
          startRotation(started.userName, 'rollback'),
          ...seeWhy(executionArn),
        ],
      };
    case 'plan':
      return {
        keys: 'A plan only reads: no key was changed.',
        next: ['Nothing. Whoever asked for the plan can ask again.', ...seeWhy(executionArn)],
      };
    case 'emergency':
      return {
        what: [`It was to retire the leaked key ${started.accessKeyId}.`],
        urgency: leakIsOpen(started.accessKeyId, 'MAY STILL BE'),
        keys: AS_LEFT,
        next: [
          ...(started.declaredBy === undefined
            ? []
            : [
                // Whoever may start rotations can write any of this into an input, and must not bring a person to retire a key.
                'Make sure that it was declared: this has to show the same user and the same key. If AWS knows no such execution, leave the key alone:',
                describeExecution(started.declaredBy),
              ]),
          'Declare the emergency again now:',
          declareEmergency(started.userName, started.accessKeyId, ONCE_MORE),
          ...ifAnOutageIsBetter(started),
          ...seeWhy(executionArn),
        ],
      };
    case 'undeclared':
      return {
        what: ['It names no declaration, so no step has changed anything for it.'],
        urgency: { urgent: true, why: 'Somebody may believe that a leaked key is being retired.' },
        next: [DECLARE_AGAIN, ...seeWhy(executionArn)],
      };
    case 'unreadable':
      return {
        what: [INPUT_UNREADABLE[started.why]],
        urgency: { urgent: true, why: 'It may have been an emergency or a rollback: look now.' },
        keys: AS_LEFT,
        next: [
          ...seeWhy(executionArn),
          DECLARE_AGAIN,
          'If it was a rollback, start that again now, with the same input. Otherwise the next scheduled start takes over.',
        ],
      };
  }
};

/** What the end of a declaration means. */
const sayDeclaration = ({ executionArn, started, rotationArn }: ToldEnd): Rest => {
  const look: Advice = [
    'Look at its rotation, which has the same name. If that is RUNNING or SUCCEEDED, do no more:',
    describeExecution(rotationArn),
  ];
  const keys =
    'A declaration changes none. Its rotation does, and is refused if the declaration ends before the rotation has asked for it.';
  return started.code === 'emergency'
    ? {
        what: [`The key ${started.accessKeyId} was declared as leaked.`],
        urgency: leakIsOpen(started.accessKeyId, 'MAY STILL BE'),
        keys,
        next: [
          ...look,
          'Otherwise declare the emergency again now:',
          declareEmergency(started.userName, started.accessKeyId, ONCE_MORE),
          ...ifAnOutageIsBetter(started),
        ],
      }
    : {
        ...(started.code === 'unreadable' && { what: [INPUT_UNREADABLE[started.why]] }),
        keys,
        next: [...look, ...seeWhy(executionArn), DECLARE_AGAIN],
      };
};

/** What a person is told of an execution that has ended, and has not told of it. */
export const say = (end: ToldEnd): Said => {
  const { what = [], ...rest } = end.of === 'rotation' ? sayRotation(end) : sayDeclaration(end);
  return { ...rest, what: [...sayEnd(end), ...what] };
};

/** The function was invoked with something else than the event of such an end. */
export const notAnEnd = (): string =>
  'This is no event of an execution of this stack that has ended. Only the rules of the stack are to invoke this function.';
