import { AuditTrailGateway } from '../gateways/audit-trail-gateway';
import { type Runtime, requireSetting } from '../gateways/runtime';
import type { AccessKey } from '../rotation/access-key';
import { type Attribution, attribute } from './attribution';

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
