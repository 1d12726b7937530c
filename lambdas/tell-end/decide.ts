import type * as z from 'zod/mini';
import { emergencyMachineName } from '../shared/contract/names';
import { endEventOf, executionsOf, parsedJson } from '../shared/rotation/execution-end';
import { DECLARED_BY, DeclaredLeak, RotationInput } from '../shared/rotation/rotation-state';

/** An execution that has ended, as Step Functions' event tells of it. */
export interface End {
  /** Which of the two state machines it was of. */
  readonly of: 'rotation' | 'declaration';
  readonly executionArn: string;
  readonly status: EndStatus;
  /** The name of the error in which it ended. Undefined: it has none, or none that is a name. */
  readonly error: string | undefined;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  readonly started: Started;
}

/** The statuses that the rules select. */
const STATUSES = ['FAILED', 'TIMED_OUT', 'ABORTED'] as const;
export type EndStatus = (typeof STATUSES)[number];

/** What an execution was started with, as far as that is admitted. */
export type Started =
  | {
      readonly code: 'rotate' | 'resume' | 'rollback' | 'plan';
      readonly userName: string;
      readonly trigger: RotationInput['trigger'];
    }
  | {
      readonly code: 'emergency';
      readonly userName: string;
      readonly accessKeyId: string;
      /** The execution that is said to have declared it; undefined for the declaration itself. */
      readonly declaredBy: string | undefined;
    }
  /** A rotation that calls itself an emergency, and names no declaration. No step takes it, and nobody is to believe it. */
  | { readonly code: 'undeclared'; readonly userName: string }
  /** It is not in the event, because it is too long; or it is not what the state machine takes. */
  | { readonly code: 'unreadable'; readonly why: 'left-out' | 'not-admitted' };

/** What the rules select. */
export const EndEvent = endEventOf(STATUSES);
export type EndEvent = z.output<typeof EndEvent>;

const NOT_ADMITTED: Started = { code: 'unreadable', why: 'not-admitted' };

const declarationOf = (input: unknown): Started => {
  const { data } = DeclaredLeak.safeParse(input);
  return data === undefined ? NOT_ADMITTED : { code: 'emergency', ...data, declaredBy: undefined };
};

const rotationOf = (input: unknown, rotations: string): Started => {
  const { data } = RotationInput.safeParse(input);
  if (data === undefined) return NOT_ADMITTED;
  const { userName, action, trigger, accessKeyId } = data;
  if (action !== 'emergency') return { code: action, userName, trigger };
  const declaredBy = data[DECLARED_BY];
  return accessKeyId !== undefined && declaredBy?.startsWith(executionsOf(emergencyMachineName(rotations)))
    ? { code: 'emergency', userName, accessKeyId, declaredBy }
    : { code: 'undeclared', userName };
};

/**
 * What there is to tell of an end.
 *
 * @param rotations - ARN of the state machine of the rotations.
 * @returns undefined for an execution of any other state machine than that one, and the one of its emergencies.
 */
export const readEnd = ({ detail }: EndEvent, rotations: string): End | undefined => {
  const { executionArn, stateMachineArn, status, error, startDate, stopDate, input } = detail;
  const of = stateMachineArn === rotations ? 'rotation' : 'declaration';
  if (of === 'declaration' && stateMachineArn !== emergencyMachineName(rotations)) return undefined;
  const started: Started =
    input === undefined
      ? { code: 'unreadable', why: 'left-out' }
      : of === 'rotation'
        ? rotationOf(parsedJson(input), rotations)
        : declarationOf(parsedJson(input));
  return {
    of,
    executionArn,
    status,
    error,
    startedAt: startDate === undefined ? undefined : new Date(startDate),
    endedAt: stopDate === undefined ? undefined : new Date(stopDate),
    started,
  };
};

/** The execution of a declaration's rotation, which has the declaration's name. */
export const rotationDeclaredBy = (executionArn: string, rotations: string): string =>
  `${executionsOf(rotations)}${executionArn.split(':').at(-1)}`;
