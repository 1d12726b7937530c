import type { LastUse } from './iam-gateway';

/** When and for what a key was last used, as far as IAM tells: it names the latest use only, coarse and late. */
export const describeUse = (use: LastUse | undefined): string => {
  if (use === undefined) return 'nobody knows when';
  return use.date === undefined
    ? 'never'
    : `at ${use.date.toISOString()} for ${use.serviceName ?? 'an unknown service'} in ${use.region ?? 'an unknown Region'}`;
};
