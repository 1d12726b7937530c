import * as z from 'zod/mini';
import type { Answer } from '../contract/cloudformation';
import { parse, safeParse } from '../contract/schema';
import { isGoneOrGoing } from '../gateways/service-errors';
import { deploymentReason, problemInFull, type SecretProblem } from '../words/deployment';

/** What CloudFormation asks of a custom resource that stands for something of many secrets. */
const changeOf = <Properties extends z.ZodMiniType>(properties: Properties) =>
  z.discriminatedUnion('RequestType', [
    z.object({
      RequestType: z.enum(['Create', 'Update']),
      ResourceProperties: properties,
      /** Of an update: as the stack was before. */
      OldResourceProperties: z.optional(z.unknown()),
    }),
    z.object({ RequestType: z.literal('Delete') }),
  ]);

/** What is to be done, secret by secret. */
export interface SecretWork<Properties> {
  /** There is one such resource in a stack, and it is never replaced. */
  readonly physicalResourceId: string;
  /** What could not be done, as in "secrets that could not be …". */
  readonly failed: string;
  /** The secrets of which a stack says something. */
  readonly secretIdsOf: (properties: Properties) => readonly string[];
  /**
   * The work on each secret.
   *
   * @param before - What the stack said before. Undefined: nothing, or nothing that can be read.
   */
  readonly tasks: (
    wanted: Properties,
    before: Properties | undefined,
  ) => readonly { readonly secretId: string; readonly run: () => Promise<void> }[];
}

/**
 * What a custom resource does that stands for something of all enrolled users' secrets: one for each would be more than
 * CloudFormation takes. Nothing is undone when the resource is deleted.
 *
 * Of a secret that the stack knew before and that is gone or scheduled for deletion, nothing is to be done: it is not to keep a deployment
 * from all users, and even less CloudFormation from taking one back. Of one that is new to the stack, it is an error.
 *
 * @returns Does the work. It throws a ZodError for an event that CloudFormation would not send; else an Error that lists the
 * secrets of which Secrets Manager refuses it, why, and what helps; its cause has all of them. The others have got theirs.
 */
export const changeSecrets = <Properties>(
  properties: z.ZodMiniType<Properties>,
  { physicalResourceId, failed, secretIdsOf, tasks }: SecretWork<Properties>,
) => {
  const Change = changeOf(properties);
  return async (event: unknown): Promise<Answer> => {
    const change = parse(Change, event);
    if (change.RequestType === 'Delete') return { physicalResourceId };
    const before = safeParse(properties, change.OldResourceProperties).data;
    const known = new Set(before === undefined ? [] : secretIdsOf(before));
    const work = tasks(change.ResourceProperties, before);
    const problems: SecretProblem[] = [];
    // One after the other: Secrets Manager takes 50 changes a second (quotas), of everybody in the account.
    for (const { secretId, run } of work) {
      try {
        await run();
      } catch (error) {
        if (!(known.has(secretId) && isGoneOrGoing(error))) problems.push({ secretId, error });
      }
    }
    if (problems.length > 0) {
      throw new Error(deploymentReason(problems, { failed, total: work.length }), {
        cause: problems.map(problemInFull),
      });
    }
    return { physicalResourceId };
  };
};
