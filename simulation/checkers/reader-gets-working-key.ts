import { acceptsOutage, type Change, type Checker, type Facts, makesRoom, type Snapshot } from './facts';

/**
 * A key that a person had deactivated makes room for the one that consumers will read: nothing changes for
 * them.
 */
const isReplaced = (before: Snapshot, { current, statuses }: Snapshot, facts: Facts): boolean =>
  current !== undefined &&
  current === before.current &&
  !statuses.has(current) &&
  makesRoom(current, before, facts);

/** It is in AWSCURRENT for the first time, and AWS would still refuse it. */
const isPublishedTooNew = (accessKeyId: string, { keys, isTooNew }: Facts): boolean => {
  const { madeBy, currentAt } = keys.get(accessKeyId) ?? {};
  return madeBy === 'rotation' && currentAt === undefined && isTooNew(accessKeyId);
};

function* judgeCurrent({ before, after }: Change, facts: Facts): Generator<string> {
  const { current, currentProblem } = after;
  const { alias } = facts;
  if (current === undefined) {
    if (before.current !== undefined) {
      yield `AWSCURRENT names no key any more; it named ${alias(before.current)}`;
    }
    return;
  }
  const isNew = current !== before.current || currentProblem !== before.currentProblem;
  const isExpected = isReplaced(before, after, facts) || (facts.leaked.has(current) && acceptsOutage(after));
  if (currentProblem !== undefined && isNew && !isExpected) {
    yield `AWSCURRENT names ${alias(current)}, which ${currentProblem}`;
  }
  if (isPublishedTooNew(current, facts)) {
    yield `AWSCURRENT names ${alias(current)}, which AWS does not accept yet`;
  }
}

function* judgeCaches({ before, after }: Change, facts: Facts): Generator<string> {
  const { keys, leaked, promised, alias } = facts;
  for (const [accessKeyId, { currentAt }] of keys) {
    if (currentAt === undefined || currentAt < after.now - promised.cache) continue;
    const isTaken =
      before.statuses.get(accessKeyId) === 'Active' && after.statuses.get(accessKeyId) !== 'Active';
    if (isTaken && accessKeyId !== after.current && !leaked.has(accessKeyId)) {
      yield `${alias(accessKeyId)}, which consumers may still hold in their caches, is taken away`;
    }
  }
}

/** 1. Whoever reads the secret gets a key that works. */
export const readerGetsWorkingKey: Checker = {
  *onChange(change, facts) {
    yield* judgeCurrent(change, facts);
    yield* judgeCaches(change, facts);
  },
  *onRefusal(accessKeyId, { disturbed, leaked, alias }) {
    // Consumers may notice what a person did to the keys, or declared leaked.
    if (disturbed || leaked.has(accessKeyId)) return;
    yield `a call of a consumer with ${alias(accessKeyId)}, read within its cache time, is refused`;
  },
};
