import * as z from 'zod/mini';
import { emergencyMachineName } from '../shared/contract/names';
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

/** Names of errors are made of these, whoever chose them. Anything else is not repeated to a person. */
const ERROR_NAME = /^[\w.]{1,80}$/;

/**
 * Step Functions API Reference, StartExecution: names of executions have neither white space nor control characters. A message
 * has the ARN in a line of its own.
 */
const EXECUTION_ARN = /^arn:[\w-]+:states:[\w-]+:\d{12}:execution:[\w-]{1,80}:[^\s\p{C}:]{1,80}$/u;

/** ECMAScript Language Specification, Time Values. */
const LAST_MILLISECOND = 8.64e15;

/** Whatever is not as it should be is left out: an end is told, whatever it looks like. */
const unlessOdd = <Value>(schema: z.ZodMiniType<Value>): z.ZodMiniType<Value | undefined> =>
  z.catch(z.optional(schema), undefined);
const time = unlessOdd(z.number().check(z.gte(0), z.lte(LAST_MILLISECOND)));

/**
 * Step Functions Developer Guide, "Events in EventBridge": what DescribeExecution answers, times in milliseconds, and the input as
 * text, unless input and output together are longer than 248 KiB.
 */
export const EndEvent = z.object({
  detail: z.object({
    executionArn: z.string().check(z.regex(EXECUTION_ARN)),
    stateMachineArn: z.string(),
    status: z.enum(STATUSES),
    error: unlessOdd(z.string().check(z.regex(ERROR_NAME))),
    startDate: time,
    stopDate: time,
    input: unlessOdd(z.string()),
  }),
});
export type EndEvent = z.output<typeof EndEvent>;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const NOT_ADMITTED: Started = { code: 'unreadable', why: 'not-admitted' };

const declarationOf = (input: unknown): Started => {
  const { data } = DeclaredLeak.safeParse(input);
  return data === undefined ? NOT_ADMITTED : { code: 'emergency', ...data, declaredBy: undefined };
};

/** Prefix of the ARNs of a state machine's executions. */
const executionsOf = (stateMachineArn: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:`;

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
        ? rotationOf(parsed(input), rotations)
        : declarationOf(parsed(input));
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
