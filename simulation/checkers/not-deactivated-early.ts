import {
  acceptsOutage,
  beginning,
  type Change,
  type Checker,
  changedKeys,
  type Facts,
  type KeyFacts,
  ROUNDING_MS,
  wentOff,
} from './facts';

/**
 * IAM records only the first of several uses within 15 minutes, shows it late, and by its own clock. This
 * part of the quiet period cannot be promised.
 */
const COARSENESS_MS = 25 * 60_000;

function* judgeDeactivation(
  accessKeyId: string,
  { lastUse, broughtBack }: KeyFacts,
  { before, after: { now, current, currentProblem } }: Change,
  facts: Facts,
): Generator<string> {
  const name = facts.alias(accessKeyId);
  const leaked = facts.leaked.has(accessKeyId);
  if (leaked && acceptsOutage(before)) return;
  if (broughtBack && !leaked) yield `${name}, which a rollback had brought back, is Inactive again unasked`;
  const successor = current === undefined ? undefined : facts.keys.get(current);
  if (successor === undefined || current === accessKeyId || currentProblem !== undefined) {
    yield `${name} is Inactive, and AWSCURRENT names no other key that works`;
    return;
  }
  if (!successor.tested) yield `${name} is Inactive before ${facts.alias(current)} was tested`;
  // The rotation does not wait for users of a leaked key.
  if (leaked) return;
  if (now - facts.currentSince < facts.promised.overlapPeriod - facts.promised.clocksDiffer - ROUNDING_MS) {
    yield `${name} is Inactive before the overlap period is over`;
  }
  // Nobody can be told before consumers can read the new key.
  if (now - facts.currentSince < facts.promised.noticeBefore - facts.promised.clocksDiffer - ROUNDING_MS) {
    yield `${name} is Inactive before people have had the time that they are told of`;
  }
  const startedAt = beginning(before);
  const { quietPeriod, clocksDiffer } = facts.promised;
  const quietSince = Math.max(startedAt, now - quietPeriod + clocksDiffer + COARSENESS_MS);
  if (wentOff(quietSince, startedAt, now, facts)) {
    yield `${name} is Inactive although the consumers have just failed`;
  }
  if (facts.held === accessKeyId && !facts.disturbed) {
    yield `${name} is Inactive although the application has not moved from it`;
  }
  if (lastUse !== undefined && now - lastUse < quietPeriod - clocksDiffer - COARSENESS_MS) {
    yield `${name} is Inactive although it was in use`;
  }
}

/** 2. The old key is not deactivated early. */
export const notDeactivatedEarly: Checker = {
  *onChange(change, facts) {
    for (const { accessKeyId, key, is } of changedKeys(change, facts)) {
      if (is === 'Active') {
        // The holder cannot know of a leak that was declared to an execution which has not had the lock yet.
        if (change.before.lock?.leakedAccessKeyIds.includes(accessKeyId) === true) {
          yield `${facts.alias(accessKeyId)}, which has leaked, is Active again`;
        }
      } else if (is !== undefined) {
        if (facts.paused && key.currentAt !== undefined && !facts.leaked.has(accessKeyId)) {
          yield `${facts.alias(accessKeyId)} is ${is} although the user is paused`;
        }
        yield* judgeDeactivation(accessKeyId, key, change, facts);
      }
    }
  },
};
