import type { Surroundings } from '../../command/shell';
import type { Cleanup } from '../../test/e2e/support/cleanup';
import { Problem } from '../../test/e2e/support/problem';
import type { Options } from './options';
import type { Parts } from './parts';
import type { Place } from './place';
import type { Names } from './plan';

/** What a run needs of its process. */
export interface Host {
  readonly surroundings: Surroundings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted when a person, or the machine, wants the run to end. */
  readonly interruption: AbortSignal;
}

/** A run under way. */
export interface Run {
  readonly host: Host;
  readonly options: Options;
  readonly place: Place;
  readonly names: Names;
  readonly parts: Parts;
  readonly scratch: string;
  /** Child processes, and statements that are under way. */
  readonly cleanup: Cleanup;
  /** Child processes of the removal, which goes on when the others were ended. */
  readonly removing: Cleanup;
  /** To be aborted before the removal: nothing is created behind it. */
  readonly over: AbortController;
  /** Deletes the stack. Undefined: no deployment was begun. */
  destroy: (() => Promise<void>) | undefined;
  leftOut: readonly string[];
}

/** What comes before anything is created. An interruption is no silence of AWS. */
export const untilInterrupted = async <T>(interruption: AbortSignal, work: () => Promise<T>): Promise<T> => {
  const refuse = (): void => {
    if (interruption.aborted) throw new Problem('It was interrupted. Nothing was created.');
  };
  try {
    const result = await work();
    refuse();
    return result;
  } catch (error) {
    refuse();
    throw error;
  }
};
