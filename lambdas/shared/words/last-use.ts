import type { LastUse } from '../gateways/iam-gateway';
import type { KeyUse } from '../rotation/rotation-state';
import { sentence } from './retirement';

/** IAM says `N/A` where it has nothing to say. */
const told = (text: string | undefined, unknown: string): string =>
  text === undefined || text === '' || text === 'N/A' ? unknown : text;

/** When and for what a key was last used, according to IAM, which names the latest use only, coarse and late. After a colon. */
export const describeUse = (use: LastUse | undefined): string => {
  if (use === undefined) return 'not known';
  return use.date === undefined
    ? 'never'
    : `${use.date.toISOString()} for ${told(use.serviceName, 'an unknown service')} in ${told(use.region, 'an unknown Region')}`;
};

/**
 * The same of a key, as a sentence.
 *
 * @param key - what the key is called: "the old key AKIA…".
 */
export const sayUse = (key: string, use: LastUse | undefined): string => {
  if (use === undefined) return `It is not known when ${key} was last used.`;
  return sentence(`${key} was ${use.date === undefined ? 'never used' : `last used on ${describeUse(use)}`}`);
};

/** When and for what a key was seen in use. */
export const describeUses = (uses: readonly KeyUse[]): string =>
  uses
    .map(
      ({ service, region, at }) => `on ${describeUse({ date: new Date(at), serviceName: service, region })}`,
    )
    .join(', and ');
