import * as z from 'zod/mini';
import {
  asMessage,
  cut,
  DENIALS,
  RETRY_NOTE,
  RotationError,
  type RotationErrorName,
} from '../contract/errors';
import { safeParse } from '../contract/schema';
import type { StepName } from '../contract/steps';
import { type Message, type Telling, UNDERSTANDS_MESSAGES } from '../contract/told';
import type { ExecutionGateway } from '../gateways/execution-gateway';
import type { Runtime } from '../gateways/runtime';
import { toRotationError } from '../gateways/service-errors';
import { leakLeftBy } from '../rotation/leak';
import { type Effort, ExecutionContext } from '../rotation/rotation-state';
import type { DoneOf, OutputOf, StepDefinition } from '../rotation/step-table';
import { ownerOf } from '../secret/versions';
import { RUNBOOK } from '../text/anchor';
import { masked } from '../text/mask';
import { inSentences, type Said, toSaid } from '../text/said';
import { incompatibleState, notAnEvent, redriven, sayLookAgain, withDeclareAgain } from '../words/admission';
import { rolesIn, STEP_AT_WORK, secretIdIn, timeZoneIn, userNameIn, whatIsKnown } from '../words/explanation';
import { warnOfLeak } from '../words/leak';
import { commandPlaceOf, composeMessage, type Letterhead, whoAndWhere } from '../words/message';
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
  /** What the execution has taken so far, this function included. */
  readonly effort: () => Effort;
}

/**
 * What a step hands on, instead of acting, when something has come up since the last check: the check looks again.
 *
 * @throws RotationError `TransientServiceError` when the execution's definition has no way back to the check: it tries the step again.
 */
export const lookAgain = (
  { understands }: Pick<StepContext<unknown>, 'understands'>,
  { until, reason }: { readonly until: Date; readonly reason: string | Said },
): { readonly status: 'look-again'; readonly outcome: Said; readonly waitUntil: string } => {
  const said = toSaid(reason);
  if (!understands('look-again')) {
    throw new RotationError('TransientServiceError', { ...said, next: [...(said.next ?? []), RETRY_NOTE] });
  }
  return {
    status: 'look-again',
    outcome: sayLookAgain(said),
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
  /** What came later than others, and the definition knows: statuses, `denials`, which it tries again, and `messages`. */
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

const effortIn = (state: unknown): Effort | undefined => (state as { readonly effort?: Effort }).effort;

/** The leaked key of a declared emergency is not known to be Inactive yet. */
const isBeingContained = (state: object): boolean => 'declaredAt' in state && !('contained' in state);

/** A plan that says of itself that it is an emergency, whoever has started it. */
const saysEmergency = (step: StepName, state: unknown): boolean =>
  step === 'plan-rotation' &&
  typeof state === 'object' &&
  state !== null &&
  'action' in state &&
  state.action === 'emergency';

/** What is told of a leaked key. Whoever may start rotations only must not get a person to deactivate a key by hand. */
const withLeak = ({ step, state, understands, borneOut }: Failed): ((said: Said) => Said) | undefined => {
  if (!borneOut && saysEmergency(step, state) && understands.includes('declared-emergency')) {
    return withDeclareAgain;
  }
  const left = leakLeftBy(step, state);
  return left && ((said) => warnOfLeak(said, left));
};

/** What a step ends in: an error of ours, whatever was thrown, that says all that is known where it matters. */
const explained = (thrown: unknown, failed: Failed): RotationError => {
  const { step, state, understands } = failed;
  const error = toRotationError(thrown, STEP_AT_WORK);
  const known = error.keys === 'untold' ? { keys: whatIsKnown(step, state) } : undefined;
  const addLeak = error.leak === 'told' ? undefined : withLeak(failed);
  // A definition of an earlier release tries these again under this name only.
  const renamed = DENIALS.includes(error.name) && !understands.includes('denials');
  if (known === undefined && addLeak === undefined && !renamed) return error;
  const said = { ...error.said, ...known };
  return new RotationError(
    renamed ? 'TransientServiceError' : error.name,
    addLeak === undefined ? said : addLeak(said),
    { cause: thrown },
  );
};

/** An error as the state machine takes it: its name is matched, and its message read as data. */
class ToldError extends Error {
  constructor(
    override readonly name: string,
    message: string,
    cause: unknown,
  ) {
    super(message, { cause });
    // Lambda reports it beside the message. It says nothing to a person that the log does not say, and there is little room.
    this.stack = name;
  }
}

/**
 * The shell around every step: reads the event, refuses redriven executions, logs, and explains every error.
 *
 * @param step - the step, from the table.
 * @param runtime - what the function finds around it.
 * @param gateways - made once for the function's environment, so that their clients stay warm.
 * @param work - gather facts, decide, act, return.
 * @param explainBadInput - what to tell a person whose input the step does not take.
 */
export const stepHandler =
  <
    Step extends StepDefinition,
    Gateways extends { readonly executions: ExecutionGateway },
    Done extends DoneOf<Step>,
  >(
    step: Step,
    { environment, calls }: Pick<Runtime, 'environment' | 'calls'>,
    gateways: Gateways,
    work: (context: StepContext<z.output<Step['input']>, Gateways>) => Promise<Done>,
    explainBadInput: (problems: string, state: unknown) => Said = incompatibleState,
  ): StepHandler<OutputOf<Step>> =>
  async (event) => {
    const envelope = safeParse(Envelope, event);
    if (!envelope.success) {
      throw new RotationError('InvalidRotationInput', notAnEvent(problems(envelope.error)));
    }
    const { execution, understands, state: given } = envelope.data;
    const understandsMessages = understands.includes(UNDERSTANDS_MESSAGES);
    const userName = userNameIn(given);
    const fields = {
      step: step.name,
      execution: execution.id,
      ...(userName !== undefined && { userName }),
    };
    const place = commandPlaceOf(execution.id);
    const compose = (said: Said, tells: RotationErrorName | Telling, state: unknown): Message => {
      const letterhead: Letterhead = {
        userName,
        executionArn: execution.id,
        roles: rolesIn(state),
        step: step.name,
        runbookUrl: environment.RUNBOOK_URL ?? RUNBOOK,
        timeZone: timeZoneIn(state),
        at: new Date(),
        secretId: secretIdIn(state),
      };
      return composeMessage(said, tells, letterhead);
    };
    const callsBefore = calls();
    const effortAfter = ({ functions, calls: sent }: Effort = { functions: 0, calls: 0 }): Effort => ({
      functions: functions + 1,
      calls: sent + calls() - callsBefore,
    });
    let borneOut = false;
    try {
      // A redriven execution keeps its ARN and its old input, but the world has moved on, and functions of its
      // first run may still be alive. A new execution reads everything again and continues from where it stands.
      if (execution.redriveCount > 0) {
        throw new RotationError('InvalidRotationInput', redriven(userName));
      }
      const input: Step['input'] = step.input;
      const state = safeParse(input, given);
      if (!state.success) {
        throw new RotationError('InvalidRotationInput', explainBadInput(problems(state.error), given));
      }
      await requireClaim(gateways.executions, { execution, state: given, stateName: step.stateName });
      borneOut = true;
      const done = await work({
        state: state.data,
        execution,
        owner: ownerOf(execution, namesStart(step, state.data)),
        gateways,
        understands: (status) => understands.includes(status),
        effort: () => effortAfter(effortIn(state.data)),
      });
      const { outcome, tells, ...handedOn } = done as Done & { readonly tells?: RotationErrorName | Telling };
      const said = { timeZone: timeZoneIn(handedOn), ...toSaid(outcome) };
      const message = tells !== undefined && understandsMessages ? compose(said, tells, handedOn) : undefined;
      // The rest is in the message, where there is one.
      const short = message === undefined ? said : { what: said.what, timeZone: said.timeZone };
      const output = {
        ...handedOn,
        about: { user: userName, place: whoAndWhere(userName, execution.id) },
        ...(isBeingContained(handedOn) && { effort: effortAfter(effortIn(state.data)) }),
        outcome: asMessage(inSentences(short, place)),
        ...(message !== undefined && { message }),
      };
      log('info', { ...fields, status: output.status, outcome: masked(output.outcome) });
      return output as unknown as OutputOf<Step>;
    } catch (error) {
      const failure = explained(error, { step: step.name, state: given, understands, borneOut });
      const said = { timeZone: timeZoneIn(given), ...failure.said };
      const message = asMessage(inSentences(said, place));
      log('error', { ...fields, error: failure.name, message: masked(message) });
      throw new ToldError(
        failure.name,
        understandsMessages ? JSON.stringify(compose(said, failure.name, given)) : message,
        failure,
      );
    }
  };
