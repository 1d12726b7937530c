import type { Outcome } from '../play/simulate';
import type { InvariantNumber, Violation } from '../schedule/invariants';
import { named, positionOf } from '../schedule/position';
import type { NamedSchedule, Position, Schedule } from '../schedule/schedule';

/** A schedule that violated an invariant, as small as possible, and with its calls by name. */
export interface Failure {
  readonly schedule: NamedSchedule;
  readonly violations: readonly (Omit<Violation, 'call'> & { readonly call?: Position | number })[];
}

/** The report of an outcome that violated an invariant. */
export const failureOf = async (
  { schedule, violations, made }: Outcome,
  simulate: (schedule: Schedule) => Promise<Outcome>,
): Promise<Failure> => ({
  schedule: await named(schedule, simulate),
  violations: violations.map(({ call, ...rest }) => ({
    ...rest,
    ...(call !== undefined && { call: positionOf(call, made) }),
  })),
});

/** The results of many schedules. */
export interface Tally {
  schedules: number;
  executions: number;
  calls: number;
  faultsInjected: number;
  readonly byFault: Record<string, number>;
  readonly byInvariant: Record<InvariantNumber, number>;
  readonly outcomes: Record<string, number>;
  readonly failures: Failure[];
}

export const emptyTally = (): Tally => ({
  schedules: 0,
  executions: 0,
  calls: 0,
  faultsInjected: 0,
  byFault: {},
  byInvariant: { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 0 },
  outcomes: {},
  failures: [],
});

const add = (counts: Record<string, number>, name: string, count = 1): void => {
  counts[name] = (counts[name] ?? 0) + count;
};

/** Counts an outcome. */
export const count = (tally: Tally, { struck, violations, end, executions, calls }: Outcome): void => {
  tally.schedules += 1;
  tally.executions += executions;
  tally.calls += calls;
  tally.faultsInjected += struck.length;
  for (const fault of struck) add(tally.byFault, fault);
  for (const invariant of new Set(violations.map((violation) => violation.invariant))) {
    tally.byInvariant[invariant] += 1;
  }
  add(tally.outcomes, end);
};

/** Adds one tally to another. */
export const merge = (into: Tally, other: Tally): void => {
  for (const field of ['schedules', 'executions', 'calls', 'faultsInjected'] as const)
    into[field] += other[field];
  for (const field of ['byFault', 'outcomes'] as const) {
    for (const [name, number] of Object.entries(other[field])) add(into[field], name, number);
  }
  for (const [invariant, number] of Object.entries(other.byInvariant)) {
    into.byInvariant[Number(invariant) as InvariantNumber] += number;
  }
  into.failures.push(...other.failures);
};
