import { emergencyMachineName } from '../../lambdas/shared/contract/names';
import { type StartOptions, StateMachineEngine, type StateMachineOptions } from '../engine/engine';
import type { Execution } from '../engine/execution';
import { TaskError } from '../engine/task-error';

/** Starts an execution as a person would. */
type Start = (input: unknown, options?: StartOptions) => Promise<Execution>;

/** The state machine of the rotations, and the one in which emergencies are declared. */
export interface StateMachines {
  readonly stateMachine: StateMachineEngine;
  readonly emergencies: StateMachineEngine;
  /**
   * Starts an execution as a person does: an emergency in the state machine for declarations, everything else
   * in that of the rotations.
   *
   * @returns The rotation's execution.
   * @throws Error if an emergency was declared and no rotation started.
   */
  readonly start: Start;
  /** The next rotation that is started by a declaration which nobody has made by {@link start}. */
  readonly nextDeclared: (options?: StartOptions) => Promise<Execution>;
}

/** A rotation's execution that should start soon, under the name of its declaration. */
interface Awaited {
  readonly options: StartOptions;
  readonly begun: (execution: Execution) => void;
}

/**
 * Puts the state machine of emergencies beside that of the rotations.
 *
 * @param emergency - Like the first one, with its own definition; its name is made from the other's.
 * @param mayStart - Whether its role may start executions of a state machine. Default: of every one.
 */
export const withEmergencies = (
  stateMachine: StateMachineEngine,
  emergency: Omit<StateMachineOptions, 'name' | 'startExecution'>,
  mayStart: (stateMachineArn: string) => boolean = () => true,
): StateMachines => {
  const awaited = new Map<string, Awaited>();
  const awaitedNext: Awaited[] = [];
  const emergencies = new StateMachineEngine({
    ...emergency,
    name: emergencyMachineName(stateMachine.name),
    startExecution: ({ stateMachineArn, name, input }) => {
      if (!mayStart(stateMachineArn)) {
        throw new TaskError(
          'StepFunctions.AccessDeniedException',
          `${emergency.roleArn} is not authorized to perform: states:StartExecution on resource: ${stateMachineArn}`,
        );
      }
      if (stateMachineArn !== stateMachine.arn) {
        throw new TaskError(
          'StepFunctions.StateMachineDoesNotExistException',
          `State Machine Does Not Exist: '${stateMachineArn}'`,
        );
      }
      const { options, begun } = awaited.get(name) ?? awaitedNext.shift() ?? {};
      const starter = { roleArn: emergency.roleArn, service: 'states.amazonaws.com' };
      const execution = stateMachine.start(input, { ...options, name, starter });
      begun?.(execution);
      return execution;
    },
  });
  const declare = async (input: unknown, options: StartOptions = {}): Promise<Execution> => {
    // The rotation will have the same name.
    const name = options.name ?? emergencies.newName(input, (one) => stateMachine.isTaken(one));
    const declaration = emergencies.start(input, { name });
    try {
      return await new Promise((begun, fail) => {
        awaited.set(declaration.name, { options, begun });
        void declaration.result.then(({ status, error, cause }) => {
          fail(new Error(`The declaration has started no rotation: ${status} ${error}: ${cause}`));
        });
      });
    } finally {
      awaited.delete(declaration.name);
    }
  };
  // Without a key there is nothing to declare: the rotation itself reports that.
  const isEmergency = (input: unknown): boolean =>
    typeof input === 'object' &&
    input !== null &&
    'action' in input &&
    input.action === 'emergency' &&
    'accessKeyId' in input &&
    input.accessKeyId !== undefined;
  return {
    stateMachine,
    emergencies,
    nextDeclared: (options = {}) =>
      new Promise((begun) => {
        awaitedNext.push({ options, begun });
      }),
    start: async (input, options) =>
      isEmergency(input)
        ? declare(input, options)
        : stateMachine.start(input, {
            ...options,
            name: options?.name ?? stateMachine.newName(input, (one) => awaited.has(one)),
          }),
  };
};
