import type { CallRecord } from '../../embedded-aws/calls/call-log';
import { STEP_NAMES, type StepName } from '../../lambdas/shared/contract/steps';
import type { Fault, NamedFault, NamedSchedule, Position, Schedule } from './schedule';

/** A call of a schedule, by its number and by a description. */
export interface MadeCall {
  readonly number: number;
  readonly call: Position['call'];
  /** The step whose function made it; undefined for the state machine, and for a call with a user's own key. */
  readonly by: StepName | undefined;
}

/** The basis for looking up names: every call of a schedule, and how many of them faults could hit. */
type Simulate = (
  schedule: Schedule,
) => Promise<{ readonly made: readonly MadeCall[]; readonly calls: number }>;

const stepOf = (roleArn: string): StepName | undefined =>
  STEP_NAMES.find((step) => roleArn.endsWith(`-${step}`));

/** The calls that are numbered, in the order in which they arrived. */
export const callsMade = (records: readonly CallRecord[]): readonly MadeCall[] =>
  records
    .filter(({ sequence }) => sequence > 0)
    .sort((a, b) => a.sequence - b.sequence)
    .map(({ sequence, service, operation, caller }) => ({
      number: sequence,
      call: `${service}:${operation}`,
      by: stepOf(caller),
    }));

const alike = (
  made: readonly MadeCall[],
  { call, by }: { readonly call: string; readonly by?: StepName | undefined },
): readonly MadeCall[] =>
  made.filter((other) => other.call === call && (by === undefined || by === other.by));

const numberOf = (at: Position, made: readonly MadeCall[]): number | undefined => {
  const anchor = alike(made, at)[at.nth - 1];
  return anchor && made.find(({ number }) => number === anchor.number + (at.after ?? 0))?.number;
};

/** A call by its description; a call that was not made has only a number. */
export const positionOf = (number: number, made: readonly MadeCall[]): Position | number => {
  const one = made.find((call) => call.number === number);
  if (one === undefined) return number;
  const { call, by } = one;
  const nth = alike(made, one).findIndex((other) => other.number === number) + 1;
  return { call, ...(by !== undefined && { by }), nth };
};

/** A position, for people. */
export const describePosition = (at: Position | number): string => {
  if (typeof at === 'number') return `call ${at}`;
  const { call, by, nth, after } = at;
  return `${after === undefined ? '' : `${after} after `}${call}${by === undefined ? '' : ` of ${by}`}, number ${nth}`;
};

/**
 * Finds the numbers of the calls that a schedule names. Each fault is placed in the rotation as the faults
 * before it have changed it: up to its call, the whole schedule runs the same.
 *
 * @param simulate - The simulation in which the schedule will run: without a safety mechanism, the calls
 * differ.
 * @returns The schedule without the faults whose calls are never made, and those faults.
 */
export const numbered = async (
  schedule: NamedSchedule,
  simulate: Simulate,
): Promise<{ readonly schedule: Schedule; readonly notMade: readonly NamedFault[] }> => {
  const faults: Fault[] = [];
  const notMade: NamedFault[] = [];
  for (const fault of schedule.faults) {
    let at: number | undefined;
    if (typeof fault.at === 'number') at = fault.at;
    else {
      const { made, calls } = await simulate({ ...schedule, faults });
      at = numberOf(
        fault.at,
        made.filter(({ number }) => number <= calls),
      );
    }
    if (at === undefined) notMade.push(fault);
    else faults.push({ ...fault, at });
  }
  return { schedule: { ...schedule, faults }, notMade };
};

/**
 * Names the calls of a schedule, so that people can read it, and so that it keeps its meaning after a change
 * of another step. A call that is never made keeps its number.
 */
export const named = async (schedule: Schedule, simulate: Simulate): Promise<NamedSchedule> => {
  const inOrder = [...schedule.faults].sort((a, b) => a.at - b.at);
  const faults: NamedFault[] = [];
  for (const [index, fault] of inOrder.entries()) {
    const { made, calls } = await simulate({ ...schedule, faults: inOrder.slice(0, index) });
    faults.push({ ...fault, at: fault.at > calls ? fault.at : positionOf(fault.at, made) });
  }
  return { ...schedule, faults };
};
