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

/** Who holds the lock of a secret that has just been described; undefined: nobody. */
export const findLockHolder = async (
  { secrets, executions }: { readonly secrets: SecretGateway; readonly executions: ExecutionGateway },
  readable: ReadableSecret,
  { versionByLabel }: SecretDescription,
): Promise<LockHolder | undefined> => {
  const versionId = versionByLabel.get(LABELS.pending);
  if (versionId === undefined) return undefined;
  const document = await secrets.namedVersion(readable, versionId);
  if (document.kind !== 'intent') return { kind: 'foreign', versionId };
  const { intent } = document;
  return {
    kind: 'intent',
    versionId,
    intent,
    execution: await executions.state(executionArnOf(intent.owner)),
  };
};
