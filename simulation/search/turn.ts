import { createHash } from 'node:crypto';
import type { Part } from './exhaustive';

/**
 * Which of the parts of the exhaustive runs has its turn. It is kept in a file of the repository, so that a
 * clone without history knows it.
 */
export interface Turn {
  /** How many changes of the simulated code have taken a turn. */
  readonly turn: number;
  /** The {@link digestOf} the simulation when the turn was taken. */
  readonly digest: string;
}

/** After so many turns everything has been run. */
export const PARTS = 16;

export const TURNINGS = ['next', 'same'] as const;

/** For a change of the simulated code; and for more of the same change. */
export type Turning = (typeof TURNINGS)[number];

/**
 * A digest of the simulated code: comments do not count, nor do documents.
 *
 * @param bundle - The text of the bundled simulation, without the packages that it loads.
 * @param lock - The text of package-lock.json, which identifies the packages.
 */
export const digestOf = (bundle: string, lock: string): string =>
  createHash('sha256').update(bundle).update('\0').update(lock).digest('hex');

/** The turn that a change takes. If nothing has changed, there is none to take. */
export const turned = (current: Turn, to: Turning, digest: string): Turn =>
  digest === current.digest ? current : { turn: current.turn + (to === 'next' ? 1 : 0), digest };

/** The part whose turn it is; undefined if the simulated code has changed, and no turn was taken. */
export const partOfTurn = ({ turn, digest: known }: Turn, digest: string): Part | undefined =>
  digest === known ? { number: (turn % PARTS) + 1, of: PARTS } : undefined;
