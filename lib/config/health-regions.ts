import { partitionOf } from './partition';

/**
 * By partition, the Regions in which AWS Health delivers events that belong to no Region, as those of IAM: the first is where they
 * arrive, and the second is its backup (AWS Health User Guide, "Creating EventBridge rules for AWS Region coverage").
 *
 * - `aws-us-gov`: that page names the first one, and no backup.
 * - `aws-cn`: the page of the China Regions says that each is the backup of the other, and not in which one such events arrive.
 */
const HEALTH_REGIONS: Readonly<Record<string, readonly string[]>> = {
  aws: ['us-east-1', 'us-west-2'],
  'aws-cn': ['cn-north-1', 'cn-northwest-1'],
  'aws-us-gov': ['us-gov-west-1'],
};

/** The Regions in which events arrive that a stack in this Region does not see by itself. */
export const healthRegionsBeside = (region: string): readonly string[] =>
  (HEALTH_REGIONS[partitionOf(region)] ?? []).filter((other) => other !== region);

/** Whether such events arrive in a Region itself. */
export const isHealthRegion = (region: string): boolean =>
  HEALTH_REGIONS[partitionOf(region)]?.includes(region) === true;
