import type { Thing } from '../../test/contract/kinds';
import type { Check } from './plan';

/** A step of a part, as it went. */
export interface StepRecord {
  readonly title: string;
  /** When it began. */
  readonly at: string;
  readonly ok: boolean;
  readonly seconds: number;
}

/** Something that was measured, in words and a value. */
export interface Figure {
  readonly what: string;
  readonly value: string;
}

/** A part of a run: a check, or what comes before and after the checks. */
export interface Part {
  readonly name: Check | 'preparation' | 'removal';
  /** What came of it. `not run`: something before it failed, or the run was interrupted. */
  readonly result: 'held' | 'failed' | 'not run';
  readonly seconds: number;
  readonly steps: readonly StepRecord[];
  readonly figures: readonly Figure[];
  /** Known deviations of the emulator that it met. Empty in AWS. */
  readonly deviations: readonly string[];
  readonly problem?: string | undefined;
}

/** The emulator that a run was rehearsed on, and what is known of it. */
export interface Rehearsal {
  /** Such as `ministack 1.5.33`. */
  readonly emulator: string;
  /** Statements about AWS that do not hold for it, by their keys, with what it does instead. */
  readonly statements: Readonly<Record<string, string>>;
  /** What it writes before names in those of log groups, where AWS does not. */
  readonly logGroupStarts?: readonly string[];
  /** What else it does differently. */
  readonly deviations: readonly {
    readonly id: string;
    readonly found: string;
    readonly consequence: string;
  }[];
}

/** A run, as its report tells it. */
export interface RunRecord {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly caller: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly checks: readonly Check[];
  readonly parts: readonly Part[];
  readonly isInterrupted: boolean;
  readonly isKept: boolean;
  readonly removed: readonly Pick<Thing, 'what' | 'name'>[];
  readonly left: readonly Thing[];
  readonly notShown: readonly string[];
  /** Undefined: the run was in AWS. */
  readonly rehearsal: Rehearsal | undefined;
}
