import { EmbeddedAws } from '../../../local/aws/embedded-aws';
import { VirtualClock } from '../../../local/clock';
import type { Judge } from '../judge';

/**
 * The embedded AWS at the time of day, without the delays that it can show: the statements are about what happens,
 * not about when.
 */
export const embeddedJudge = (): Judge => {
  const aws = new EmbeddedAws({
    clock: new VirtualClock({ start: new Date() }),
    behaviour: { keyPropagationDelay: 0, statusPropagationDelay: 0, lastUsedDelay: 0, cloudTrailDelay: 0 },
  });
  return {
    name: 'embedded',
    connection: { region: aws.region, requestHandler: aws.requestHandler() },
    credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/contract`),
    accountId: aws.accountId,
    isNotModelled: (error) => (error as Error).name === 'NotModelled',
  };
};
