/**
 * Saved queries of CloudWatch Logs Insights (CloudWatch Logs User Guide, "Logs Insights QL"). Whoever runs one chooses the time.
 *
 * An execution may have two records: events are delivered at least once, and a record can be written again. So each list keeps the
 * one of each execution that was made last: `sort` decides which one `dedup` keeps, and after that only `limit` may follow. A name of an execution can
 * be used again after 90 days, so the start goes with it.
 *
 * Whether `ispresent` takes null for a value, AWS does not say. So it is asked only of fields that are never null where their object is.
 */

const LATEST_OF_EACH = ['sort recordedAt desc', 'dedup execution.arn, execution.startedAt', 'limit 10000'];

/** One command a line, each after the first behind a pipe. */
const piped = (...commands: readonly string[]): string => commands.join('\n| ');

/** Which keys were rotated, by whom, and how it ended: each execution that was for more than a look. */
const ROTATIONS = piped(
  'fields execution.endedAt as ended, userName, result, action, oldKey.accessKeyId as old, newKey.accessKeyId as new, adoption.ground as adoptedBecause, startedBy.identity as startedBy, startedBy.claimed as claimedToBe, reason, execution.arn',
  'filter kind = "rotation" and result not in ["nothing-to-do", "planned"]',
  ...LATEST_OF_EACH,
);

/**
 * Of each user the oldest key that is Active, as the user's latest record knows it. A user whose latest record knows none is not there: what
 * an earlier one knew may be gone. AWS does not say what `latest` is when the latest event has no such field, so whether it has is a field
 * of its own, which each event has. The survey has the keys as they are.
 */
const KEYS_BY_AGE = piped(
  'fields ispresent(oldestActiveKey.createdSeconds) as hasOldest',
  'filter kind = "rotation"',
  'stats latest(hasOldest) as isKnown, latest(oldestActiveKey.accessKeyId) as accessKeyId, latest(oldestActiveKey.created) as created, latest(oldestActiveKey.createdSeconds) as createdSeconds, latest(rotateAfterDays) as dueAfterDays, latest(execution.endedAt) as asOf by userName',
  'filter isKnown = 1',
  'fields (now() - createdSeconds) / 86400 as ageDays',
  'sort ageDays desc',
  'limit 10000',
);

/** Who could not be rotated, and why. */
const NOT_ROTATED = piped(
  'fields execution.endedAt as ended, userName, result, error.name as error, lastStep.step as step, rollback.reason as rolledBackBecause, error.said as said, lastStep.said as lastSaid, execution.arn',
  'filter kind = "rotation" and result in ["failed", "rolled-back", "stopped", "timed-out", "on-hold"]',
  ...LATEST_OF_EACH,
);

/** Which keys have leaked, who has declared it, and how long it took until they were Inactive. A declaration that failed is here, too. */
const EMERGENCIES = piped(
  'fields execution.endedAt as ended, kind, userName, emergency.accessKeyId as leaked, result, emergency.secondsToInactive as secondsToInactive, startedBy.identity as startedBy, reason, execution.arn',
  'filter kind = "declaration" or action = "emergency"',
  ...LATEST_OF_EACH,
);

/** The queries over the records, by their names. */
export const RECORD_QUERIES = {
  'All rotations': ROTATIONS,
  'Keys by age': KEYS_BY_AGE,
  'Who could not be rotated, and why': NOT_ROTATED,
  Emergencies: EMERGENCIES,
} as const;

/** Name of the query over the events of CloudTrail. */
export const SECRET_READS = 'Who has read a secret';

/**
 * Who has read which secret, by the events of CloudTrail, and how often. Reads of the service itself are left out by its roles, each by
 * its ARN: another role with a name like theirs is not. A caller of another account may have neither a session nor an ARN (CloudTrail User
 * Guide, "CloudTrail userIdentity element"), so its principal or its account stands for it. A comparison drops the event that has no such
 * field, so that a reader of whom nothing is known is asked for by itself.
 *
 * @param serviceRoleArns - The roles of the service that read secrets.
 */
export const secretReadsQuery = (serviceRoleArns: readonly string[]): string =>
  piped(
    'fields coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn, userIdentity.invokedBy, userIdentity.principalId, userIdentity.accountId) as reader',
    'filter eventSource = "secretsmanager.amazonaws.com" and eventName in ["GetSecretValue", "BatchGetSecretValue"]',
    `filter not ispresent(reader) or reader not in [${serviceRoleArns.map((arn) => `"${arn}"`).join(', ')}]`,
    'stats count(*) as reads, earliest(@timestamp) as first, latest(@timestamp) as last by requestParameters.secretId, reader, errorCode',
    'sort last desc',
    'limit 10000',
  );
