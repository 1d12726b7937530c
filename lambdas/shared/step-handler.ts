import * as z from 'zod/mini';
import { requireClaim } from './admission';
import { executionInput } from './commands';
import { RotationError } from './errors';
import type { ExecutionGateway } from './execution-gateway';
import { leakNote } from './leak';
import { ExecutionContext } from './rotation-state';
import { safeParse } from './schema';
import type { OutputOf, StepDefinition } from './step-table';
import { ownerOf } from './versions';

/** What a step works with. */
export interface StepContext<State, Gateways = unknown> {
  readonly state: State;
  readonly execution: ExecutionContext;
  /** Who acts: the identity that the lock names. */
  readonly owner: string;
  /** What the step calls AWS by. */
  readonly gateways: Gateways;
}

/** A Lambda handler: event in, state out. */
export type StepHandler<Output> = (event: unknown) => Promise<Output>;

/** Logs one object, which Lambda's JSON log format keeps as it is. Fields are named one by one, so that nothing slips in. */
const log = (level: 'info' | 'error', fields: Readonly<Record<string, unknown>>): void => {
  console[level](fields);
};

const Envelope = z.object({ execution: ExecutionContext, state: z.unknown() });

const MOST_CHARACTERS = 1000;

/** What somebody else has written, so that it can stand in a message: in one line, and no longer than a person reads. */
const quotable = (text: string): string => {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.length <= MOST_CHARACTERS ? line : `${line.slice(0, MOST_CHARACTERS - 1)}…`;
};

/** What is wrong, field by field. The names of fields may be whatever somebody has sent. */
const problems = (error: z.core.$ZodError): string =>
  quotable(error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; '));

/** How the owner of an execution is written is decided by its plan. */
const namesStart = ({ name }: StepDefinition, state: unknown): boolean =>
  name === 'plan-rotation' || (state as { readonly ownerNamesStart?: true }).ownerNamesStart === true;

/** What to say when a later step gets a state that it cannot read. */
const INCOMPATIBLE_STATE =
  'The state does not come from the step before this one, or from another version of it. Nothing was changed by ' +
  'this step. Start a new execution for the user: it continues from where the rotation stands.';

/**
 * The shell around every step: reads the event, refuses redriven executions, logs, and lets errors through
 * under their names.
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
    explainBadInput = INCOMPATIBLE_STATE,
  ): StepHandler<Output> =>
  async (event) => {
    const envelope = safeParse(Envelope, event);
    if (!envelope.success) {
      throw new RotationError(
        'InvalidRotationInput',
        `This function is a step of the state machine and cannot be called by itself (${problems(envelope.error)}). ` +
          `Nothing was changed. Start an execution of the state machine with ${executionInput({ userName: '…' })}.`,
      );
    }
    const { execution } = envelope.data;
    const fields = { step: step.name, execution: execution.id };
    try {
      // A redriven execution keeps its ARN and its old input, but the world has moved on, and functions of its
      // first run may still be alive. A new execution reads everything again and continues from where it stands.
      if (execution.redriveCount > 0) {
        throw new RotationError(
          'InvalidRotationInput',
          'A redriven execution is not continued. Nothing was changed. Start a new execution for the user: it ' +
            'finds out by itself where the rotation stands.',
        );
      }
      const input: Step['input'] = step.input;
      const state = safeParse(input, envelope.data.state);
      if (!state.success) {
        throw new RotationError('InvalidRotationInput', `${problems(state.error)}. ${explainBadInput}`);
      }
      const owner = ownerOf(execution, namesStart(step, state.data));
      await requireClaim(gateways.executions, {
        execution,
        state: envelope.data.state,
        stateName: step.stateName,
      });
      const output = await work({ state: state.data, execution, owner, gateways });
      log('info', { ...fields, status: output.status, outcome: output.outcome });
      return output;
    } catch (error) {
      const { name, message: said } =
        error instanceof Error ? error : { name: 'Error', message: String(error) };
      const told = error instanceof RotationError && error.leak === 'told';
      const note = told ? '' : leakNote(step.name, envelope.data.state);
      const message = `${said}${note}`;
      log('error', { ...fields, error: name, message });
      // Under its own name, whatever it is: the state machine matches that.
      throw note === '' ? error : Object.assign(new Error(message, { cause: error }), { name });
    }
  };
