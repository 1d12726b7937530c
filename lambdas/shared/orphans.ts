import { AuditTrailGateway, type Creator } from './audit-trail-gateway';
import { milliseconds } from './calendar';
import type { AccessKey } from './iam-gateway';
import { type Runtime, requireSetting } from './runtime';

/**
 * Whose is a key that nothing explains: neither there before the rotation, nor stored by it?
 *
 * `ours` needs proof: CloudTrail names the create step's role as its creator. `unknown-yet` is asked again
 * later. Anything else is a person's, and stays untouched.
 */
export type Attribution = 'ours' | 'not-ours' | 'unknown-yet';

/** CloudTrail shows events "within an average of about 5 minutes"; after this time we stop waiting for one. */
const AUDIT_TRAIL_PATIENCE = 'PT30M';

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

/** Attributes keys by what CloudTrail says of them. Reads its settings, and calls, only when there is such a key. */
export const createAttribution =
  (runtime: Runtime) =>
  async (keys: readonly AccessKey[], rotationStartedAt: Date): Promise<ReadonlyMap<string, Attribution>> => {
    const attributions = new Map<string, Attribution>();
    if (keys.length === 0) return attributions;
    const createRoleArn = requireSetting(runtime, 'CREATE_ACCESS_KEY_ROLE_ARN');
    // IAM is a global service: its events are in one Region's trail only.
    const region = requireSetting(runtime, 'CLOUDTRAIL_REGION');
    const auditTrail = new AuditTrailGateway({ ...runtime.clientConfig, region });
    for (const key of keys) {
      const creator = await auditTrail.creatorOf(key.accessKeyId, key.createDate);
      attributions.set(
        key.accessKeyId,
        attribute(key, { rotationStartedAt, creator, createRoleArn }, new Date()),
      );
    }
    return attributions;
  };
