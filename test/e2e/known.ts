/** Something put around an emulator, or beside it, because it lacks it and the rotation cannot do without. */
export interface Shim {
  readonly name: string;
  /** What the emulator lacks. */
  readonly lacks: string;
  /** What the shim does instead, and why that is what AWS does. */
  readonly faithful: string;
  /** Where that is written. */
  readonly source: string;
  /** The file that it is in. */
  readonly where: string;
}

/** Something that an emulator does otherwise than AWS. Each is provoked in every run. */
export interface KnownDeviation<Probe> {
  readonly id: string;
  /** What AWS does. */
  readonly aws: string;
  /** Where AWS says so. */
  readonly source: string;
  /** What the emulator does. */
  readonly found: string;
  /** What follows for the lane, and what else covers it. */
  readonly consequence: string;
  /** Provokes it. False when the emulator does as AWS does. */
  readonly persists: (probe: Probe) => Promise<boolean>;
}
