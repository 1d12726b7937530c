import type { ExecutionGateway, ExecutionState } from './execution-gateway';
import type { Intent } from './secret-document';
import type { ReadableSecret, SecretDescription, SecretGateway } from './secret-gateway';
import { executionArnOf, LABELS } from './versions';

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

/** Who holds the lock of a secret that has just been described; undefined: the description shows nobody. */
export const findLockHolder = async (
  gateways: Gateways,
  readable: ReadableSecret,
  { versionByLabel }: SecretDescription,
): Promise<LockHolder | undefined> => {
  const versionId = versionByLabel.get(LABELS.pending);
  if (versionId === undefined) return undefined;
  const document = await gateways.secrets.namedVersion(readable, versionId);
  if (document.kind !== 'intent') return { kind: 'foreign', versionId };
  return { kind: 'intent', versionId, ...(await rotationOf(gateways, document.intent)) };
};

const rotationOf = async (
  { executions }: Gateways,
  intent: Intent,
): Promise<Pick<IntentHolder, 'intent' | 'execution'>> => ({
  intent,
  execution: await executions.state(executionArnOf(intent.owner)),
});

/**
 * Who held the lock when the rotation was planned: asked when a description shows nobody, which proves nothing as long as
 * that execution is running, or has just ended. Undefined when it was nobody of ours.
 */
export const findPlannedHolder = async (
  gateways: Gateways,
  readable: ReadableSecret & { readonly predecessorVersionId: string | null },
): Promise<IntentHolder | undefined> => {
  const { predecessorVersionId: versionId } = readable;
  if (versionId === null) return undefined;
  const document = await gateways.secrets.namedVersion(readable, versionId);
  if (document.kind !== 'intent') return undefined;
  return { kind: 'intent', versionId, ...(await rotationOf(gateways, document.intent)) };
};
