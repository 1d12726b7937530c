import type { Cleanup } from './support/cleanup';
import type { Progress } from './support/progress';
import type { PythonEnvironment } from './support/python';

/** What a lane has to work with. */
export interface LaneContext {
  readonly progress: Progress;
  /** Undoes, when the lane has ended, what it has added. */
  readonly cleanup: Cleanup;
  /** The environment with the emulators. */
  readonly python: PythonEnvironment;
  /** A directory of the lane's own, which is removed at the end. */
  readonly scratch: string;
  /** Whether the answers of the judges are to be written down instead of compared with what is written down. */
  readonly record: boolean;
}

/** A part of the run that depends on no other part. */
export interface Lane {
  readonly name: string;
  readonly title: string;
  run(context: LaneContext): Promise<void>;
}
