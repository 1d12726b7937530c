import type { Checker } from './facts';

/** 4. No key is lost. */
export const noKeyLost: Checker = {
  *onEnd({ left, answered, strays }) {
    if (left === undefined || answered || strays.length === 0) return;
    yield `${strays.length} keys of the rotation are left: ${left}`;
  },
};
