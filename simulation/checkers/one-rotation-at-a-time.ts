import type { Checker } from './facts';

/** 7. One rotation per user at a time. */
export const oneRotationAtATime: Checker = {
  *onChange({ before, after, origin, holder }) {
    const changesKeys = [...new Set([...before.statuses.keys(), ...after.statuses.keys()])].some(
      (id) => before.statuses.get(id) !== after.statuses.get(id),
    );
    if (origin === undefined || (!changesKeys && before.current === after.current)) return;
    if (holder !== origin) yield 'an execution that does not hold the lock changes keys or AWSCURRENT';
  },
};
