import * as z from 'zod/mini';
import { parse } from './schema';

/** What a custom resource's function has to say when it did what was asked. */
export interface Answer {
  /** What CloudFormation shall know the resource by when it is created. Later it keeps the ID that it has. */
  readonly physicalResourceId: string;
}

/** The part of CloudFormation's request that the answer repeats. The URL is signed: it is a secret, and not logged. */
const Request = z.object({
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.optional(z.string()),
});

/** CloudFormation shows a person this much of a reason, and refuses an answer of more than 4,096 bytes. */
const MAX_REASON_LENGTH = 1_000;

/** CloudFormation waits an hour for an answer that does not come. */
const ATTEMPTS = 3;

const send = async (url: string, body: string): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // The signature covers an empty content type, and fetch would set another one for text.
      const response = await fetch(url, {
        method: 'PUT',
        body: Buffer.from(body),
        headers: { 'content-type': '' },
      });
      if (response.ok) return;
      if (attempt === ATTEMPTS) throw new Error(`CloudFormation refused the answer: HTTP ${response.status}`);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
};

/**
 * The handler of a custom resource's function: does the work and tells CloudFormation how it went (CloudFormation User
 * Guide, "Custom resource response objects").
 *
 * @param work - What is to be done. When it throws, the deployment fails with the error's name and message.
 */
export const answerCloudFormation =
  (work: (event: unknown) => Promise<Answer>) =>
  async (event: unknown): Promise<void> => {
    const request = parse(Request, event);
    const { ResponseURL, StackId, RequestId, LogicalResourceId } = request;
    const outcome = await work(event).then(
      // Another ID than before would make CloudFormation replace the resource.
      ({ physicalResourceId }) => ({
        Status: 'SUCCESS',
        PhysicalResourceId: request.PhysicalResourceId ?? physicalResourceId,
      }),
      (error: unknown) => {
        const { name, message, cause } = error instanceof Error ? error : new Error(String(error));
        console.error({ resource: LogicalResourceId, error: name, message, cause });
        return {
          Status: 'FAILED',
          Reason: `${name}: ${message}`.slice(0, MAX_REASON_LENGTH),
          // A creation that failed is deleted again, under this ID.
          PhysicalResourceId: request.PhysicalResourceId ?? LogicalResourceId,
        };
      },
    );
    await send(ResponseURL, JSON.stringify({ ...outcome, StackId, RequestId, LogicalResourceId }));
  };
