import * as z from 'zod/mini';
import { bounded } from '../text/bounded';

/** What the owner's validator says of the consumers. */
export type Verdict =
  | { readonly kind: 'healthy'; readonly reason: string }
  | { readonly kind: 'unhealthy'; readonly reason: string }
  /** It did not answer, or not in a way that can be understood: never good enough to deactivate or delete a key. */
  | {
      readonly kind: 'unknown';
      readonly reason: string;
      /** It stays so until a person mends it: the function is gone, or may not be invoked. */
      readonly lasting?: boolean;
    };

/** What the state machine puts into the state: the function's answer, or the error that it caught. */
const answered = z.object({ answer: z.unknown() });
const failed = z.object({ Error: z.string(), Cause: z.optional(z.string()) });
const understood = z.object({ healthy: z.boolean(), reason: z._default(z.string(), 'no reason given') });
const explained = z.object({ errorMessage: z.string() });

/** The sentence in the cause of a failed function: Lambda's causes are JSON with an `errorMessage`. */
const sentenceOf = (cause: string): string => {
  try {
    return explained.parse(JSON.parse(cause)).errorMessage;
  } catch {
    return cause;
  }
};

/** Lambda's errors for a function that is gone, or may not be invoked. */
const LASTING = /^Lambda\.(AccessDenied|ResourceNotFound)/;

/** Judges what came of asking the validator. Only a clear yes is one. */
export const judgeVerdict = (found: unknown): Verdict => {
  const error = failed.safeParse(found);
  if (error.success) {
    const { Error: name, Cause: cause = '' } = error.data;
    return {
      kind: 'unknown',
      lasting: LASTING.test(name),
      reason: bounded(`it could not be asked (${name}${cause === '' ? '' : `: ${sentenceOf(cause)}`})`),
    };
  }
  const answer = answered.safeParse(found).data?.answer;
  const verdict = understood.safeParse(answer);
  if (verdict.success) {
    const { healthy, reason } = verdict.data;
    return { kind: healthy ? 'healthy' : 'unhealthy', reason: bounded(reason) || 'no reason given' };
  }
  // A clear no stays one, however its reason is written.
  if (z.object({ healthy: z.literal(false) }).safeParse(answer).success) {
    return { kind: 'unhealthy', reason: 'no reason that can be read' };
  }
  return {
    kind: 'unknown',
    lasting: false,
    reason: bounded(
      `its answer is not {"healthy":true|false,"reason":"…"} but ${JSON.stringify(answer) ?? 'nothing'}`,
    ),
  };
};
