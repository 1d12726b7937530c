import { RETRY_NOTE } from '../contract/errors';
import { emergencyMachineName } from '../contract/names';
import type { ExecutionContext, RotationInput } from '../rotation/rotation-state';

/** Why an event is not of the execution that it names. */
export type NotBorneOut = 'execution-over' | 'another-user';

const NOT_BORNE_OUT: Readonly<Record<NotBorneOut, string>> = {
  'execution-over': 'the execution is over',
  'another-user': 'the execution was started for another user',
};

export const explainNotBorneOut = (why: NotBorneOut, { id }: ExecutionContext): string =>
  `This event is not of the execution that it names, ${id}: ${NOT_BORNE_OUT[why]}. Nothing was changed. If nobody has invoked this ` +
  'function by hand, start a new execution for the user: it continues from where the rotation stands.';

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
): string => {
  const [machine = ''] = id.replace(':execution:', ':stateMachine:').split(/:(?=[^:]*$)/);
  return (
    `This execution was started as an emergency, and ${NOT_DECLARED[why]}. An emergency for ${userName} is declared by an execution of ` +
    `${emergencyMachineName(machine)}, which starts the rotation itself. Nothing was changed. If a key has leaked, see ` +
    'docs/runbook.md, "A key has leaked".'
  );
};

/** What to do while nobody is believed about a key. It names none, and has no command that a person might run. */
export const DECLARE_AGAIN =
  'If a key has leaked, declare it again now: see docs/runbook.md, "A key has leaked".';

/** The declaration of an emergency does not show. */
export const declarationNotShown = (
  declaredBy: string,
  { userName }: Pick<RotationInput, 'userName'>,
): string =>
  `Step Functions does not show ${declaredBy}, which should have declared this emergency for ${userName}. Its reads may ` +
  `be late. Nothing was changed. ${RETRY_NOTE} ${DECLARE_AGAIN}`;

/** A step was called with something else than an event of the state machine. */
export const notAnEvent = (problems: string, input: string): string =>
  `This function is a step of the state machine and cannot be called by itself (${problems}). ` +
  `Nothing was changed. Start an execution of the state machine with ${input}.`;

export const REDRIVEN =
  'A redriven execution is not continued. Nothing was changed. Start a new execution for the user: it ' +
  'finds out by itself where the rotation stands.';

/** What to say when a later step gets a state that it cannot read. */
export const INCOMPATIBLE_STATE =
  'The state does not come from the step before this one, or from another version of it. Nothing was changed by ' +
  'this step. Start a new execution for the user: it continues from where the rotation stands.';

/** Something has come up since the last check, which looks again. */
export const sayLookAgain = (reason: string): string => `${reason} The next check finds out when it can be.`;
