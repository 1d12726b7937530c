import { executionName } from '../lambdas/shared/contract/names';
import { safeParse } from '../lambdas/shared/contract/schema';
import { HistoryGateway } from '../lambdas/shared/gateways/history-gateway';
import { RotationInput } from '../lambdas/shared/rotation/rotation-state';
import { type Deployment, findDeployment } from './deployment';
import { findExecutions } from './executions';
import { follow, reportEnd } from './follow';
import { StateMachinesGateway } from './gateways/state-machines';
import { type CommonOptions, type Surroundings, writeJson } from './shell';
import { folded } from './table';
import { during, EXIT, type Exit, Trouble } from './trouble';

/** What an execution is started with. @throws Trouble when the state machine would not understand it. */
export const checkedInput = (input: Readonly<Record<string, unknown>>): void => {
  const parsed = safeParse(RotationInput, input);
  if (parsed.success) return;
  const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new Trouble(EXIT.misuse, `${wrong.join('; ')}. Nothing was started.`);
};

/** Starts an execution, called after the user and the time. */
export const startExecution = async (
  { clientConfig }: Pick<Deployment, 'clientConfig'>,
  stateMachineArn: string,
  input: { readonly userName: string },
): Promise<string> => {
  const { userName } = input;
  const unanswered = `Whether it was started is not known: access-key-rotation watch ${userName} shows it.`;
  const name = executionName(userName, new Date());
  const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  const started = await during({ refused: 'Nothing was started.', unanswered }, () =>
    new StateMachinesGateway(clientConfig).start(stateMachineArn, name, input),
  );
  if (started === 'started') return executionArn;
  // Somebody else may have been here in the same second, or this command itself, in an attempt whose answer got lost.
  const there = await during({ refused: unanswered, unanswered }, () =>
    new HistoryGateway(clientConfig).describe(executionArn),
  );
  if (there === undefined)
    throw new Trouble(EXIT.aws, `Step Functions does not show ${name} yet. ${unanswered}`);
  if (JSON.stringify(there.input) === JSON.stringify(input)) return executionArn;
  throw new Trouble(
    EXIT.look,
    `In the same second another execution of ${userName} was started, ${name}. Nothing was started by this command: look whether it is still needed, and give it again.`,
  );
};

/** Looks at what was started. When that fails, what was started goes on. */
export const lookingAt = <Result>(userName: string, work: () => Promise<Result>): Promise<Result> => {
  const known = `What was started goes on without this command: access-key-rotation watch ${userName} shows it.`;
  return during({ refused: known, unanswered: known }, work);
};

/** How a command that starts something goes on. */
export interface StartOptions extends CommonOptions {
  readonly watch?: boolean | undefined;
}

export const WATCHING = 'Ctrl-C ends the watching, and nothing else.\n';

/** Starts a rotation, resumes it, or asks for a plan. A plan changes nothing, and is waited for. */
export const start = async (
  surroundings: Surroundings,
  action: 'rotate' | 'resume' | 'plan',
  userName: string,
  options: StartOptions,
): Promise<Exit> => {
  const { out, err } = surroundings;
  const input = { userName, ...(action !== 'rotate' && { action }) };
  checkedInput(input);
  const deployment = await findDeployment(surroundings, options);
  const executionArn = await startExecution(deployment, deployment.stateMachineArn, input);
  const isWatched = options.watch === true || action === 'plan';
  if (!isWatched) {
    if (options.json === true) writeJson(surroundings, { executionArn });
    else out(`Started: ${executionArn}\nTo follow it: access-key-rotation watch ${userName}\n`);
    return EXIT.fine;
  }
  err(action === 'plan' ? 'Making the plan ...\n' : `Started: ${executionArn}\n${WATCHING}`);
  const silent = { ...surroundings, out: () => {} };
  const { ended } = await lookingAt(userName, () =>
    follow(deployment, action === 'plan' ? silent : surroundings, executionArn, options),
  );
  if (ended === undefined) return EXIT.look;
  if (action === 'plan' && options.json !== true && ended.status === 'SUCCEEDED') {
    const { outcome = '' } = ended.output as { readonly outcome?: string };
    out(`${folded(outcome)}\n`);
    return EXIT.fine;
  }
  return reportEnd(surroundings, ended, { json: options.json, executionArn });
};

/** Follows the execution of a user that runs. */
export const watch = async (
  surroundings: Surroundings,
  userName: string,
  options: CommonOptions,
): Promise<Exit> => {
  checkedInput({ userName });
  const deployment = await findDeployment(surroundings, options);
  const running = await findExecutions(deployment, [userName], ({ status }) => status === 'RUNNING');
  const execution = running.get(userName);
  if (execution === undefined) {
    const ended = await findExecutions(deployment, [userName], ({ stoppedAt }) => stoppedAt !== undefined);
    const name = ended.get(userName)?.name;
    const last = name === undefined ? '' : ` How the last one has ended: access-key-rotation explain ${name}`;
    throw new Trouble(EXIT.look, `No execution of ${userName} is running.${last}`);
  }
  const { executionArn } = execution;
  surroundings.err(`Watching ${executionArn}\n${WATCHING}`);
  const { ended } = await follow(deployment, surroundings, executionArn, options);
  return ended === undefined
    ? EXIT.look
    : reportEnd(surroundings, ended, { json: options.json, executionArn });
};
