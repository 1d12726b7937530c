import * as z from 'zod/mini';
import { bounded } from '../text/bounded';

/** What came of asking the owner to acknowledge the deactivation. */
export type Acknowledgement =
  | { readonly kind: 'given' }
  /** `refused`: somebody said no. Otherwise nobody has answered. */
  | { readonly kind: 'missing'; readonly refused: boolean; readonly reason: string };

/** What the state machine puts into the state when it got the acknowledgement. */
const given = z.object({ given: z.literal(true) });
const failed = z.object({ Error: z._default(z.string(), ''), Cause: z._default(z.string(), '') });

/** Judges what came of asking. Whoever refuses names the error and its cause as they like. */
export const judgeAcknowledgement = (found: unknown, deadline: string): Acknowledgement => {
  const error = failed.safeParse(found);
  if (given.safeParse(found).success) return { kind: 'given' };
  const { Error: name, Cause: cause } = error.data ?? { Error: '', Cause: '' };
  const words = bounded([name, cause].filter((text) => text.trim() !== '').join(': '));
  if (name === 'States.Timeout') {
    return {
      kind: 'missing',
      refused: false,
      reason: `nobody acknowledged the deactivation within ${deadline}`,
    };
  }
  if (name.startsWith('EventBridge.')) {
    return {
      kind: 'missing',
      refused: false,
      reason: `the acknowledgement could not be asked for (${words})`,
    };
  }
  return {
    kind: 'missing',
    refused: true,
    reason: `the deactivation was refused (${words === '' ? 'no reason given' : words})`,
  };
};
