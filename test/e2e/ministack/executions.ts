import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  type HistoryEvent,
  ListExecutionsCommand,
  paginateGetExecutionHistory,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { executionName } from '../../../lambdas/shared/contract/names';
import { eventually } from '../support/eventually';
import { Problem } from '../support/problem';
import type { Cloud } from './cloud';

/** A state that was entered and left. */
interface Visit {
  readonly state: string;
  /** Its output: the rotation's state. */
  readonly output: RotationOutput;
}

/** The parts of the rotation's state that are checked. */
interface RotationOutput {
  readonly status?: string;
  readonly outcome?: string;
  readonly deactivatedAt?: string;
  readonly settings?: { readonly recoveryPeriod?: string };
}

/** The executions of the deployed state machine. */
export class Executions {
  readonly #cloud: Cloud;
  readonly #stateMachineArn: string;

  constructor(cloud: Cloud, stateMachineArn: string) {
    this.#cloud = cloud;
    this.#stateMachineArn = stateMachineArn;
  }

  /** Starts one as a person does, and returns its ARN. */
  async start(userName: string): Promise<string> {
    const { executionArn = '' } = await this.#cloud.sfn.send(
      new StartExecutionCommand({
        stateMachineArn: this.#stateMachineArn,
        name: executionName(userName, new Date()),
        input: JSON.stringify({ userName }),
      }),
    );
    return executionArn;
  }

  /** The ARNs of all executions so far. */
  async all(): Promise<readonly string[]> {
    const { executions = [] } = await this.#cloud.sfn.send(
      new ListExecutionsCommand({ stateMachineArn: this.#stateMachineArn, maxResults: 1000 }),
    );
    return executions.flatMap(({ executionArn }) => executionArn ?? []);
  }

  async describe(executionArn: string): Promise<DescribeExecutionCommandOutput> {
    return this.#cloud.sfn.send(new DescribeExecutionCommand({ executionArn }));
  }

  async history(executionArn: string): Promise<readonly HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    for await (const page of paginateGetExecutionHistory({ client: this.#cloud.sfn }, { executionArn })) {
      events.push(...(page.events ?? []));
    }
    return events;
  }

  /** The states that were left, in order. */
  async visits(executionArn: string): Promise<readonly Visit[]> {
    return (await this.history(executionArn)).flatMap(({ stateExitedEventDetails: exit }) =>
      exit?.name === undefined ? [] : [{ state: exit.name, output: JSON.parse(exit.output ?? '{}') }],
    );
  }

  /** Waits until an execution is in a state. */
  async reaches(executionArn: string, state: string, limitSeconds: number): Promise<void> {
    await eventually(
      `${executionArn} to enter "${state}"`,
      async () => {
        const events = await this.history(executionArn);
        if (events.some(({ stateEnteredEventDetails: entry }) => entry?.name === state)) return true;
        const { status } = await this.describe(executionArn);
        if (status === 'RUNNING') return undefined;
        throw new Problem(`It ended without entering "${state}".\n${await this.#story(executionArn)}`);
      },
      limitSeconds,
    );
  }

  /** Waits until an execution is over. */
  async ends(
    executionArn: string,
    expected: 'SUCCEEDED' | 'FAILED',
    limitSeconds: number,
  ): Promise<DescribeExecutionCommandOutput> {
    const ended = await eventually(
      `the end of ${executionArn}`,
      async () => {
        const execution = await this.describe(executionArn);
        return execution.status === 'RUNNING' ? undefined : execution;
      },
      limitSeconds,
    );
    if (ended.status !== expected) {
      throw new Problem(`It should have ${expected}.\n${await this.#story(executionArn)}`);
    }
    return ended;
  }

  /** The story of an execution, for a message. */
  async #story(executionArn: string): Promise<string> {
    const { status, error, cause } = await this.describe(executionArn);
    const visits = await this.visits(executionArn);
    return [
      `execution: ${executionArn}`,
      `status:    ${status}`,
      ...(error === undefined ? [] : [`error:     ${error}`, `cause:     ${cause}`]),
      ...visits.map(({ state, output }) => `left:      ${state}: ${output.outcome ?? ''}`),
    ].join('\n');
  }
}
