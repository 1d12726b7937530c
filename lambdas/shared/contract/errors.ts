import { oneLine } from '../text/bounded';
import { inSentences, type Said, toSaid } from '../text/said';

/**
 * The names of the errors that a rotation can end in. A name is an interface: the state machine matches it in
 * `Retry` and `Catch`, alarms and messages carry it, and the runbook has a section for each.
 */
export const ERROR_NAMES = [
  'InvalidRotationInput',
  'UserNotEnrolled',
  'UserNotFound',
  'EnrolmentConflict',
  'RotationInProgress',
  'RotationOnHold',
  'AccessKeyConflict',
  'SecretConflict',
  'UserConflict',
  'AccessKeyNotUsable',
  'AdoptionTimedOut',
  'NotAcknowledged',
  'ConsumersUnhealthy',
  'NothingToRollBack',
  'StateDrift',
  'TransientServiceError',
  'PermissionDenied',
  'KmsKeyNotUsable',
  'UnexpectedError',
] as const;

/** One of {@link ERROR_NAMES}. */
export type RotationErrorName = (typeof ERROR_NAMES)[number];

/** What to do about every TransientServiceError, which a person reads only when the retries did not help. */
export const RETRY_NOTE =
  'This is retried for a while. If it ended the execution, start a new one: it goes on from what is there.';

/**
 * What passes by itself when it comes from a change of policies or keys that is still on its way, and not otherwise. The
 * definition tries such a step again for some minutes; one that does not say so is told `TransientServiceError` instead.
 */
export const DENIALS: readonly RotationErrorName[] = ['PermissionDenied', 'KmsKeyNotUsable'];

/**
 * Step Functions cuts the cause of a failed task at 32,768 characters, and what is cut is no JSON any more. A cause has the
 * message as JSON in JSON, in which a quotation mark takes four characters.
 */
export const LONGEST_MESSAGE = 6000;

/** As much of a text as there is room for. */
export const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most)}…`;

/**
 * What a step says in one line, in a log or as its outcome, and not too long. Our own words are; but they quote others, and no
 * line of a message may be theirs.
 */
export const asMessage = (text: string): string => cut(oneLine(text), LONGEST_MESSAGE);

/** Says that a message tells already what becomes of the leaked key that it is about. */
export type LeakTold = 'told';

/**
 * A decision to end with an error instead of acting.
 *
 * @typeParam Why - a code for the reason, with the data that belong to it. The step's words make a message of it.
 */
export interface Refusal<Why> {
  readonly kind: 'refuse';
  readonly error: RotationErrorName;
  readonly why: Why;
  /** Without it, a failure while a leaked key may be Active is told with what to do about the key. */
  readonly leak?: LeakTold | undefined;
}

/**
 * An error of which a person, or the state machine's `Retry`, can make something. Its message says what is
 * wrong, what state the access keys are in now, and what to do next. It never contains key material.
 */
export class RotationError extends Error {
  override readonly name: RotationErrorName;
  /** Whether the message tells already what becomes of a leaked key. */
  readonly leak: LeakTold | undefined;
  /** The message is of a single call to AWS: the step has to add whose rotation it is, and what is known of the keys. */
  readonly keys: 'untold' | undefined;
  /** What there is to say, in parts. The message is the same in one line. */
  readonly said: Said;

  constructor(
    name: RotationErrorName,
    said: string | Said,
    options?: {
      readonly cause?: unknown;
      readonly leak?: LeakTold | undefined;
      readonly keys?: 'untold' | undefined;
    },
  ) {
    super(asMessage(inSentences(said)), options);
    this.said = toSaid(said);
    this.leak = options?.leak;
    this.keys = options?.keys;
    // A literal, not the class's name: minification renames classes, and Step Functions matches this string.
    this.name = name;
  }

  /** The error in which a refusal ends, with the message that words make of it. */
  static of({
    error,
    reason,
    leak,
  }: Pick<Refusal<unknown>, 'error' | 'leak'> & { readonly reason: string | Said }): RotationError {
    return new RotationError(error, reason, { leak });
  }
}
