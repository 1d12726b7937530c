import { HttpResponse } from '@smithy/protocol-http';
import { SecretGateway } from '../../../lambdas/shared/secret-gateway';
import { bodyText } from '../../../local/aws/wire/messages';

/** A gateway whose requests are answered by these bodies, one after the other. */
const answeredBy = (...bodies: readonly object[]) => {
  const sent: unknown[] = [];
  const requestHandler = {
    handle: async ({ body }: { readonly body: Uint8Array | string }) => {
      sent.push(JSON.parse(bodyText(body)));
      const answer = bodies[sent.length - 1];
      if (answer === undefined) throw new Error('Nobody expects another request.');
      return {
        response: new HttpResponse({
          statusCode: 200,
          headers: { 'content-type': 'application/x-amz-json-1.1' },
          body: Buffer.from(JSON.stringify(answer)),
        }),
      };
    },
  };
  const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'none' };
  const gateway = new SecretGateway({ region: 'us-east-1', credentials, requestHandler });
  return { gateway, sent };
};

const page = (VersionId: string, NextToken?: string) => ({
  Versions: [{ VersionId }],
  ...(NextToken !== undefined && { NextToken }),
});

// An empty token would be asked for again and again, until the function is cut off.
test.each([[undefined], ['']])('the list of versions ends where the next token is %j', async (last) => {
  const { gateway, sent } = answeredBy(page('first', 'more'), page('second', last));
  const versions = await gateway.versions('secret');
  expect(versions.map(({ versionId }) => versionId)).toEqual(['first', 'second']);
  expect(sent).toEqual([
    { SecretId: 'secret', IncludeDeprecated: true },
    { SecretId: 'secret', IncludeDeprecated: true, NextToken: 'more' },
  ]);
});
