import { LABELS } from '../contract/names';
import { type ExecutionGateway, SAME_START_MS, type ShownExecution } from '../gateways/execution-gateway';
import { mayBeLate } from '../gateways/late-reads';
import type { ReadableSecret, SecretDescription, SecretGateway } from '../gateways/secret-gateway';
import type { ExecutionContext } from '../rotation/rotation-state';
import type { Intent } from '../secret/secret-document';
import { executionOf } from '../secret/versions';

/** Whether an execution is over, and since when. */
export type ExecutionState =
  | { readonly kind: 'running' }
  | Stopped
  /** Step Functions keeps executions for 90 days, or until their state machine is deleted. */
  | { readonly kind: 'unknown-to-step-functions' };

/** It is over, at the latest since this time. */
export interface Stopped {
  readonly kind: 'stopped';
  readonly stoppedAt: Date;
  /** What Step Functions shows under its ARN is, or may be, of another execution, which has its name now. */
  readonly maybeAnother?: true;
}

/** What AWSPENDING is on: the intent of a rotation, with what its execution is at, or something that is not ours. */
export type LockHolder = IntentHolder | { readonly kind: 'foreign'; readonly versionId: string };

/** An unfinished rotation. */
export interface IntentHolder {
  readonly kind: 'intent';
  readonly versionId: string;
  readonly intent: Intent;
  readonly execution: ExecutionState;
}

interface Gateways {
  readonly secrets: SecretGateway;
  readonly executions: ExecutionGateway;
}

/** The execution that asks. */
interface Asker {
  readonly execution: ExecutionContext;
  readonly owner: string;
}

/**
 * What an owner is at, by what is shown of the execution that has its ARN. Step Functions lets a name be used again, and
 * only when its execution is over. And its reads may be late: an execution that has just begun may not show, and the one
 * that had its name before may show in its place.
 */
export const stateOf = (owner: string, shown: ShownExecution | undefined, now: Date): ExecutionState => {
  const { startedAt } = executionOf(owner);
  if (shown === undefined) {
    return startedAt !== undefined && mayBeLate(startedAt, now)
      ? { kind: 'running' }
      : { kind: 'unknown-to-step-functions' };
  }
  const { startedAt: shownStart, stoppedAt } = shown;
  const isKnown = startedAt !== undefined && shownStart !== undefined;
  const later = isKnown ? shownStart.getTime() - startedAt.getTime() : 0;
  if (isKnown && later >= SAME_START_MS) {
    return { kind: 'stopped', stoppedAt: shownStart, maybeAnother: true };
  }
  if (later <= -SAME_START_MS || stoppedAt === undefined) return { kind: 'running' };
  return { kind: 'stopped', stoppedAt, ...(!isKnown && { maybeAnother: true }) };
};

/** Who holds the lock of a secret that has just been described; undefined: the description shows nobody. */
export const findLockHolder = async (
  gateways: Gateways,
  asker: Asker,
  readable: ReadableSecret,
  { versionByLabel }: SecretDescription,
): Promise<LockHolder | undefined> => {
  const versionId = versionByLabel.get(LABELS.pending);
  if (versionId === undefined) return undefined;
  const intent = await gateways.secrets.intent(readable, versionId);
  if (intent === undefined) return { kind: 'foreign', versionId };
  return { kind: 'intent', versionId, ...(await rotationOf(gateways, asker, intent)) };
};

const rotationOf = async (
  { executions }: Gateways,
  asker: Asker,
  intent: Intent,
): Promise<Pick<IntentHolder, 'intent' | 'execution'>> => ({
  intent,
  execution: await executionStateOf(executions, asker, intent.owner),
});

const executionStateOf = async (
  executions: ExecutionGateway,
  { execution, owner: ownOwner }: Asker,
  owner: string,
): Promise<ExecutionState> => {
  const { executionArn } = executionOf(owner);
  // Its name was used again, by the very execution that asks: it was over when this one began.
  return executionArn === execution.id && owner !== ownOwner
    ? { kind: 'stopped', stoppedAt: new Date(execution.startTime), maybeAnother: true }
    : stateOf(owner, await executions.describe(executionArn), new Date());
};

/**
 * Who held the lock when the rotation was planned: asked when a description shows nobody, which proves nothing as long as
 * that execution is running, or has just ended. Undefined when it was nobody of ours.
 */
export const findPlannedHolder = async (
  gateways: Gateways,
  asker: Asker,
  readable: ReadableSecret & { readonly predecessorVersionId: string | null },
): Promise<IntentHolder | undefined> => {
  const { predecessorVersionId: versionId } = readable;
  if (versionId === null) return undefined;
  const intent = await gateways.secrets.intent(readable, versionId);
  return intent && { kind: 'intent', versionId, ...(await rotationOf(gateways, asker, intent)) };
};
