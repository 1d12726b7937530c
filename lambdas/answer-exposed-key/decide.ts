import * as z from 'zod/mini';
import type { EnrolledUser } from '../shared/contract/enrolment';
import { ACCESS_KEY_ID } from '../shared/rotation/rotation-state';

const ACCOUNT = z.string().check(z.regex(/^\d{12}$/));

/** AWS General Reference, "Amazon Resource Names": what stands in a message, and in the reason of an emergency. */
const HEALTH_ARN = z.regex(/^arn:[\w-]+:health:[\w-]*:\d*:event\/[\w/.+=@-]{1,400}$/);

/**
 * AWS Health's event of an access key that AWS has found in public (AWS Health User Guide, "Reference: AWS Health events Amazon
 * EventBridge schema"). Fields that it does not always have may be missing.
 */
export const ExposureEvent = z.object({
  source: z.literal('aws.health'),
  'detail-type': z.literal('AWS Health Event'),
  /** The account to which the event was sent. */
  account: ACCOUNT,
  detail: z.object({
    /** Not unique to an account, nor to a Region: other keys may have the same event. */
    eventArn: z.string().check(HEALTH_ARN),
    service: z.literal('RISK'),
    eventTypeCode: z.literal('AWS_RISK_CREDENTIALS_EXPOSED'),
    /** Such as `Mon, 05 Jun 2023 15:10:09 GMT`. */
    startTime: z.optional(z.unknown()),
    /** The account that it is about. An organization's view delivers events about others. */
    affectedAccount: z.optional(z.nullable(ACCOUNT)),
    /** Those of one page: where there are several, each comes as an event of its own. */
    affectedEntities: z.optional(z.nullable(z.array(z.object({ entityValue: z.optional(z.unknown()) })))),
  }),
});
export type ExposureEvent = z.output<typeof ExposureEvent>;

/** What AWS says. */
export interface Exposure {
  /** The account that it is about. */
  readonly account: string;
  readonly eventArn: string;
  /** Undefined: AWS does not say, or says nothing that is understood, or a time to come. */
  readonly since: Date | undefined;
  /** None of them twice. */
  readonly accessKeyIds: readonly string[];
  /** The event names something, or nothing at all, that is not the ID of an access key. */
  readonly isUnclear: boolean;
}

const KEY_ID = z.string().check(ACCESS_KEY_ID);

/** RFC 9110, HTTP-date, and ISO 8601: `Date.parse` alone takes almost anything for a time. */
const TIME =
  /^([A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z)$/;

const sinceOf = (startTime: unknown, now: Date): Date | undefined => {
  if (typeof startTime !== 'string' || !TIME.test(startTime)) return undefined;
  const since = new Date(startTime);
  return since <= now ? since : undefined;
};

/** What AWS says, in the form that is used here. Text that could be anything is left behind. */
export const readExposure = ({ account, detail }: ExposureEvent, now: Date): Exposure => {
  const { eventArn, startTime, affectedAccount, affectedEntities } = detail;
  const named = (affectedEntities ?? []).map(({ entityValue }) => KEY_ID.safeParse(entityValue).data);
  const accessKeyIds = [...new Set(named.flatMap((id) => id ?? []))];
  return {
    account: affectedAccount ?? account,
    eventArn,
    since: sinceOf(startTime, now),
    accessKeyIds,
    isUnclear: accessKeyIds.length === 0 || named.includes(undefined),
  };
};

/** What is done about a key. */
export type Answer =
  /** The emergency is started. */
  | { readonly code: 'emergency'; readonly userName: string }
  /** People are told, and decide. */
  | { readonly code: 'tell'; readonly userName: string }
  /** The key is of a user that this stack does not rotate. */
  | { readonly code: 'not-enrolled'; readonly userName: string }
  /** AWS does not say whose the key is. */
  | { readonly code: 'unknown' };

/**
 * @param userName - of whom AWS says that the key is.
 * @param enrolled - what the configuration says of that user.
 */
export const answerTo = (userName: string | undefined, enrolled: EnrolledUser | undefined): Answer => {
  if (userName === undefined) return { code: 'unknown' };
  return { code: enrolled?.onExposedKey ?? 'not-enrolled', userName };
};
