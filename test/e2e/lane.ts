import type { Cleanup } from './support/cleanup';
import type { Progress } from './support/progress';
import type { PythonEnvironment } from './support/python';

/** The means of a lane. */
export interface LaneContext {
  readonly progress: Progress;
  /** Undoes the lane's additions when it has ended. */
  readonly cleanup: Cleanup;
  /** The environment with the emulators. */
  readonly python: PythonEnvironment;
  /** The lane's own directory, which is removed at the end. */
  readonly scratch: string;
  /** Whether the answers of the judges are recorded, instead of compared with the record. */
  readonly record: boolean;
}

/** A part of the run that depends on no other part. */
export interface Lane {
  readonly name: string;
  readonly title: string;
  run(context: LaneContext): Promise<void>;
}
