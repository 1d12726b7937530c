import { LABELS } from '../../lambdas/shared/contract/names';
import type { Checker, Facts, Snapshot } from './facts';

/** What differs from the state after a completed rotation: labels of a rotation, or other leftovers. */
export const whatIsLeft = (
  { statuses, current, labels }: Snapshot,
  { leaked }: Pick<Facts, 'leaked'>,
): string | undefined => {
  const left = [...labels].filter((label) => label === LABELS.pending || label.startsWith('rotation-'));
  if (left.length > 0) {
    return `labels are left: ${left.map((label) => label.replace(/AKIA\w+/, 'KEY')).join(', ')}`;
  }
  if (statuses.size !== 1) return `the user has ${statuses.size} keys`;
  const status = current === undefined ? undefined : statuses.get(current);
  if (current === undefined || status === undefined) return 'AWSCURRENT does not name the user’s key';
  if (leaked.has(current)) return 'the user’s key has leaked';
  if (status !== 'Active') return 'the user’s key is not Active';
  return undefined;
};

/** 8. Faults end safely. */
export const faultsEndSafely: Checker = {
  *onEnd({ left, error, answered, strays }) {
    // If a key of the rotation is left, another checker reports that.
    if (left === undefined || answered || strays.length > 0) return;
    yield `two further executions do not suffice: ${left} (${error})`;
  },
};
