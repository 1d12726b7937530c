import type { AuditTrailGateway, Creator } from './audit-trail-gateway';
import { milliseconds } from './calendar';
import type { AccessKey } from './iam-gateway';

/**
 * Whose is a key that nothing explains: neither there before the rotation, nor stored by it?
 *
 * `ours` needs proof: CloudTrail names the create step's role as its creator. `unknown-yet` is asked again
 * later. Anything else is a person's, and stays untouched.
 */
export type Attribution = 'ours' | 'not-ours' | 'unknown-yet';

/** CloudTrail shows events "within an average of about 5 minutes"; after this time we stop waiting for one. */
export const AUDIT_TRAIL_PATIENCE = 'PT30M';

/** IAM truncates create dates to seconds, and clocks of services differ: a key may look older than its rotation. */
const CLOCK_TOLERANCE = 'PT1M';

/** Attributes a key to whoever created it. */
export const attribute = (
  key: AccessKey,
  facts: { readonly rotationStartedAt: Date; readonly creator: Creator; readonly createRoleArn: string },
  now: Date,
): Attribution => {
  const earliest = facts.rotationStartedAt.getTime() - milliseconds(CLOCK_TOLERANCE);
  // A key that is older than the rotation was missing from the first list, but cannot be the rotation's.
  if (key.createDate.getTime() < earliest) return 'not-ours';
  if (facts.creator.kind === 'role') return facts.creator.arn === facts.createRoleArn ? 'ours' : 'not-ours';
  if (facts.creator.kind === 'other') return 'not-ours';
  return now.getTime() - key.createDate.getTime() < milliseconds(AUDIT_TRAIL_PATIENCE)
    ? 'unknown-yet'
    : 'not-ours';
};

/** Attributes several keys, asking CloudTrail for each. */
export const attributeAll = async (
  auditTrail: AuditTrailGateway,
  keys: readonly AccessKey[],
  facts: { readonly rotationStartedAt: Date; readonly createRoleArn: string },
  now: () => Date,
): Promise<ReadonlyMap<string, Attribution>> => {
  const attributions = new Map<string, Attribution>();
  for (const key of keys) {
    const creator = await auditTrail.creatorOf(key.accessKeyId, key.createDate);
    attributions.set(key.accessKeyId, attribute(key, { ...facts, creator }, now()));
  }
  return attributions;
};
