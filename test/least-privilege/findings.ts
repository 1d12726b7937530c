import type { RoleStatement } from '../../local/deployment/permissions';
import {
  deniedCalls,
  describeCall,
  describeCondition,
  describeUnit,
  unneededUnits,
  untriedConditions,
} from './compare';
import { callProblems } from './judge';
import { DENIED, isFor, NEEDED_ELSEWHERE, withoutReason } from './reasons';
import type { Compared } from './record';
import { readReference } from './reference';

/** What a comparison finds, in words. */
export interface Findings {
  /** Calls that the policies do not allow. */
  readonly denied: readonly string[];
  /** What the embedded AWS says of calls, and the reference does not know. */
  readonly unknown: readonly string[];
  /** What could be taken away from roles. */
  readonly unneeded: readonly string[];
  /** Conditions that may as well be mistyped. */
  readonly untried: readonly string[];
}

/** Whether all that a statement allows is needed elsewhere: then no call that is made here can put its conditions to the test. */
const isForElsewhere = ({ effect, role, actions, resources }: RoleStatement): boolean =>
  effect === 'Allow' &&
  actions.every(({ text: action }) =>
    resources.every(({ text: resource }) =>
      NEEDED_ELSEWHERE.some((reason) => isFor(reason, { role, action, resource })),
    ),
  );

/** Compares in both directions, and leaves out what there is a reason for. */
export const findingsOf = async ({ statements, calls }: Compared): Promise<Findings> => {
  const denied = withoutReason(deniedCalls(statements, calls), DENIED);
  const unneeded = withoutReason(unneededUnits(statements, calls), NEEDED_ELSEWHERE);
  const reference = await readReference(
    calls.map(({ action }) => action),
    calls.flatMap(({ conditions }) => Object.keys(conditions)),
  );
  return {
    denied: denied.left.map(describeCall),
    unknown: [...new Set(calls.flatMap((call) => callProblems(reference, call)))],
    unneeded: unneeded.left.map(describeUnit),
    untried: untriedConditions(
      statements.filter((statement) => !isForElsewhere(statement)),
      calls,
    ).map(describeCondition),
  };
};

/** The reasons that are for nothing in any of these comparisons. */
export const idleReasons = (all: readonly Compared[]): readonly string[] => {
  const denied = all.flatMap(({ statements, calls }) => deniedCalls(statements, calls));
  const unneeded = all.flatMap(({ statements, calls }) => unneededUnits(statements, calls));
  return [...withoutReason(denied, DENIED).idle, ...withoutReason(unneeded, NEEDED_ELSEWHERE).idle].map(
    ({ reason }) => reason,
  );
};
