import type { Refusal } from '../shared/contract/errors';
import type { LockHolder, Stopped } from '../shared/findings/lock-holder';

/** What stop-execution has read. */
export interface HolderFacts {
  /** The version that the plan found AWSPENDING on. */
  readonly plannedVersionId: string | null;
  /** Who holds the lock now; undefined: nobody. */
  readonly holder: LockHolder | undefined;
  /** The user whose rotation is to be stopped. */
  readonly userId: string;
}

/** What to do about the execution that holds the lock. */
export type StopDecision =
  | { readonly kind: 'stop'; readonly owner: string }
  /** It is over, if that is known since when; whatever it still had in flight may take effect. */
  | {
      readonly kind: 'over';
      readonly stopped: Stopped | undefined;
      readonly why: Extract<StopWhy, { readonly owner: string }>;
    }
  | Refusal<StopWhy>;

/** What there is to say of the execution that was to be stopped. */
export type StopWhy =
  /** The very execution does not hold the lock any more. */
  { readonly code: 'lock-lost' } | { readonly code: 'over' | 'stopped'; readonly owner: string };

/** Decides whether to stop the holder. Only the very execution that the plan was about is ever stopped. */
export const decideStop = ({ plannedVersionId, holder, userId }: HolderFacts): StopDecision => {
  // The intent names its user: no execution is stopped for the sake of another user.
  const isPlanned = holder?.kind === 'intent' && holder.versionId === plannedVersionId;
  if (!isPlanned || holder.intent.userId !== userId) {
    return { kind: 'refuse', error: 'StateDrift', why: { code: 'lock-lost' } };
  }
  const {
    intent: { owner },
    execution,
  } = holder;
  if (execution.kind === 'running') return { kind: 'stop', owner };
  const stopped = execution.kind === 'stopped' ? execution : undefined;
  return { kind: 'over', stopped, why: { code: 'over', owner } };
};
