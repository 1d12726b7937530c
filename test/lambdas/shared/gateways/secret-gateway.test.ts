import { HttpResponse } from '@smithy/protocol-http';
import { VirtualClock } from '../../../../embedded-aws/ground/clock';
import { bodyText } from '../../../../embedded-aws/wire/messages';
import { SecretGateway } from '../../../../lambdas/shared/gateways/secret-gateway';

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
          statusCode: '__type' in answer ? 400 : 200,
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

const NOT_FOUND = { __type: 'ResourceNotFoundException', message: 'There is no such version.' };

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

describe('a version that something has named', () => {
  const READ = { VersionId: 'v', SecretString: '{"kind":"tombstone","accessKeyId":"AKIAEXAMPLE"}' };
  const readable = { secretId: 'secret', settings: { document: 'credential-process' as const } };
  const tombstone = { kind: 'tombstone', accessKeyId: 'AKIAEXAMPLE' };

  const onVirtualTime = async <T>(work: (clock: VirtualClock) => Promise<T>): Promise<T> => {
    const clock = new VirtualClock({ start: new Date() });
    const uninstall = clock.install();
    try {
      return await clock.run(() => work(clock));
    } finally {
      uninstall();
    }
  };

  test.each([0, 1, 2])('is read again when it is not found, %s times', async (late) => {
    const { gateway, sent } = answeredBy(...Array(late).fill(NOT_FOUND), READ);
    expect(await onVirtualTime(() => gateway.namedVersion(readable, 'v'))).toEqual(tombstone);
    expect(sent).toHaveLength(late + 1);
  });

  test('is never taken for missing', async () => {
    const { gateway, sent } = answeredBy(...Array(12).fill(NOT_FOUND));
    const late = {
      name: 'TransientServiceError',
      message: expect.stringContaining('the version v of secret'),
    };
    await onVirtualTime(async () => {
      await expect(gateway.namedVersion(readable, 'v')).rejects.toMatchObject(late);
      await expect(gateway.versionText(readable, 'v')).rejects.toMatchObject(late);
    });
    expect(sent).toHaveLength(12);
  });

  test('that nothing has named may be missing', async () => {
    const { gateway, sent } = answeredBy(NOT_FOUND);
    expect(await gateway.version(readable, 'v')).toBeUndefined();
    expect(sent).toHaveLength(1);
  });
});
