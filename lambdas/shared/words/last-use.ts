import type { LastUse } from '../gateways/iam-gateway';
import type { KeyUse } from '../rotation/rotation-state';

/** IAM says `N/A` where it has nothing to say. */
const told = (text: string | undefined, unknown: string): string =>
  text === undefined || text === '' || text === 'N/A' ? unknown : text;

/** When and for what a key was last used, as far as IAM tells: it names the latest use only, coarse and late. */
export const describeUse = (use: LastUse | undefined): string => {
  if (use === undefined) return 'nobody knows when';
  return use.date === undefined
    ? 'never'
    : `at ${use.date.toISOString()} for ${told(use.serviceName, 'an unknown service')} in ${told(use.region, 'an unknown Region')}`;
};

/** When and for what a key was seen in use. */
export const describeUses = (uses: readonly KeyUse[]): string =>
  uses
    .map(({ service, region, at }) => describeUse({ date: new Date(at), serviceName: service, region }))
    .join(', ');
