import { type Checker, changedKeys, type KeyFacts, type Snapshot } from './facts';

/**
 * Not the rotation's: a person created it, it was never in the secret, and no rotation began with it as the
 * old key.
 */
const isForeign = (accessKeyId: string, { madeBy, currentAt }: KeyFacts, { lock }: Snapshot): boolean =>
  madeBy === 'person' && currentAt === undefined && lock?.oldAccessKeyId !== accessKeyId;

/** 6. Nobody else's keys are touched. */
export const foreignKeysUntouched: Checker = {
  *onChange(change, facts) {
    const { before, after } = change;
    if (before.currentIsStrangers && after.current !== before.current) {
      yield `AWSCURRENT names ${facts.alias(after.current)} in the place of a key that works for another user`;
    }
    for (const { accessKeyId, key, is } of changedKeys(change, facts)) {
      if (isForeign(accessKeyId, key, change.before)) {
        yield `${facts.alias(accessKeyId)}, which a person created, is ${is ?? 'deleted'}`;
      }
      if (facts.elsewhere.has(accessKeyId)) {
        yield `${facts.alias(accessKeyId)}, which another stack's secret holds, is ${is ?? 'deleted'}`;
      }
    }
  },
};
