import { ServiceError } from '../ground/errors';
import {
  type CallContext,
  type Environment,
  operation,
  page,
  type Service,
  type TrailElements,
  validationException,
} from './service';

const IAM = 'iam.amazonaws.com';

/** RFC 5737: for documentation. */
const SOME_ADDRESS = '192.0.2.1';

const isoSeconds = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

/**
 * A call that CloudTrail records, in the Region for which it was signed. Those of IAM are all signed for us-east-1 (CloudTrail User
 * Guide, "Global service events").
 */
export interface TrailEntry extends CallContext, TrailElements {
  /** Such as `iam.amazonaws.com`. */
  readonly eventSource: string;
  readonly eventName: string;
  readonly at: Date;
  /** The service that made the call in the session of a role, if one did. */
  readonly invokedBy?: string;
  /** From where it came. Default: a documentation address. */
  readonly sourceIPAddress?: string;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

interface Resource {
  readonly ResourceType: string;
  readonly ResourceName: string;
}

interface TrailEvent {
  readonly id: string;
  readonly entry: TrailEntry;
  /** When it happened, without the milliseconds: since the epoch. */
  readonly eventTime: number;
}

const usernameOf = ({ entry: { principal } }: TrailEvent): string =>
  principal.kind === 'user' ? principal.userName : principal.sessionName;

const readOnlyOf = ({ entry: { readOnly = false } }: TrailEvent): string => String(readOnly);

/**
 * The users and keys that an event is about. Which resources CloudTrail names in events that are about neither, AWS does not say: its
 * example of Secrets Manager has none (Secrets Manager User Guide, "Log AWS Secrets Manager events with AWS CloudTrail"), so there are
 * none here.
 */
const resourcesOf = ({ entry }: TrailEvent): readonly Resource[] => {
  const { requestParameters, responseElements } = entry;
  const created = responseElements?.accessKey as { readonly accessKeyId: string } | undefined;
  return [
    { ResourceType: 'AWS::IAM::User', ResourceName: requestParameters?.userName },
    {
      ResourceType: 'AWS::IAM::AccessKey',
      ResourceName: created?.accessKeyId ?? requestParameters?.accessKeyId,
    },
  ].flatMap(({ ResourceType, ResourceName }) =>
    typeof ResourceName === 'string' ? [{ ResourceType, ResourceName }] : [],
  );
};

/** What each lookup attribute compares. CloudTrail API, LookupAttribute. */
const ATTRIBUTES: Readonly<Record<string, (event: TrailEvent, value: string) => boolean>> = {
  EventId: ({ id }, value) => id === value,
  EventName: ({ entry }, value) => entry.eventName === value,
  ReadOnly: (event, value) => readOnlyOf(event) === value,
  Username: (event, value) => usernameOf(event) === value,
  ResourceType: (event, value) => resourcesOf(event).some(({ ResourceType }) => ResourceType === value),
  ResourceName: (event, value) => resourcesOf(event).some(({ ResourceName }) => ResourceName === value),
  EventSource: ({ entry }, value) => entry.eventSource === value,
  AccessKeyId: ({ entry }, value) => entry.accessKeyId === value,
};

/**
 * CloudTrail's names of errors that have another one on the wire: those of IAM's exception classes, and of a denial (Step Functions
 * Developer Guide, "Recording API calls with AWS CloudTrail").
 */
const ERROR_CODES: Readonly<Record<string, string>> = {
  NoSuchEntity: 'NoSuchEntityException',
  LimitExceeded: 'LimitExceededException',
  AccessDeniedException: 'AccessDenied',
};

/** CloudTrail: the event history of a Region, as far as operations say what it shows of them. */
export class CloudTrail implements Service {
  /** In order of event time. */
  readonly #events: TrailEvent[] = [];
  #counted = 0;

  readonly invalidParameter = validationException;

  constructor(
    private readonly environment: Environment,
    private readonly isEnabled: (region: string) => boolean,
  ) {}

  /**
   * Records an event. It appears in LookupEvents after the delay. What is shown of it is made when it is shown: most events never are,
   * and secrets are read often.
   */
  record(entry: TrailEntry): void {
    const id = this.#idFor(entry);
    const eventTime = Math.floor(entry.at.getTime() / 1000) * 1000;
    // Seeded events lie in the past.
    const index = this.#events.findLastIndex((other) => other.eventTime <= eventTime);
    this.#events.splice(index + 1, 0, { id, entry, eventTime });
  }

  /** What was recorded, in order of event time. {@link record} accepts it again. */
  snapshot(): readonly TrailEntry[] {
    return this.#events.map(({ entry }) => entry);
  }

  readonly operations = {
    // CloudTrail API, LookupEvents: one attribute at most; newest first; the last 90 days; 1 to 50 a page.
    LookupEvents: operation({
      parameters: {
        LookupAttributes: {
          type: 'structures',
          members: {
            AttributeKey: { type: 'string', required: true, oneOf: Object.keys(ATTRIBUTES) },
            AttributeValue: { type: 'string', required: true, min: 1, max: 2000 },
          },
        },
        StartTime: { type: 'timestamp' },
        EndTime: { type: 'timestamp' },
        MaxResults: { type: 'integer' },
        NextToken: { type: 'string' },
      },
      resource: () => '*',
      handle: ({ LookupAttributes = [], StartTime, EndTime, MaxResults = 50, NextToken }, { region }) => {
        // AWS does not know the credentials of an account in a Region that the account does not have.
        if (!this.isEnabled(region)) {
          throw new ServiceError(
            'UnrecognizedClientException',
            'The security token included in the request is invalid.',
            400,
          );
        }
        if (LookupAttributes.length > 1) {
          throw new ServiceError(
            'InvalidLookupAttributesException',
            'You can only specify one attribute.',
            400,
          );
        }
        if (MaxResults < 1 || MaxResults > 50) {
          throw new ServiceError('InvalidMaxResultsException', 'MaxResults is 1 through 50.', 400);
        }
        if (StartTime !== undefined && EndTime !== undefined && StartTime > EndTime) {
          throw new ServiceError('InvalidTimeRangeException', 'The start time is after the end time.', 400);
        }
        const now = this.environment.clock.now().getTime();
        const { cloudTrailDelay, cloudTrailMemory } = this.environment.behaviour;
        const shown = this.#events.filter(
          (event) =>
            event.entry.region === region &&
            event.entry.at.getTime() + cloudTrailDelay <= now &&
            event.eventTime >= now - cloudTrailMemory &&
            (StartTime === undefined || event.eventTime >= StartTime.getTime()) &&
            (EndTime === undefined || event.eventTime <= EndTime.getTime()) &&
            LookupAttributes.every(({ AttributeKey, AttributeValue }) =>
              ATTRIBUTES[AttributeKey]?.(event, AttributeValue),
            ),
        );
        const invalidToken = () =>
          new ServiceError('InvalidNextTokenException', 'The NextToken is invalid.', 400);
        const { items, next } = page(shown.reverse(), NextToken, MaxResults, invalidToken);
        return {
          NextToken: next,
          Events: items.map((event) => ({
            EventId: event.id,
            EventName: event.entry.eventName,
            ReadOnly: readOnlyOf(event),
            AccessKeyId: event.entry.accessKeyId,
            EventTime: new Date(event.eventTime),
            EventSource: event.entry.eventSource,
            Username: usernameOf(event),
            Resources: resourcesOf(event),
            CloudTrailEvent: JSON.stringify(this.#record(event)),
          })),
        };
      },
    }),
  };

  /**
   * The IDs of IAM's events come from the common source of identifiers. Those of the others do not: how often a secret is read must not
   * decide which keys are created.
   */
  #idFor({ eventSource }: TrailEntry): string {
    if (eventSource === IAM) return this.environment.ids.uuid();
    this.#counted += 1;
    return `00000000-0000-4000-a000-${this.#counted.toString(16).padStart(12, '0')}`;
  }

  /** CloudTrail User Guide, record contents. */
  #record({ id, eventTime, entry }: TrailEvent): Record<string, unknown> {
    const { eventSource, eventName, region, requestParameters, responseElements, error, readOnly } = entry;
    const { sourceIPAddress = SOME_ADDRESS } = entry;
    return {
      eventVersion: '1.08',
      userIdentity: this.#userIdentity(entry),
      eventTime: isoSeconds(new Date(eventTime)),
      eventSource,
      eventName,
      awsRegion: region,
      sourceIPAddress,
      ...(error && { errorCode: ERROR_CODES[error.code] ?? error.code, errorMessage: error.message }),
      requestParameters,
      responseElements,
      eventID: id,
      readOnly: readOnly ?? false,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: this.environment.accountId,
      eventCategory: 'Management',
    };
  }

  /** CloudTrail User Guide, userIdentity element. */
  #userIdentity({ principal, accessKeyId, at, invokedBy }: TrailEntry): Record<string, unknown> {
    const { accountId } = this.environment;
    if (principal.kind === 'user') {
      const { arn, userId, userName } = principal;
      return { type: 'IAMUser', principalId: userId, arn, accountId, accessKeyId, userName };
    }
    const { arn, sessionArn, roleId, sessionName } = principal;
    return {
      type: 'AssumedRole',
      principalId: `${roleId}:${sessionName}`,
      arn: sessionArn,
      accountId,
      accessKeyId,
      sessionContext: {
        sessionIssuer: { type: 'Role', principalId: roleId, arn, accountId, userName: arn.split('/').at(-1) },
        attributes: { creationDate: isoSeconds(at), mfaAuthenticated: 'false' },
      },
      // "This element is only present when a request is made by an AWS service."
      ...(invokedBy !== undefined && { invokedBy }),
    };
  }
}
