import * as z from 'zod/mini';
import { bounded } from '../text/bounded';

/** What came of asking the owner to acknowledge the deactivation. */
export type Acknowledgement =
  | { readonly kind: 'given' }
  | { readonly kind: 'missing'; readonly why: NoAcknowledgement };

/** Why there is no acknowledgement. */
export type NoAcknowledgement =
  | { readonly code: 'unanswered' }
  /** EventBridge did not take the question. `error`: what it says, as one line. */
  | { readonly code: 'not-asked'; readonly error: string }
  /** Somebody said no. `objection`: in their words, as one line; empty when they gave none. */
  | { readonly code: 'refused'; readonly objection: string };

/** What the state machine puts into the state when it got the acknowledgement. */
const given = z.object({ given: z.literal(true) });
const failed = z.object({ Error: z._default(z.string(), ''), Cause: z._default(z.string(), '') });

/** Judges what came of asking. Whoever refuses names the error and its cause as they like. */
export const judgeAcknowledgement = (found: unknown): Acknowledgement => {
  const error = failed.safeParse(found);
  if (given.safeParse(found).success) return { kind: 'given' };
  const { Error: name, Cause: cause } = error.data ?? { Error: '', Cause: '' };
  const told = bounded([name, cause].filter((text) => text.trim() !== '').join(': '));
  if (name === 'States.Timeout') return { kind: 'missing', why: { code: 'unanswered' } };
  if (name.startsWith('EventBridge.')) {
    return { kind: 'missing', why: { code: 'not-asked', error: told } };
  }
  return { kind: 'missing', why: { code: 'refused', objection: told } };
};
