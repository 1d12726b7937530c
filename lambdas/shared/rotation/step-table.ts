import * as z from 'zod/mini';
import type { RotationErrorName } from '../contract/errors';
import type { StepName } from '../contract/steps';
import { Message, type Telling } from '../contract/told';
import type { Said } from '../text/said';
import {
  CarriedTrace,
  ContainedState,
  CreatedState,
  count,
  DeactivatedState,
  PlannedState,
  PublishedState,
  RetirableState,
  RollbackState,
  RotationInput,
  TestedState,
  timestamp,
} from './rotation-state';

/** A step, as the state machine sees it: what it takes, and what it hands on. */
export interface StepDefinition<Name extends StepName = StepName> {
  readonly name: Name;
  /** The state that runs the step, in every definition under which an execution may still be running. */
  readonly stateName: string;
  /** The step changes nothing in AWS: it does not matter whether its function is still at work. */
  readonly readsOnly: boolean;
  /** What the step's input must look like. */
  readonly input: z.ZodMiniType;
  /**
   * What the step hands on with each of its statuses, on which the definition's Choice states branch. It is at least what
   * the steps and the waits on the way of that status take.
   */
  readonly outputs: Readonly<Record<string, z.ZodMiniType<{ readonly outcome: string }>>>;
}

/** Nothing is handed on: the execution ends. `why` is for its record: a code for what the outcome says. */
const Ended = z.object({ outcome: z.string(), why: z.optional(z.string()) });
/** A Wait state comes next. */
const waiting = { waitUntil: timestamp };
/** A person is told next. */
const telling = { message: Message };
/** A person is told next, in some cases. */
const maybeTelling = { message: z.optional(Message) };

/** Every step. */
export const STEPS = {
  'plan-rotation': {
    name: 'plan-rotation',
    stateName: 'Plan the rotation',
    readsOnly: true,
    input: RotationInput,
    outputs: {
      due: PlannedState,
      'stop-first': PlannedState,
      /** The plan is made again, with `input`, when the notice has passed. */
      notice: z.object({ outcome: z.string(), ...waiting, ...telling, input: RotationInput }),
      planned: Ended,
      'nothing-to-do': Ended,
      'on-hold': z.extend(Ended, telling),
    },
  },
  'stop-execution': {
    name: 'stop-execution',
    stateName: 'Stop the running rotation',
    readsOnly: false,
    input: PlannedState,
    outputs: { stopped: z.extend(PlannedState, waiting) },
  },
  'create-access-key': {
    name: 'create-access-key',
    stateName: 'Create and store a new key',
    readsOnly: false,
    input: PlannedState,
    outputs: {
      /** The leaked key is Inactive. The step is entered once more. */
      contained: z.extend(PlannedState, telling),
      created: CreatedState,
      published: z.extend(PublishedState, waiting),
      deactivated: z.extend(DeactivatedState, { ...waiting, ...maybeTelling }),
      retired: z.extend(RetirableState, maybeTelling),
      restore: RollbackState,
      'nothing-to-do': Ended,
    },
  },
  'test-access-key': {
    name: 'test-access-key',
    stateName: 'Test the new key',
    readsOnly: false,
    input: CreatedState,
    outputs: { usable: TestedState },
  },
  'publish-access-key': {
    name: 'publish-access-key',
    stateName: 'Publish the new key',
    readsOnly: false,
    input: TestedState,
    outputs: { published: z.extend(PublishedState, waiting) },
  },
  'confirm-adoption': {
    name: 'confirm-adoption',
    stateName: 'Check that consumers have moved',
    readsOnly: true,
    input: PublishedState,
    outputs: {
      adopted: PublishedState,
      'go-on': z.extend(PublishedState, maybeTelling),
      notice: z.extend(PublishedState, { ...waiting, ...telling }),
      'no-old-key': z.extend(RetirableState, maybeTelling),
      'ask-validator': PublishedState,
      'ask-acknowledgement': z.extend(PublishedState, { ...waiting, acknowledgementSeconds: count }),
      'wait-for-consumers': z.extend(PublishedState, waiting),
      'wait-for-window': z.extend(PublishedState, waiting),
      'roll-back': RollbackState,
    },
  },
  'deactivate-access-key': {
    name: 'deactivate-access-key',
    stateName: 'Deactivate the old key',
    readsOnly: false,
    input: PublishedState,
    outputs: {
      deactivated: z.extend(DeactivatedState, { ...waiting, ...maybeTelling }),
      'look-again': z.extend(PublishedState, waiting),
    },
  },
  'trace-leaked-key': {
    name: 'trace-leaked-key',
    stateName: 'Find out what the leaked key did',
    readsOnly: true,
    input: ContainedState,
    outputs: {
      'look-again': z.extend(ContainedState, { ...waiting, ...telling, trace: CarriedTrace }),
      /** `waitUntil`: until when the recovery period's next check waits, as before. */
      traced: z.extend(ContainedState, { ...waiting, ...maybeTelling, trace: CarriedTrace }),
    },
  },
  'confirm-health': {
    name: 'confirm-health',
    stateName: 'Check that consumers are well',
    readsOnly: true,
    input: DeactivatedState,
    outputs: {
      'check-again': z.extend(DeactivatedState, waiting),
      'no-verdict': z.extend(DeactivatedState, { ...waiting, ...telling }),
      'ask-validator': DeactivatedState,
      recovered: RetirableState,
      'roll-back': RollbackState,
    },
  },
  'reactivate-access-key': {
    name: 'reactivate-access-key',
    stateName: 'Reactivate the old key',
    readsOnly: false,
    input: RollbackState,
    outputs: {
      'rolled-back': z.extend(RollbackState, {
        ...telling,
        /** In the shape in which the failure branch of earlier releases finds every other error. */
        failure: z.object({ Error: z.string(), details: z.object({ errorMessage: z.string() }) }),
      }),
      'rolled-back-by-hand': z.extend(RollbackState, telling),
    },
  },
  'delete-access-key': {
    name: 'delete-access-key',
    stateName: 'Delete the old key',
    readsOnly: false,
    input: RetirableState,
    outputs: { completed: RetirableState, 'look-again': z.extend(DeactivatedState, waiting) },
  },
} as const satisfies { readonly [Name in StepName]: StepDefinition<Name> };

/** What a step hands on: one of its statuses, and what goes with it. */
export type OutputOf<Step extends StepDefinition> = {
  readonly [Status in keyof Step['outputs'] & string]: Omit<z.infer<Step['outputs'][Status]>, 'status'> & {
    readonly status: Status;
    readonly outcome: string;
  };
}[keyof Step['outputs'] & string];

/** What a status that tells needs: what it tells of, under whose title. */
type TellsOf<Output> = Output extends { readonly message: Message }
  ? { readonly tells: Telling | RotationErrorName }
  : Output extends { readonly message?: Message | undefined }
    ? { readonly tells?: Telling | undefined }
    : unknown;

/** The same as the step's own work leaves it: in parts, of which the shell around the step makes the outcome and the message. */
export type DoneOf<Step extends StepDefinition> = {
  readonly [Status in keyof Step['outputs'] & string]: Omit<
    z.infer<Step['outputs'][Status]>,
    'status' | 'outcome' | 'message'
  > & {
    readonly status: Status;
    readonly outcome: string | Said;
  } & TellsOf<z.infer<Step['outputs'][Status]>>;
}[keyof Step['outputs'] & string];

/** The states whose functions change nothing, in every definition under which an execution may still be running. */
export const READING_STATES: ReadonlySet<string> = new Set(
  Object.values(STEPS).flatMap(({ readsOnly, stateName }) => (readsOnly ? [stateName] : [])),
);
