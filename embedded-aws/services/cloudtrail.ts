import { ServiceError } from '../ground/errors';
import {
  type Environment,
  operation,
  type Principal,
  page,
  type Service,
  validationException,
} from './service';

/** IAM is a global service: its events are in this Region only. CloudTrail User Guide, "Global service events". */
const GLOBAL_EVENTS_REGION = 'us-east-1';

/** A write to IAM that CloudTrail records. */
export interface TrailEntry {
  readonly eventName: string;
  readonly at: Date;
  readonly principal: Principal;
  /** The key that signed the request. */
  readonly accessKeyId: string;
  readonly requestParameters: Readonly<Record<string, unknown>>;
  readonly responseElements: Readonly<Record<string, unknown>> | null;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

interface TrailEvent {
  readonly id: string;
  readonly entry: TrailEntry;
  readonly eventTime: Date;
  readonly username: string;
  readonly resources: ReadonlyArray<{ readonly ResourceType: string; readonly ResourceName: string }>;
  readonly json: string;
}

/** What each lookup attribute compares. CloudTrail API, LookupAttribute. */
const ATTRIBUTES: Readonly<Record<string, (event: TrailEvent, value: string) => boolean>> = {
  EventId: ({ id }, value) => id === value,
  EventName: ({ entry }, value) => entry.eventName === value,
  ReadOnly: (_event, value) => value === 'false',
  Username: ({ username }, value) => username === value,
  ResourceType: ({ resources }, value) => resources.some(({ ResourceType }) => ResourceType === value),
  ResourceName: ({ resources }, value) => resources.some(({ ResourceName }) => ResourceName === value),
  EventSource: (_event, value) => value === 'iam.amazonaws.com',
  AccessKeyId: ({ entry }, value) => entry.accessKeyId === value,
};

/** CloudTrail's names of IAM's errors: those of the exception classes. */
const ERROR_CODES: Readonly<Record<string, string>> = {
  NoSuchEntity: 'NoSuchEntityException',
  LimitExceeded: 'LimitExceededException',
};

/** CloudTrail: the event history of IAM's writes. */
export class CloudTrail implements Service {
  /** In order of event time. */
  readonly #events: TrailEvent[] = [];

  readonly invalidParameter = validationException;

  constructor(private readonly environment: Environment) {}

  /** Records an event. It appears in LookupEvents after the delay. */
  record(entry: TrailEntry): void {
    const id = this.environment.ids.uuid();
    const eventTime = new Date(Math.floor(entry.at.getTime() / 1000) * 1000);
    const { principal, requestParameters, responseElements } = entry;
    const created = responseElements?.accessKey as { readonly accessKeyId: string } | undefined;
    const resources = [
      { ResourceType: 'AWS::IAM::User', ResourceName: requestParameters.userName },
      {
        ResourceType: 'AWS::IAM::AccessKey',
        ResourceName: created?.accessKeyId ?? requestParameters.accessKeyId,
      },
    ].flatMap(({ ResourceType, ResourceName }) =>
      typeof ResourceName === 'string' ? [{ ResourceType, ResourceName }] : [],
    );
    const event: TrailEvent = {
      id,
      entry,
      eventTime,
      resources,
      username: principal.kind === 'user' ? principal.userName : principal.sessionName,
      json: JSON.stringify(this.#record(id, eventTime, entry)),
    };
    // Seeded events lie in the past.
    const index = this.#events.findLastIndex((other) => other.eventTime <= eventTime);
    this.#events.splice(index + 1, 0, event);
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
      handle: ({ LookupAttributes = [], StartTime, EndTime, MaxResults = 50, NextToken }) => {
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
            this.environment.region === GLOBAL_EVENTS_REGION &&
            event.entry.at.getTime() + cloudTrailDelay <= now &&
            event.eventTime.getTime() >= now - cloudTrailMemory &&
            (StartTime === undefined || event.eventTime >= StartTime) &&
            (EndTime === undefined || event.eventTime <= EndTime) &&
            LookupAttributes.every(({ AttributeKey, AttributeValue }) =>
              ATTRIBUTES[AttributeKey]?.(event, AttributeValue),
            ),
        );
        const invalidToken = () =>
          new ServiceError('InvalidNextTokenException', 'The NextToken is invalid.', 400);
        const { items, next } = page(shown.reverse(), NextToken, MaxResults, invalidToken);
        return {
          NextToken: next,
          Events: items.map(({ id, entry, eventTime, username, resources, json }) => ({
            EventId: id,
            EventName: entry.eventName,
            ReadOnly: 'false',
            AccessKeyId: entry.accessKeyId,
            EventTime: eventTime,
            EventSource: 'iam.amazonaws.com',
            Username: username,
            Resources: resources,
            CloudTrailEvent: json,
          })),
        };
      },
    }),
  };

  /** CloudTrail User Guide, record contents. */
  #record(eventID: string, eventTime: Date, entry: TrailEntry): Record<string, unknown> {
    const { eventName, requestParameters, responseElements, error } = entry;
    return {
      eventVersion: '1.08',
      userIdentity: this.#userIdentity(entry),
      eventTime: `${eventTime.toISOString().slice(0, 19)}Z`,
      eventSource: 'iam.amazonaws.com',
      eventName,
      awsRegion: GLOBAL_EVENTS_REGION,
      ...(error && { errorCode: ERROR_CODES[error.code] ?? error.code, errorMessage: error.message }),
      requestParameters,
      responseElements,
      eventID,
      readOnly: false,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: this.environment.accountId,
      eventCategory: 'Management',
    };
  }

  /** CloudTrail User Guide, userIdentity element. */
  #userIdentity({ principal, accessKeyId, at }: TrailEntry): Record<string, unknown> {
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
        attributes: { creationDate: `${at.toISOString().slice(0, 19)}Z`, mfaAuthenticated: 'false' },
      },
    };
  }
}
