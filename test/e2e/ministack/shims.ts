import type { Shim } from '../known';

/** Everything between the rotation and ministack as the package index has it. */
export const SHIMS: readonly Shim[] = [
  {
    name: 'last-used data',
    lacks: 'GetAccessKeyLastUsed answers "never used", always.',
    faithful:
      'The first use of each access key in 15 minutes is recorded, from the credential scope of the signed request: date, service and Region. ministack authorizes the call and the shim fills in the answer.',
    source:
      'IAM API Reference, GetAccessKeyLastUsed; IAM User Guide, "Getting credential reports", access_key_1_last_used_date',
    where: 'test/e2e/python/ministack_shim.py',
  },
  {
    name: 'resource of GetAccessKeyLastUsed',
    lacks: 'A policy is matched with "*", because the request names no user.',
    faithful: 'A policy is matched with the ARN of the user who owns the key.',
    source:
      'Service Authorization Reference, IAM, GetAccessKeyLastUsed: user; IAM User Guide, "Allows IAM users to manage their own credentials", AllowManageOwnAccessKeys',
    where: 'test/e2e/python/ministack_shim.py',
  },
  {
    name: 'resource of DescribeAlarms',
    lacks: 'A policy is matched with "*", because the request names alarms in a list.',
    faithful: 'A policy is matched with the ARN of the alarm, if there is just one.',
    source: 'Service Authorization Reference, Amazon CloudWatch, DescribeAlarms: alarm',
    where: 'test/e2e/python/ministack_shim.py',
  },
  {
    name: 'resource of GetSchedule',
    lacks: 'A policy is matched with a schedule of the default group, whichever group the request names.',
    faithful: 'A policy is matched with the ARN of the schedule in its group.',
    source: 'Service Authorization Reference, Amazon EventBridge Scheduler, GetSchedule: schedule',
    where: 'test/e2e/python/ministack_shim.py',
  },
  {
    name: 'condition keys of PutMetricData, PutEvents and GetSecretValue',
    lacks:
      'A policy that asks for cloudwatch:namespace, events:source, secretsmanager:VersionId or secretsmanager:VersionStage allows nothing.',
    faithful:
      'The keys have the namespace, the source of each entry, and the version ID and the staging label that are asked for.',
    source:
      'Service Authorization Reference, Amazon CloudWatch, cloudwatch:namespace; Amazon EventBridge, events:source; AWS Secrets Manager, secretsmanager:VersionId and secretsmanager:VersionStage',
    where: 'test/e2e/python/ministack_shim.py',
  },
  {
    name: 'TLS',
    lacks: 'Plain HTTP, which policies with aws:SecureTransport refuse.',
    faithful: 'Requests are marked as if a proxy had received them over TLS; they do not leave the machine.',
    source: 'IAM User Guide, "AWS global condition context keys", aws:SecureTransport',
    where: 'test/e2e/python/ministack_shim.py',
  },
  {
    name: 'saved query',
    lacks: 'Its CloudFormation refuses AWS::Logs::QueryDefinition.',
    faithful:
      'A saved query has the name and the text that CloudFormation requires. Nothing else becomes of it. The shim does not start beside a ministack that knows the type.',
    source: 'AWS CloudFormation User Guide, AWS::Logs::QueryDefinition',
    where: 'test/e2e/python/ministack_shim.py',
  },
  {
    name: 'universal target',
    lacks: 'Schedules call templated targets only; a start by a universal target never happens.',
    faithful:
      "The request of StartExecution in the target's input is sent, with a new UUID for <aws.scheduler.execution-id>. The role of the schedule is not judged, as with all services here.",
    source:
      'EventBridge Scheduler User Guide, "Using universal targets in EventBridge Scheduler" and "Adding context attributes"',
    where: 'test/e2e/python/ministack_shim.py',
  },
  {
    name: 'update of a function at work',
    lacks: 'An update ends the processes of a function, and its invocations fail with Runtime.HandlerError.',
    faithful:
      'An invocation that has begun goes on with the code that it began with; those after the update have the new one.',
    source:
      'Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle" and "Lambda function states" (LastUpdateStatus: invocations go on with the configuration of before until an update is done)',
    where: 'test/e2e/python/ministack_shim.py',
  },
  {
    name: 'AWS SDK in the functions',
    lacks:
      "Node.js functions find stand-ins for the AWS SDK that list no exports, and the CDK's own function for custom resources looks there for a client.",
    faithful: "NODE_PATH leads to the SDK of this repository. The steps' bundles bring their own.",
    source: 'Lambda Developer Guide, "Building Lambda functions with Node.js", Runtime-included SDK versions',
    where: 'test/e2e/support/emulators.ts',
  },
];
