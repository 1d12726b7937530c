/** The invariants that are checked after every call, in the numbering of docs/guarantees.md. */
export const INVARIANTS = {
  1: 'whoever reads the secret gets a key that works',
  2: 'the old key is not deactivated early',
  3: 'the old key is not deleted early',
  4: 'no key is lost',
  5: 'key material is nowhere but in memory, in the secret and in signatures',
  6: 'nobody else’s keys are touched',
  7: 'one rotation per user at a time',
  8: 'faults end safely',
} as const;

export type InvariantNumber = keyof typeof INVARIANTS;

/** A state that one of the rotation's own calls caused, or made worse. */
export interface Violation {
  readonly invariant: InvariantNumber;
  readonly what: string;
  /** The call after which it was seen; undefined at the end of the schedule. */
  readonly call?: number;
}
