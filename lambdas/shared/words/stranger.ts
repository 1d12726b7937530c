import type { Evidence, Stranger } from '../findings/whose-key';

const explain = (evidence: Evidence): string => {
  switch (evidence.code) {
    case 'accepted':
      return `AWS accepts it as ${evidence.arn}`;
    case 'another-secret':
      return 'AWS knows it, but with another secret access key';
    case 'temporary':
      return 'it is a temporary key, and AWS does not say of which session';
    case 'known':
      return `IAM knows it as a key of the user ${evidence.userName}`;
    case 'named':
      return `the field UserName beside it names ${evidence.userName ?? 'somebody else'}`;
  }
};

/** That the key in AWSCURRENT is somebody else's, in a sentence. */
export const describeStranger = ({ accessKeyId, evidence }: Stranger, userName: string): string =>
  `AWSCURRENT holds ${accessKeyId}, which is not a key of ${userName}: ${explain(evidence)}.`;
