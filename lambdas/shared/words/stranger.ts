import type { Evidence, Stranger } from '../findings/whose-key';
import { mask } from '../text/mask';

const explain = (evidence: Evidence): string => {
  switch (evidence.code) {
    case 'accepted':
      return `AWS accepts it as ${evidence.arn}`;
    case 'another-secret':
      return 'AWS knows it, though with another secret access key';
    case 'temporary':
      return 'it is a temporary one, and AWS does not say of what session';
    case 'known':
      return `IAM knows it as a key of the user ${evidence.userName}`;
    case 'named':
      return `the field UserName beside it names ${evidence.userName ?? 'somebody else'}`;
  }
};

/** That the key in AWSCURRENT is somebody else's, in a sentence. */
export const describeStranger = ({ accessKeyId, evidence }: Stranger, userName: string): string =>
  `AWSCURRENT holds ${mask(accessKeyId)}, which is not a key of ${userName}: ${explain(evidence)}.`;
