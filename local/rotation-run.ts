import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import type { RotatedUser } from '../lib/config';
import type { ListedKey, SeenSecret } from './account';
import type { EmbeddedAws } from './aws/embedded-aws';
import type { RotationWorld } from './base-world';
import { Consumer } from './consumer';
import type { Execution, ExecutionResult } from './execution';
import type { TimelineEntry } from './timeline';

const MINUTE = 60 * 1000;

/** How long the consumer works before the rotation begins. */
export const CONSUMER_LEAD_MS = 28 * MINUTE;

/** How long it works on after the rotation has ended: its cache goes round at least once. */
const CONSUMER_TAIL_MS = 120 * MINUTE;

/** What `npm start -- --json` prints. */
export interface RotationDocument {
  readonly status: ExecutionResult['status'];
  /** Only when the execution did not succeed. */
  readonly error?: string;
  readonly cause?: string;
  readonly userName: string;
  readonly previousAccessKeyId: string | null;
  readonly newAccessKeyId: string | null;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly keysBefore: readonly ListedKey[];
  readonly keysAfter: readonly ListedKey[];
  readonly secret: {
    readonly name: string;
    readonly stages: { readonly AWSCURRENT: string | null; readonly AWSPREVIOUS: string | null };
  };
  readonly consumer: { readonly calls: number; readonly failures: number };
  readonly stateTransitions: number;
  readonly apiCalls: Readonly<Record<string, number>>;
  readonly timeline: readonly { readonly at: string; readonly state: string; readonly outcome: string }[];
}

/** A rotation from before it began until after it ended. */
export interface RotationRun {
  readonly document: RotationDocument;
  readonly execution: Execution;
  readonly consumer: Consumer;
  /** Where the secret's staging labels are: what the labelled version holds, in words without key material. */
  readonly labels: readonly { readonly label: string; readonly holds: string }[];
}

/** What {@link rotate} is asked for. */
export interface RotationRequest {
  readonly user: RotatedUser;
  /** How the consumer's calls reach AWS. */
  readonly connection: Pick<SecretsManagerClientConfig, 'endpoint' | 'requestHandler'>;
  readonly onTimeline?: (entry: TimelineEntry) => void;
}

/** What a version of the secret holds: the parts that are no secret. */
const contentOf = (
  secretString: string | undefined,
): { readonly keyId: string | null; readonly words: string } => {
  if (secretString === undefined) return { keyId: null, words: 'no version' };
  const { AccessKeyId, kind } = JSON.parse(secretString) as {
    readonly AccessKeyId?: string;
    readonly kind?: string;
  };
  if (AccessKeyId !== undefined) return { keyId: AccessKeyId, words: `access key ${AccessKeyId}` };
  return { keyId: null, words: kind === undefined ? 'no key' : `${kind}` };
};

/** The value of the version that a label sits on. */
const valueAt = (secret: SeenSecret | undefined, label = 'AWSCURRENT'): string | undefined =>
  secret?.versions.find(({ labels }) => labels.includes(label))?.secretString;

/** AWS calls of the rotation by operation, without those of the consumer. */
const countCalls = (
  calls: EmbeddedAws['calls'],
  consumer: { readonly roleArn: string; readonly stsCalls: number },
): Readonly<Record<string, number>> => {
  const counts = new Map<string, number>();
  for (const { service, operation, caller } of calls) {
    if (caller === consumer.roleArn) continue;
    const action = `${service}:${operation}`;
    counts.set(action, (counts.get(action) ?? 0) + 1);
  }
  // The consumer signs with the user's keys, as the rotation's own test does: only the numbers tell them apart.
  const identity = 'sts:GetCallerIdentity';
  const own = (counts.get(identity) ?? 0) - consumer.stsCalls;
  counts.delete(identity);
  if (own > 0) counts.set(identity, own);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
};

/**
 * Rotates a user's key from first step to last, by the start input that a person types, while a consumer uses
 * the key. Call it within {@link RotationWorld.run}.
 */
export const rotate = async (
  world: Pick<RotationWorld, 'aws' | 'account' | 'startExecution'>,
  { user, connection, onTimeline }: RotationRequest,
): Promise<RotationRun> => {
  const { aws, account } = world;
  const { userName, secretId } = user;
  const consumer = new Consumer({ aws, secretId, connection });
  const working = consumer.work();
  await aws.clock.sleep(CONSUMER_LEAD_MS);

  const callsBefore = aws.calls.length;
  const stsCallsBefore = consumer.stsCalls;
  const keysBefore = await account.keysOf(userName);
  const previous = contentOf(valueAt(await account.secret(secretId))).keyId;
  const execution = world.startExecution({ userName }, onTimeline === undefined ? {} : { onTimeline });
  const { status, error, cause, stopDate } = await execution.result;

  await aws.clock.sleep(CONSUMER_TAIL_MS);
  consumer.stop();
  await working;

  const secret = await account.secret(secretId);
  const current = contentOf(valueAt(secret)).keyId;
  const stsCalls = consumer.stsCalls - stsCallsBefore;
  return {
    execution,
    consumer,
    labels: (secret?.versions ?? []).flatMap(({ labels, secretString }) =>
      labels.map((label) => ({ label, holds: contentOf(secretString).words })),
    ),
    document: {
      status,
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
      userName,
      previousAccessKeyId: previous,
      newAccessKeyId: current === previous ? null : current,
      startedAt: execution.startDate.toISOString(),
      finishedAt: stopDate.toISOString(),
      keysBefore,
      keysAfter: await account.keysOf(userName),
      secret: {
        name: secret?.name ?? secretId,
        stages: {
          AWSCURRENT: current,
          AWSPREVIOUS: contentOf(valueAt(secret, 'AWSPREVIOUS')).keyId,
        },
      },
      consumer: { calls: consumer.calls, failures: consumer.failures.length },
      stateTransitions: execution.stateTransitions,
      apiCalls: countCalls(aws.calls.slice(callsBefore), { roleArn: consumer.roleArn, stsCalls }),
      timeline: execution.timeline.map(({ at, state, outcome }) => ({
        at: at.toISOString(),
        state,
        outcome,
      })),
    },
  };
};
