/**
 * An adapter around an emulator, or beside it, for something that the emulator lacks and the rotation needs.
 */
export interface Shim {
  readonly name: string;
  /** What the emulator lacks. */
  readonly lacks: string;
  /** What the shim does instead, and why that is what AWS does. */
  readonly faithful: string;
  /** The source for that. */
  readonly source: string;
  /** The file that it is in. */
  readonly where: string;
}

/** A difference between an emulator and AWS. Each one is provoked in every run. */
export interface KnownDeviation<Probe> {
  readonly id: string;
  /** What AWS does. */
  readonly aws: string;
  /** Where AWS says so. */
  readonly source: string;
  /** What the emulator does. */
  readonly found: string;
  /** The consequence for the lane, and what else covers it. */
  readonly consequence: string;
  /** Provokes it. False if the emulator does what AWS does. */
  readonly persists: (probe: Probe) => Promise<boolean>;
}
