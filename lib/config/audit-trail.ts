/**
 * By partition, the Region whose CloudTrail history has the events of IAM, which is a global service. In
 * other partitions the rotation could not prove who created a key, so it is not deployed there.
 */
export const AUDIT_TRAIL_REGIONS = {
  aws: { Region: 'us-east-1' },
  'aws-cn': { Region: 'cn-north-1' },
  'aws-us-gov': { Region: 'us-gov-west-1' },
} as const;
