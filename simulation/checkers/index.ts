import type { InvariantNumber } from '../schedule/invariants';
import type { Checker } from './facts';
import { faultsEndSafely } from './faults-end-safely';
import { foreignKeysUntouched } from './foreign-keys-untouched';
import { noKeyLost } from './no-key-lost';
import { noMaterialKept } from './no-material-kept';
import { notDeactivatedEarly } from './not-deactivated-early';
import { notDeletedEarly } from './not-deleted-early';
import { oneRotationAtATime } from './one-rotation-at-a-time';
import { readerGetsWorkingKey } from './reader-gets-working-key';

/** The checker of each promise. A promise without one does not compile. */
export const CHECKERS: Readonly<Record<InvariantNumber, Checker>> = {
  1: readerGetsWorkingKey,
  2: notDeactivatedEarly,
  3: notDeletedEarly,
  4: noKeyLost,
  5: noMaterialKept,
  6: foreignKeysUntouched,
  7: oneRotationAtATime,
  8: faultsEndSafely,
};
