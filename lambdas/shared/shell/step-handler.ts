import * as z from 'zod/mini';
import { asMessage, cut, DENIALS, RETRY_NOTE, RotationError } from '../contract/errors';
import { safeParse } from '../contract/schema';
import type { StepName } from '../contract/steps';
import type { ExecutionGateway } from '../gateways/execution-gateway';
import { toRotationError } from '../gateways/service-errors';
import { leakLeftBy } from '../rotation/leak';
import { ExecutionContext } from '../rotation/rotation-state';
import type { OutputOf, StepDefinition } from '../rotation/step-table';
import { ownerOf } from '../secret/versions';
import { executionInput } from '../text/commands';
import { DECLARE_AGAIN, INCOMPATIBLE_STATE, notAnEvent, REDRIVEN, sayLookAgain } from '../words/admission';
import { STEP_AT_WORK, userOf, whatIsKnown, whose } from '../words/explanation';
import { warnOfLeak } from '../words/leak';
import { requireClaim } from './admission';

/** What a step works with. */
export interface StepContext<State, Gateways = unknown> {
  readonly state: State;
  readonly execution: ExecutionContext;
  /** Who acts: the identity that the lock names. */
  readonly owner: string;
  /** What the step calls AWS by. */
  readonly gateways: Gateways;
  /**
   * Whether the execution's definition has a way for a status that did not always exist. An execution that began before a
   * deployment goes on with the definition that it began with, and must get an answer that this one knows.
   */
  readonly understands: (status: string) => boolean;
}

/**
 * What a step hands on, instead of acting, when something has come up since the last check: the check looks again.
 *
 * @throws RotationError `TransientServiceError` when the execution's definition has no way back to the check: it tries the step again.
 */
export const lookAgain = (
  { understands }: Pick<StepContext<unknown>, 'understands'>,
  { until, reason }: { readonly until: Date; readonly reason: string },
): { readonly status: 'look-again'; readonly outcome: string; readonly waitUntil: string } => {
  if (!understands('look-again')) throw new RotationError('TransientServiceError', `${reason} ${RETRY_NOTE}`);
  return {
    status: 'look-again',
    outcome: sayLookAgain(reason),
    waitUntil: until.toISOString(),
  };
};

/** A Lambda handler: event in, state out. */
export type StepHandler<Output> = (event: unknown) => Promise<Output>;

/** Logs one object, which Lambda's JSON log format keeps as it is. Fields are named one by one, so that nothing slips in. */
const log = (level: 'info' | 'error', fields: Readonly<Record<string, unknown>>): void => {
  console[level](fields);
};

const Envelope = z.object({
  execution: ExecutionContext,
  state: z.unknown(),
  /** What came later than others, and the definition knows: statuses, and `denials`, which it tries again. */
  understands: z._default(z.array(z.string()), []),
});

/** What a person typed may be long, and tells little. */
const LONGEST_PROBLEMS = 1000;

const problems = (error: z.core.$ZodError): string =>
  cut(
    error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; '),
    LONGEST_PROBLEMS,
  );

/** How the owner of an execution is written is decided by its plan. */
const namesStart = ({ name }: StepDefinition, state: unknown): boolean =>
  name === 'plan-rotation' || (state as { readonly ownerNamesStart?: true }).ownerNamesStart === true;

interface Failed {
  readonly step: StepName;
  readonly state: unknown;
  readonly understands: readonly string[];
  /** Step Functions has borne the event out. */
  readonly borneOut: boolean;
}

/** A plan that says of itself that it is an emergency, whoever has started it. */
const saysEmergency = (step: StepName, state: unknown): boolean =>
  step === 'plan-rotation' &&
  typeof state === 'object' &&
  state !== null &&
  'action' in state &&
  state.action === 'emergency';

/** What to say of a leaked key. Whoever may start rotations only must not get a person to deactivate a key by hand. */
const noteOfLeak = ({ step, state, understands, borneOut }: Failed): string => {
  if (!borneOut && saysEmergency(step, state) && understands.includes('declared-emergency')) {
    return ` ${DECLARE_AGAIN}`;
  }
  const left = leakLeftBy(step, state);
  return left === undefined ? '' : ` ${warnOfLeak(left)}`;
};

/** What a step ends in: an error of ours, whatever was thrown, that says all that is known where it matters. */
const explained = (thrown: unknown, failed: Failed): RotationError => {
  const { step, state, understands } = failed;
  const error = toRotationError(thrown, STEP_AT_WORK);
  const known = error.keys === 'untold' ? ` ${whatIsKnown(step, state)}` : '';
  const note = error.leak === 'told' ? '' : noteOfLeak(failed);
  // A definition of an earlier release tries these again under this name only.
  const renamed = DENIALS.includes(error.name) && !understands.includes('denials');
  if (known === '' && note === '' && !renamed) return error;
  return new RotationError(
    renamed ? 'TransientServiceError' : error.name,
    `${error.message}${known}${note}`,
    {
      cause: thrown,
    },
  );
};

/**
 * The shell around every step: reads the event, refuses redriven executions, logs, and explains every error.
 *
 * @param step - the step, from the table.
 * @param gateways - made once for the function's environment, so that their clients stay warm.
 * @param work - gather facts, decide, act, return.
 * @param explainBadInput - what to tell a person whose input the step does not take.
 */
export const stepHandler =
  <
    Step extends StepDefinition,
    Gateways extends { readonly executions: ExecutionGateway },
    Output extends OutputOf<Step>,
  >(
    step: Step,
    gateways: Gateways,
    work: (context: StepContext<z.output<Step['input']>, Gateways>) => Promise<Output>,
    explainBadInput: (state: unknown) => string = () => INCOMPATIBLE_STATE,
  ): StepHandler<Output> =>
  async (event) => {
    const envelope = safeParse(Envelope, event);
    if (!envelope.success) {
      throw new RotationError(
        'InvalidRotationInput',
        notAnEvent(problems(envelope.error), executionInput({ userName: '…' })),
      );
    }
    const { execution, understands } = envelope.data;
    const userName = userOf(envelope.data.state);
    const fields = {
      step: step.name,
      execution: execution.id,
      ...(userName !== undefined && { userName }),
    };
    let borneOut = false;
    try {
      // A redriven execution keeps its ARN and its old input, but the world has moved on, and functions of its
      // first run may still be alive. A new execution reads everything again and continues from where it stands.
      if (execution.redriveCount > 0) {
        throw new RotationError('InvalidRotationInput', REDRIVEN);
      }
      const input: Step['input'] = step.input;
      const state = safeParse(input, envelope.data.state);
      if (!state.success) {
        throw new RotationError(
          'InvalidRotationInput',
          `${problems(state.error)}. ${explainBadInput(envelope.data.state)} ${whose(step.name, envelope.data.state)}`,
        );
      }
      await requireClaim(gateways.executions, {
        execution,
        state: envelope.data.state,
        stateName: step.stateName,
      });
      borneOut = true;
      const done = await work({
        state: state.data,
        execution,
        owner: ownerOf(execution, namesStart(step, state.data)),
        gateways,
        understands: (status) => understands.includes(status),
      });
      const output = { ...done, outcome: asMessage(done.outcome) };
      log('info', { ...fields, status: output.status, outcome: output.outcome });
      return output;
    } catch (error) {
      const failure = explained(error, {
        step: step.name,
        state: envelope.data.state,
        understands,
        borneOut,
      });
      log('error', { ...fields, error: failure.name, message: failure.message });
      throw failure;
    }
  };
