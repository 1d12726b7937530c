import {
  beginning,
  type Change,
  type Checker,
  changedKeys,
  type Facts,
  type KeyFacts,
  makesRoom,
  ROUNDING_MS,
  wentOff,
} from './facts';

function* judgeDeletion(
  accessKeyId: string,
  { madeBy, currentAt, inactiveSince }: KeyFacts,
  { before, after }: Change,
  facts: Facts,
): Generator<string> {
  if (madeBy === 'rotation' && currentAt === undefined) return;
  const name = facts.alias(accessKeyId);
  if (makesRoom(accessKeyId, before, facts)) return;
  const watched = Math.max(inactiveSince ?? after.now, beginning(before));
  if (!facts.leaked.has(accessKeyId) && wentOff(watched, beginning(before), after.now, facts)) {
    yield `${name} is deleted although the consumers have failed since it was Inactive`;
  }
  if (facts.alarmed) yield `${name} is deleted although the consumers fail`;
  // From then on it was Inactive, and AWSCURRENT named another, working key.
  const since = Math.max(inactiveSince ?? after.now, currentAt ?? Number.NEGATIVE_INFINITY, facts.brokenAt);
  if (after.current === undefined || after.current === accessKeyId) {
    yield `${name} is deleted, and AWSCURRENT names no other key`;
  } else if (after.now - since < facts.promised.recoveryPeriod - facts.promised.clocksDiffer - ROUNDING_MS) {
    yield `${name} is deleted before it was Inactive for the recovery period while AWSCURRENT named another Active key`;
  }
}

/** 3. The old key is not deleted early. */
export const notDeletedEarly: Checker = {
  *onChange(change, facts) {
    for (const { accessKeyId, key, is } of changedKeys(change, facts)) {
      if (is !== undefined) continue;
      if (facts.paused && key.currentAt !== undefined && !facts.leaked.has(accessKeyId)) {
        yield `${facts.alias(accessKeyId)} is deleted although the user is paused`;
      }
      yield* judgeDeletion(accessKeyId, key, change, facts);
    }
  },
};
