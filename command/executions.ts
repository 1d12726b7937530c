import * as z from 'zod/mini';
import { executionNameOf } from '../lambdas/shared/contract/names';
import { safeParse } from '../lambdas/shared/contract/schema';
import { type DescribedExecution, HistoryGateway } from '../lambdas/shared/gateways/history-gateway';
import type { Deployment } from './deployment';
import { type Listed, StateMachinesGateway } from './gateways/state-machines';

const Input = z.object({ userName: z.string(), action: z._default(z.string(), 'rotate') });

/** What an execution was started with, as far as it says whose it is. */
export const startedWith = (input: unknown): z.infer<typeof Input> | undefined => {
  const parsed = safeParse(Input, input);
  return parsed.success ? parsed.data : undefined;
};

/** An execution of a user, listed and described. */
export interface UserExecution extends Listed {
  readonly described: DescribedExecution;
}

/** So many pages of two hundred are looked through; Step Functions keeps 90 days. */
const MOST_PAGES = 25;

/** The executions of a user, the youngest first. Plans are not among them: they have done nothing. */
export async function* executionsOf(
  { clientConfig, stateMachineArn }: Pick<Deployment, 'clientConfig' | 'stateMachineArn'>,
  userName: string,
): AsyncGenerator<UserExecution> {
  const history = new HistoryGateway(clientConfig);
  const prefix = `${executionNameOf(userName)}-`;
  let pages = 0;
  for await (const page of new StateMachinesGateway(clientConfig).list(stateMachineArn)) {
    for (const listed of page.filter(({ name }) => name.startsWith(prefix))) {
      const described = await history.describe(listed.executionArn);
      const started = startedWith(described?.input);
      if (described !== undefined && started?.userName === userName && started.action !== 'plan')
        yield { ...listed, described };
    }
    pages += 1;
    if (pages === MOST_PAGES) return;
  }
}

/**
 * Looks for executions of users, the youngest first. Their names begin with the users', and their input says whose they are: names
 * of users may begin alike.
 *
 * @param want - says whether one is looked for. Plans are not: they have done nothing.
 * @returns of each user the youngest; none where none was found.
 */
export const findExecutions = async (
  { clientConfig, stateMachineArn }: Deployment,
  userNames: readonly string[],
  want: (listed: Listed) => boolean,
): Promise<ReadonlyMap<string, UserExecution>> => {
  const machines = new StateMachinesGateway(clientConfig);
  const history = new HistoryGateway(clientConfig);
  const prefixes = userNames.map((userName) => ({ userName, prefix: `${executionNameOf(userName)}-` }));
  const found = new Map<string, UserExecution>();
  const isOpen = (userName: string): boolean => !found.has(userName);
  let pages = 0;
  for await (const page of machines.list(stateMachineArn)) {
    for (const listed of page) {
      const mayBe = prefixes.some(
        ({ userName, prefix }) => isOpen(userName) && listed.name.startsWith(prefix),
      );
      if (!mayBe || !want(listed)) continue;
      const described = await history.describe(listed.executionArn);
      const { userName, action } = startedWith(described?.input) ?? {};
      if (described === undefined || userName === undefined || action === 'plan') continue;
      if (userNames.includes(userName) && isOpen(userName)) found.set(userName, { ...listed, described });
    }
    pages += 1;
    if (pages === MOST_PAGES || !userNames.some(isOpen)) break;
  }
  return found;
};
