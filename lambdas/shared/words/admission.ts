import { RETRY_NOTE } from '../contract/errors';
import type { ExecutionContext, RotationInput } from '../rotation/rotation-state';
import { startRotation } from '../text/commands';
import { type Advice, listOf, type Said } from '../text/said';
import { userNameIn } from './explanation';
import { commandPlaceOf } from './message';

/** Why an event is not of the execution that it names. */
export type NotBorneOut = 'execution-over' | 'another-user';

const NOT_BORNE_OUT: Readonly<Record<NotBorneOut, string>> = {
  'execution-over': 'the execution is over',
  'another-user': 'the execution was started for another user',
};

/** The next execution goes on from what is there, whatever it is. */
const startAnew = (userName: string | undefined): Advice =>
  userName === undefined
    ? ['Start a new execution for the user.']
    : ['Start a new execution, which goes on from what is there:', startRotation(userName)];

export const explainNotBorneOut = (
  why: NotBorneOut,
  { id }: ExecutionContext,
  userName: string | undefined,
): Said => ({
  what: [
    `A step was called for ${id}, but ${NOT_BORNE_OUT[why]}. So nothing was done.`,
    'Somebody has invoked the function by hand, or a late call has arrived.',
  ],
  next: ['Nothing, if the function was invoked by hand. Otherwise:', ...startAnew(userName)],
});

/** Why an emergency is not believed to have been declared. */
export type NotDeclared =
  | 'nothing-says-so'
  | 'another-time'
  | 'declaration-over'
  | 'something-else'
  | 'holds-more';

const NOT_DECLARED: Readonly<Record<NotDeclared, string>> = {
  'nothing-says-so': 'nothing says that it was declared',
  'another-time': 'the execution that should have declared it began at another time',
  'declaration-over': 'the execution that should have declared it is over',
  'something-else': 'something else was declared',
  'holds-more':
    'its declaration holds more than userName, accessKeyId, reason and comment, or is for another action',
};

export const explainNotDeclared = (
  why: NotDeclared,
  { id }: ExecutionContext,
  { userName }: Pick<RotationInput, 'userName'>,
): Said => ({
  what: [
    `An emergency was to be started for ${userName}, but ${NOT_DECLARED[why]}. Nothing was changed.`,
    `Emergencies are declared by an execution of ${commandPlaceOf(id).emergencyMachineArn}, which starts the rotation itself.`,
  ],
  next: [DECLARE_AGAIN],
  section: 'A key has leaked',
});

/** What to do while nobody is believed about a key. It names none, and has no command that a person might run. */
export const DECLARE_AGAIN =
  'If a key has leaked, declare it again now: see docs/runbook.md, "A key has leaked".';

/** The same, beside what else there is to say. */
export const withDeclareAgain = (said: Said): Said => ({
  ...said,
  next: [DECLARE_AGAIN, ...(said.next ?? [])],
});

/** The declaration of an emergency does not show. */
export const declarationNotShown = (
  declaredBy: string,
  { userName }: Pick<RotationInput, 'userName'>,
): Said => ({
  what: [
    `Step Functions does not show ${declaredBy}, which should have declared this emergency for ${userName}.`,
    'Its reads may be late. Nothing was changed.',
  ],
  next: [DECLARE_AGAIN, RETRY_NOTE],
});

/** A step was called with something else than an event of the state machine. */
export const notAnEvent = (problems: string): Said => ({
  what: [
    `This function is a step of the state machine and cannot be called by itself (${problems}).`,
    'Nothing was changed.',
  ],
  next: ['Start an execution of the state machine, with the name of a user as "userName" in its input.'],
});

/** An execution was redriven. */
export const redriven = (userName: string | undefined): Said => ({
  what: ['A redriven execution is not continued. Nothing was changed.'],
  next: startAnew(userName),
});

/** What to say when a later step gets a state that it cannot read. */
export const incompatibleState = (problems: string, state: unknown): Said => {
  return {
    what: [
      'The state does not come from the step before this one, or comes from another version of it: nothing was changed by this step.',
      `What does not fit: ${problems}.`,
    ],
    next: startAnew(userNameIn(state)),
  };
};

/** Something has come up since the last check, which looks again. */
export const sayLookAgain = (reason: Said): Said => ({
  ...reason,
  what: [...listOf(reason.what), 'The next check finds out when it can be done.'],
});
