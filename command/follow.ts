import { type DescribedExecution, HistoryGateway } from '../lambdas/shared/gateways/history-gateway';
import { sleep } from '../lambdas/shared/gateways/runtime';
import { isServiceError, isTransient } from '../lambdas/shared/gateways/service-errors';
import type { Deployment } from './deployment';
import { linesOf, written } from './follow-lines';
import { type SeenEvent, StateMachinesGateway } from './gateways/state-machines';
import { type CommonOptions, type Surroundings, writeJsonLine } from './shell';
import { resultOf } from './status-rows';
import { EXIT, type Exit, Trouble } from './trouble';

const SECOND = 1000;
/** How long nothing new has to be there until it is asked seldom. */
const MOST_SECONDS = 60;
/** An execution that was just started may not be shown for as long. No document says how long a read may be late. */
const UNSEEN_SECONDS = 120;

/** What an execution has come to. */
export interface Followed {
  /** Undefined: it is followed no further, and may go on. */
  readonly ended: DescribedExecution | undefined;
}

const isOver = ({ status }: DescribedExecution): boolean =>
  status !== 'RUNNING' && status !== 'PENDING_REDRIVE';

/** Whether asking again may help without anybody doing anything. */
export const mayPass = (error: unknown): boolean => {
  const root = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isTransient(root) && !isServiceError(root, 'ExpiredToken', 'ExpiredTokenException');
};

/** Asks again after seconds, and seldom when nothing is new. */
class Rhythm {
  #seconds = 2;

  async pause(isNew: boolean): Promise<void> {
    this.#seconds = isNew ? 2 : Math.min(this.#seconds * 1.5, MOST_SECONDS);
    await sleep(this.#seconds * SECOND);
  }
}

/**
 * Follows an execution, line by line, until it has ended. A lost connection is waited out.
 *
 * @param isEnough - ends it before: told of the events that are new.
 */
export const follow = async (
  { clientConfig }: Pick<Deployment, 'clientConfig'>,
  { out, err }: Pick<Surroundings, 'out' | 'err'>,
  executionArn: string,
  {
    json,
    isEnough = () => false,
  }: Pick<CommonOptions, 'json'> & { readonly isEnough?: (events: readonly SeenEvent[]) => boolean } = {},
): Promise<Followed> => {
  const history = new HistoryGateway(clientConfig);
  const machines = new StateMachinesGateway(clientConfig);
  const rhythm = new Rhythm();
  const begun = Date.now();
  let last = 0;
  let said: string | undefined;
  let isLost = false;
  let hasEnded = false;
  for (;;) {
    let events: readonly SeenEvent[] = [];
    try {
      const shown = await machines.eventsAfter(executionArn, last);
      if (shown !== undefined) events = shown;
      else if (Date.now() - begun > UNSEEN_SECONDS * SECOND) {
        throw new Trouble(
          EXIT.look,
          `Step Functions does not show the execution ${executionArn}: it keeps them for 90 days.`,
        );
      }
      if (isLost) err('AWS answers again.\n');
      isLost = false;
      last = events.at(-1)?.id ?? last;
      const news = linesOf(events, said);
      said = news.said;
      for (const line of news.lines) {
        if (json === true) writeJsonLine({ out }, line);
        else
          out(`${written(line)}
`);
      }
      if (isEnough(events)) return { ended: undefined };
      hasEnded ||= events.some(({ kind }) => kind === 'ended');
      // How it has ended may show later than that it has.
      const described = hasEnded ? await history.describe(executionArn) : undefined;
      if (described !== undefined && isOver(described)) return { ended: described };
    } catch (error) {
      if (!mayPass(error)) throw error;
      if (!isLost) err('AWS does not answer. Asking again; what is watched goes on without this command.\n');
      isLost = true;
    }
    await rhythm.pause(events.length > 0);
  }
};

/** Results that a person has to look at although the execution has succeeded. */
const TO_LOOK_AT = ['on hold', 'rolled back'];

/** Says what an execution has come to: what it has said, or the message that people got. */
export const reportEnd = (
  surroundings: Surroundings,
  { status, error, output, cause }: DescribedExecution,
  { json, executionArn }: { readonly json: boolean | undefined; readonly executionArn: string },
): Exit => {
  const result = resultOf({ status, error, output });
  const { outcome } = (output ?? {}) as { readonly outcome?: unknown };
  const said = typeof outcome === 'string' ? outcome : cause;
  if (json === true) writeJsonLine(surroundings, { executionArn, status, result, error, said });
  else surroundings.out(`\nEnded: ${result}.\n${said === undefined ? '' : `${said}\n`}`);
  return status === 'SUCCEEDED' && !TO_LOOK_AT.includes(result) ? EXIT.fine : EXIT.look;
};
