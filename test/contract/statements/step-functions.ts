import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  ListExecutionsCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { same } from '../deviation';
import { accepted, refused, type Statement, statementsAbout } from '../statement';
import type { Subject } from '../subject';

/** It waits, and does nothing. */
const DEFINITION = JSON.stringify({
  StartAt: 'Wait',
  States: { Wait: { Type: 'Wait', Seconds: 3600, End: true } },
});

const stateMachine = async (subject: Subject): Promise<string> => {
  const name = subject.name('machine');
  const roleArn = await subject.role('states.amazonaws.com');
  const expected = `arn:aws:states:${subject.region}:${subject.accountId}:stateMachine:${name}`;
  subject.removeLater(`the state machine ${name}`, ({ states }) =>
    states.send(new DeleteStateMachineCommand({ stateMachineArn: expected })),
  );
  // AWS takes a while to know the role everywhere.
  const { stateMachineArn } = await subject.eventually('the state machine', () =>
    subject.states.send(new CreateStateMachineCommand({ name, roleArn, definition: DEFINITION })),
  );
  same('its ARN consists of Region, account and name', stateMachineArn === expected, true);
  return expected;
};

const start = async (
  subject: Subject,
  stateMachineArn: string,
  name: string,
  input = '{}',
): Promise<{ readonly executionArn: string; readonly started: number | undefined }> => {
  const { executionArn = '', startDate } = await subject.states.send(
    new StartExecutionCommand({ stateMachineArn, name, input }),
  );
  return { executionArn, started: startDate?.getTime() };
};

/** Starts an execution, which is stopped at the end. */
export const running = async (subject: Subject, input = '{}') => {
  const stateMachineArn = await stateMachine(subject);
  const name = subject.name('execution');
  const expected = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  subject.removeLater(`the execution ${name}`, ({ states }) =>
    states.send(new StopExecutionCommand({ executionArn: expected })),
  );
  const execution = await start(subject, stateMachineArn, name, input);
  return { ...execution, stateMachineArn, name };
};

const stop = async ({ states }: Subject, executionArn: string): Promise<number | undefined> => {
  const { stopDate } = await states.send(
    new StopExecutionCommand({ executionArn, error: 'Stopped', cause: 'contract suite' }),
  );
  return stopDate?.getTime();
};

const describe = ({ states }: Subject, executionArn: string) =>
  states.send(new DescribeExecutionCommand({ executionArn, includedData: 'METADATA_ONLY' }));

const described = (subject: Subject, executionArn: string) => async () => {
  const { status, stopDate } = await describe(subject, executionArn);
  return { status: String(status), over: stopDate instanceof Date };
};

const ABORTED = { status: 'ABORTED', over: true };

const START = 'Step Functions API, StartExecution';

const statement = statementsAbout('Step Functions');

export const stepFunctionsStatements: readonly Statement[] = [
  statement({
    id: 'describe-metadata-only',
    says: 'DescribeExecution with METADATA_ONLY gives an execution’s status, and neither its input nor its output.',
    source: 'Step Functions API, DescribeExecution, includedData',
    matters: 'a step asks whether another execution runs, and learns nothing else about it',
    check: async (subject) => {
      const { executionArn } = await running(subject, '{"a":"placeholder"}');
      await subject.sees('what is described', described(subject, executionArn), {
        status: 'RUNNING',
        over: false,
      });
      const { input = 'none', output = 'none' } = await describe(subject, executionArn);
      same('what else is described', { input, output }, { input: 'none', output: 'none' });
    },
  }),
  statement({
    id: 'describe-missing',
    says: 'Describing an execution that does not exist is refused with ExecutionDoesNotExist.',
    source: 'Step Functions API, DescribeExecution, errors',
    matters:
      'an execution that Step Functions has forgotten is distinguished from one that may not be described',
    check: async (subject) => {
      const { executionArn } = await running(subject);
      await refused(
        'describing it',
        subject.states.send(new DescribeExecutionCommand({ executionArn: `${executionArn}-2` })),
        'ExecutionDoesNotExist',
      );
    },
  }),
  statement({
    id: 'list-by-status',
    says: 'ListExecutions with a status shows the executions of a state machine that have it, and no others.',
    source: 'Step Functions API, ListExecutions, statusFilter',
    matters: 'the survey takes a rotation for unfinished when none of its executions is listed as RUNNING',
    check: async (subject) => {
      const { executionArn, stateMachineArn } = await running(subject);
      const listed = (statusFilter: 'RUNNING' | 'ABORTED') => async () => {
        const { executions = [] } = await subject.states.send(
          new ListExecutionsCommand({ stateMachineArn, statusFilter }),
        );
        return executions.map((execution) => ({
          it: execution.executionArn === executionArn,
          status: execution.status,
          over: execution.stopDate instanceof Date,
        }));
      };
      await subject.sees('what runs', listed('RUNNING'), [{ it: true, status: 'RUNNING', over: false }]);
      await subject.sees('what was stopped', listed('ABORTED'), []);
      await stop(subject, executionArn);
      await subject.sees('what runs after its end', listed('RUNNING'), []);
      await subject.sees('what was stopped after its end', listed('ABORTED'), [
        { it: true, status: 'ABORTED', over: true },
      ]);
    },
  }),
  statement({
    id: 'stop-ends-it',
    says: 'StopExecution ends an execution as ABORTED, with the date of its end.',
    source: 'Step Functions API, StopExecution; ExecutionStatus',
    matters: 'an emergency stops a rotation, and waits, counting from that date',
    check: async (subject) => {
      const { executionArn } = await running(subject);
      await accepted('stopping it', stop(subject, executionArn));
      await subject.sees('what is described', described(subject, executionArn), ABORTED);
    },
  }),
  statement({
    id: 'stop-twice',
    says: 'StopExecution of an execution that is over is accepted, and changes neither its status nor the date of its end.',
    source:
      'undocumented: the page lists no error for it. After a refusal the step asks whether the execution runs',
    matters: 'stop-execution may be repeated',
    check: async (subject) => {
      const { executionArn } = await running(subject);
      const stopped = await stop(subject, executionArn);
      const again = await accepted('stopping it again', stop(subject, executionArn));
      same('the date of its end is the same', again === stopped, true);
      await subject.sees('what is described', described(subject, executionArn), ABORTED);
    },
  }),
  statement({
    id: 'start-replayed',
    says: 'StartExecution with the name and input of a running execution starts no other, and answers with the first.',
    source: `${START}, introduction`,
    matters: 'a repeated start is one execution',
    check: async (subject) => {
      const { stateMachineArn, name, executionArn, started } = await running(subject);
      const again = await accepted('starting it again', start(subject, stateMachineArn, name));
      same(
        'the answer is the first one',
        { execution: again.executionArn === executionArn, started: again.started === started },
        { execution: true, started: true },
      );
    },
  }),
  statement({
    id: 'name-taken-by-other-input',
    says: 'StartExecution with the name of a running execution, and another input, is refused with ExecutionAlreadyExists.',
    source: `${START}, introduction and errors`,
    matters: 'an execution has one input',
    check: async (subject) => {
      const { stateMachineArn, name } = await running(subject);
      await refused(
        'starting it',
        start(subject, stateMachineArn, name, '{"a":"another"}'),
        'ExecutionAlreadyExists',
      );
    },
  }),
  statement({
    id: 'name-taken-by-closed',
    says: 'StartExecution with the name of an execution that is over is refused with ExecutionAlreadyExists, within 90 days.',
    source: `${START}, introduction and errors`,
    matters: 'the ARN of an execution is unique for as long as the execution can be described',
    check: async (subject) => {
      const { stateMachineArn, name, executionArn } = await running(subject);
      await stop(subject, executionArn);
      await subject.sees('what is described', described(subject, executionArn), ABORTED);
      await refused('starting it again', start(subject, stateMachineArn, name), 'ExecutionAlreadyExists');
    },
  }),
];
