import * as z from 'zod/mini';

/** Names of errors are made of these, whoever chose them. Anything else is not repeated to a person. */
const ERROR_NAME = /^[\w.]{1,80}$/;

/**
 * Step Functions API Reference, StartExecution: names of executions have neither white space nor control characters. A message
 * has the ARN in a line of its own.
 */
const EXECUTION_ARN = /^arn:[\w-]+:states:[\w-]+:\d{12}:execution:[\w-]{1,80}:[^\s\p{C}:]{1,80}$/u;

/** ECMAScript Language Specification, Time Values. */
const LAST_MILLISECOND = 8.64e15;

/** Whatever is not as it should be is left out: what is left is told, whatever it looks like. */
export const unlessOdd = <Value>(schema: z.ZodMiniType<Value>): z.ZodMiniType<Value | undefined> =>
  z.catch(z.optional(schema), undefined);
const time = unlessOdd(z.number().check(z.gte(0), z.lte(LAST_MILLISECOND)));

/**
 * The event of an execution that has ended in one of these ways. Step Functions Developer Guide, "Events in EventBridge": what
 * DescribeExecution answers, times in milliseconds, and the input as text, unless input and output together are longer than 248 KiB.
 */
export const endEventOf = <const Statuses extends readonly string[]>(statuses: Statuses) =>
  z.object({
    detail: z.object({
      executionArn: z.string().check(z.regex(EXECUTION_ARN)),
      stateMachineArn: z.string(),
      status: z.enum(statuses),
      error: unlessOdd(z.string().check(z.regex(ERROR_NAME))),
      startDate: time,
      stopDate: time,
      input: unlessOdd(z.string()),
    }),
  });

/** Prefix of the ARNs of a state machine's executions. */
export const executionsOf = (stateMachineArn: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:`;

/** What a text says, as JSON; undefined: it is none. */
export const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
