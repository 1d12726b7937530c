/** Text of a resource's policy that lets a service act on it for one of its own resources, and nobody else. */
export const servicePolicy = (allowed: {
  readonly service: 'sns' | 'events';
  readonly action: string;
  readonly resource: string;
  /** ARN of what the service acts for. */
  readonly source: string | undefined;
}): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: `${allowed.service}.amazonaws.com` },
        Action: allowed.action,
        Resource: allowed.resource,
        Condition: { ArnEquals: { 'aws:SourceArn': allowed.source } },
      },
    ],
  });
