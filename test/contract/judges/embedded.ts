import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import type { Judge } from '../judge';

/**
 * The embedded AWS in real time, without the delays that it can show: the statements say what happens, not
 * when. Users have no permission, and the role of the suite has every one.
 */
export const embeddedJudge = (): Judge => {
  const aws = new EmbeddedAws({
    clock: new VirtualClock({ start: new Date() }),
    behaviour: {
      keyPropagationDelay: 0,
      statusPropagationDelay: 0,
      lastUsedDelay: 0,
      cloudTrailDelay: 0,
      logsDelay: 0,
    },
    authorize: ({ caller }) => caller.includes(':role/'),
  });
  return {
    name: 'embedded',
    connection: { region: aws.region, requestHandler: aws.requestHandler() },
    credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/contract`),
    accountId: aws.accountId,
    patienceSeconds: 0,
    // Only the status: the client may have expected the answer in another protocol.
    isNotModelled: ({ $metadata }) => $metadata?.httpStatusCode === 501,
  };
};
