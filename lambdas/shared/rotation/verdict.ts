import * as z from 'zod/mini';
import { bounded } from '../text/bounded';

/** What the owner's validator says of the consumers. */
export type Verdict =
  | {
      readonly kind: 'healthy';
      /** In the validator's words, as one line; empty when it gives none. */
      readonly reason: string;
    }
  | {
      readonly kind: 'unhealthy';
      /** The same; null when it is no text. */
      readonly reason: string | null;
    }
  /** It did not answer, or not in a way that can be understood: never good enough to deactivate or delete a key. */
  | {
      readonly kind: 'unknown';
      readonly why: NoVerdict;
      /** It stays so until a person mends it: the function is gone, or may not be invoked. */
      readonly lasting: boolean;
    };

/** Why there is no verdict. */
export type NoVerdict =
  /** The error that Step Functions caught, and what Lambda or the function says of it; undefined when they say nothing. */
  | { readonly code: 'not-answered'; readonly error: string; readonly cause: string | undefined }
  /** It answered something else than was asked for. */
  | { readonly code: 'not-understood'; readonly answer: unknown };

/** What the state machine puts into the state: the function's answer, or the error that it caught. */
const answered = z.object({ answer: z.unknown() });
const failed = z.object({ Error: z.string(), Cause: z.optional(z.string()) });
const understood = z.object({ healthy: z.boolean(), reason: z._default(z.string(), '') });
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
      why: { code: 'not-answered', error: name, cause: cause === '' ? undefined : sentenceOf(cause) },
    };
  }
  const answer = answered.safeParse(found).data?.answer;
  const verdict = understood.safeParse(answer);
  if (verdict.success) {
    const { healthy, reason } = verdict.data;
    return { kind: healthy ? 'healthy' : 'unhealthy', reason: bounded(reason) };
  }
  // A clear no stays one, however its reason is written.
  if (z.object({ healthy: z.literal(false) }).safeParse(answer).success) {
    return { kind: 'unhealthy', reason: null };
  }
  return { kind: 'unknown', lasting: false, why: { code: 'not-understood', answer } };
};
