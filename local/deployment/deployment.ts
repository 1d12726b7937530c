import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import type { EmbeddedAws, RoleCredentials } from '../../embedded-aws/embedded-aws';
import type { SchedulePlan } from '../../embedded-aws/services/scheduler';
import { createChange as createSecrets } from '../../lambdas/create-secrets/handler';
import { createChange as putPolicies } from '../../lambdas/put-policies/handler';
import { createChange as createReplicas } from '../../lambdas/replicate-secret/handler';
import { emergencyMachineName } from '../../lambdas/shared/contract/names';
import { StateMachineEngine, type StateMachineOptions } from '../engine/engine';
import { type LogRecord, startSandbox } from '../engine/function-sandbox';
import type { LambdaService } from '../engine/lambda-service';
import type { Account } from '../world/account';
import { type StateMachines, withEmergencies } from '../world/emergencies';
import { sendingPermissions } from './encryption';
import { connectMessenger, leaveDeadLetter } from './messengers';
import type { Permissions } from './permissions';
import { type Schedule, scheduleOf } from './schedules';
import type { SynthesizedApp } from './synthesized-app';
import { TemplateRefused, type TemplateResolver, type TemplateResource } from './template';
import type { Scheduled } from './timetable';

/** What {@link deploy} needs. */
export interface DeploymentOptions {
  readonly app: SynthesizedApp;
  readonly resolver: TemplateResolver;
  readonly permissions: Permissions;
  readonly aws: EmbeddedAws;
  readonly account: Account;
  readonly lambda: LambdaService;
  /** The loopback address of the embedded AWS. */
  readonly endpoint: string;
  readonly onLog: (record: LogRecord) => void;
}

/** What the properties of a resource were before, by what they are. */
type FormerProperties = (properties: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/** The result of a deployment. */
export interface Deployment extends StateMachines {
  readonly notificationTopicArn: string;
  /** The schedules by their names. */
  readonly schedules: ReadonlyMap<string, Schedule>;
  /** Updates the resources about secrets, as a deployment does over one in which they had other properties. */
  readonly updateSecrets: (former: FormerProperties) => Promise<void>;
  /** Runs the survey, as its schedule does once a day. */
  readonly survey: () => Promise<void>;
  /** When each schedule that is enabled would fire. Nothing here fires by itself: see `keepTimetable`. */
  readonly timetable: readonly Scheduled[];
}

/**
 * Resources that play no part when a rotation is started by hand: who may do what is taken from the policies,
 * and who may fill a queue is not asked.
 */
const NO_PART = new Set([
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Dashboard',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  // The rules look for these.
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Permission',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::ScheduleGroup',
]);

/** What the logical ID of the survey's function has in it. */
const SURVEY = 'SurveyFunction';

interface FunctionProperties {
  readonly Code: { readonly S3Key: string };
  readonly Handler: string;
  readonly Role: string;
  readonly Timeout?: number;
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
}

interface MachineProperties {
  readonly StateMachineName: string;
  readonly RoleArn: string;
  readonly DefinitionString: string;
  readonly DefinitionSubstitutions?: Readonly<Record<string, string>>;
}

interface ScheduleProperties extends SchedulePlan {
  readonly Name: string;
  readonly GroupName?: string;
  readonly State?: 'ENABLED' | 'DISABLED';
}

interface ScheduleTarget {
  readonly Arn: string;
  readonly RoleArn: string;
  readonly DeadLetterConfig?: { readonly Arn: string };
}

/** AWS Lambda: the time limit of a function that sets none. */
const DEFAULT_FUNCTION_TIMEOUT_SECONDS = 3;

/** Points at nothing, so that no function sees the configuration files of the user who runs this. */
const NO_FILE = '/dev/null';

/**
 * Whether another state machine has a name made from this one: then that one declares the emergencies of this
 * one's rotations.
 */
const isNameOfRotations = (name: string, machines: readonly StateMachineOptions[]): boolean =>
  machines.some((machine) => machine.name === emergencyMachineName(name));

/** Deploys a synthesized stack to the embedded AWS. Unknown resources are refused. */
export const deploy = async (options: DeploymentOptions): Promise<Deployment> => {
  const { app, resolver, permissions, aws, account, lambda, endpoint, onLog } = options;
  const { stackName, template, assets } = app;
  const maySend = sendingPermissions(template, resolver, aws.region, permissions);
  const messengers = { aws, lambda, template, resolver, permissions: maySend };

  const deployFunction = (logicalId: string, resource: TemplateResource): void => {
    const properties = resolver.resolve(resource.Properties) as FunctionProperties;
    const directory = assets.get(properties.Code.S3Key);
    if (directory === undefined) throw new TemplateRefused(`${logicalId}: its code is not among the assets`);
    const { ref: functionName, attributes } = resolver.physical(logicalId);
    lambda.add({
      name: functionName,
      arn: attributes.Arn ?? '',
      timeoutSeconds: properties.Timeout ?? DEFAULT_FUNCTION_TIMEOUT_SECONDS,
      start: (gate) => {
        const session = aws.roleCredentials(properties.Role, functionName, attributes.Arn);
        return startSandbox({
          functionName,
          directory,
          handler: properties.Handler,
          gate,
          onLog,
          environment: {
            ...properties.Environment?.Variables,
            AWS_REGION: aws.region,
            AWS_LAMBDA_FUNCTION_NAME: functionName,
            AWS_ACCESS_KEY_ID: session.accessKeyId,
            AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
            AWS_SESSION_TOKEN: session.sessionToken,
            AWS_ENDPOINT_URL: endpoint,
            AWS_CONFIG_FILE: NO_FILE,
            AWS_SHARED_CREDENTIALS_FILE: NO_FILE,
            // The bundles run on this machine's Node.js, which differs from Lambda's.
            AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
          },
        });
      },
    });
  };

  /** A function creates a custom resource, under that function's role. */
  const credentialsOfProvider = (logicalId: string, { Properties }: TemplateResource): RoleCredentials => {
    const { 'Fn::GetAtt': [provider = ''] = [] } = (Properties?.ServiceToken ?? {}) as {
      readonly 'Fn::GetAtt'?: readonly string[];
    };
    const { Role } = template.Resources[provider]?.Properties ?? {};
    const role = resolver.text(Role, `the role of ${logicalId}'s provider`);
    return aws.roleCredentials(role, undefined, resolver.physical(provider).attributes.Arn);
  };

  /**
   * Runs a custom resource's function in this process, under its role; only its answer to CloudFormation is
   * left out.
   */
  const updates: ((former: FormerProperties) => Promise<void>)[] = [];
  const deploySecrets = async (
    createChange: typeof createReplicas,
    logicalId: string,
    resource: TemplateResource,
  ): Promise<void> => {
    const change = createChange({
      region: aws.region,
      credentials: credentialsOfProvider(logicalId, resource),
      endpoint,
    });
    const ResourceProperties = resolver.resolve(resource.Properties) as Readonly<Record<string, unknown>>;
    await change({ RequestType: 'Create', ResourceProperties });
    updates.push(async (former) => {
      const OldResourceProperties = former(ResourceProperties);
      await change({ RequestType: 'Update', ResourceProperties, OldResourceProperties });
    });
  };

  /**
   * The parts of an engine: the template's resource, its role's clients, and the functions that its role may
   * invoke.
   */
  const machineOf = (resource: TemplateResource): StateMachineOptions => {
    const properties = resolver.resolve(resource.Properties) as MachineProperties;
    const { StateMachineName, RoleArn, DefinitionString, DefinitionSubstitutions = {} } = properties;
    const config = { region: aws.region, credentials: aws.roleCredentials(RoleArn), endpoint };
    return {
      name: StateMachineName,
      roleArn: RoleArn,
      definition: DefinitionString.replace(/\$\{(\w+)\}/g, (placeholder, name: string) => {
        const value = DefinitionSubstitutions[name];
        if (value === undefined) throw new TemplateRefused(`the definition's ${placeholder} has no value`);
        return value;
      }),
      aws,
      lambda,
      clients: { sns: new SNSClient(config), events: new EventBridgeClient(config) },
      mayInvoke: (functionArn) =>
        permissions({ caller: RoleArn, action: 'lambda:InvokeFunction', resource: functionArn }),
    };
  };

  /** The two state machines, whichever comes first in the template. */
  const deployMachines = (machines: readonly StateMachineOptions[]): StateMachines => {
    const rotation = machines.find(({ name }) => isNameOfRotations(name, machines));
    const emergency = machines.find((machine) => machine !== rotation);
    if (rotation === undefined || emergency === undefined || machines.length > 2) {
      throw new TemplateRefused(
        `the stack ${stackName} has ${machines.length === 0 ? 'no state machine' : machines.map(({ name }) => name).join(', ')}, instead of one for rotations and one for their emergencies`,
      );
    }
    return withEmergencies(new StateMachineEngine(rotation), emergency, (stateMachineArn) =>
      permissions({
        caller: emergency.roleArn,
        action: 'states:StartExecution',
        resource: stateMachineArn,
      }),
    );
  };

  /** A log group. What functions and state machines log themselves is kept by the runner, and is not in it. */
  const addLogGroup = (logicalId: string, { Properties = {} }: TemplateResource): void => {
    const { RetentionInDays } = resolver.resolve(Properties) as { readonly RetentionInDays?: number };
    aws.logs.addGroup(resolver.physical(logicalId).ref, { retentionInDays: RetentionInDays });
  };

  /** A saved query of Logs Insights, which people run. CloudFormation requires its name and its text. */
  const checkQuery = (logicalId: string, { Properties = {} }: TemplateResource): void => {
    for (const name of ['Name', 'QueryString']) {
      const text = resolver.text(Properties[name], `${logicalId}: ${name}`);
      if (text.trim() === '') throw new TemplateRefused(`${logicalId}: ${name} is empty`);
    }
  };

  const addTopic = (logicalId: string, { Properties = {} }: TemplateResource): Promise<string> => {
    const { KmsMasterKeyId } = resolver.resolve(Properties) as { readonly KmsMasterKeyId?: string };
    return account.addTopic(resolver.physical(logicalId).attributes.TopicName ?? '', KmsMasterKeyId);
  };

  /** A schedule, which can be asked about, and a subscription, which people have confirmed. */
  const addWatched = ({ Type, Properties = {} }: TemplateResource): void => {
    const resolved = resolver.resolve(Properties);
    if (Type === 'AWS::SNS::Subscription') {
      const { TopicArn, Protocol, Endpoint } = resolved as Readonly<Record<string, string | undefined>>;
      aws.sns.subscribe(TopicArn ?? '', Protocol ?? '', Endpoint ?? '');
    } else {
      const { GroupName = 'default', Name, State = 'ENABLED', ...plan } = resolved as ScheduleProperties;
      aws.scheduler.setSchedule(GroupName, Name, State, plan);
    }
  };

  const timetable: Scheduled[] = [];
  /** A schedule that is disabled fires never. */
  const addToTimetable = ({ Properties }: TemplateResource, fire: Scheduled['fire']): void => {
    const { Name, State, ScheduleExpression, ScheduleExpressionTimezone } = resolver.resolve(
      Properties,
    ) as ScheduleProperties;
    if (State === 'DISABLED') return;
    const timeZone = ScheduleExpressionTimezone ?? 'UTC';
    timetable.push({ name: Name, expression: ScheduleExpression, timeZone, fire });
  };

  const surveyArn = Object.entries(template.Resources)
    .filter(([logicalId, { Type }]) => Type === 'AWS::Lambda::Function' && logicalId.includes(SURVEY))
    .map(([logicalId]) => resolver.physical(logicalId).attributes.Arn ?? '')[0];
  const targetOf = ({ Properties }: TemplateResource): ScheduleTarget =>
    (resolver.resolve(Properties) as { readonly Target: ScheduleTarget }).Target;
  let surveyTarget: ScheduleTarget | undefined;
  const survey = async (): Promise<void> => {
    if (surveyArn === undefined || surveyTarget === undefined) {
      throw new TemplateRefused(`the stack ${stackName} has no survey`);
    }
    const { RoleArn, DeadLetterConfig } = surveyTarget;
    if (!permissions({ caller: RoleArn, action: 'lambda:InvokeFunction', resource: surveyArn })) {
      if (DeadLetterConfig !== undefined) {
        leaveDeadLetter(messengers, RoleArn, DeadLetterConfig.Arn);
      }
      throw new TemplateRefused(`the schedule of the survey may not invoke ${surveyArn}`);
    }
    await lambda.invoke(surveyArn, {}, { executionArn: surveyArn, stateName: 'The survey' });
  };

  const machines: StateMachineOptions[] = [];
  const schedules: [logicalId: string, TemplateResource][] = [];
  const topics = new Set<string>();
  let notificationTopicArn: string | undefined;
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    switch (resource.Type) {
      case 'AWS::Lambda::Function':
        deployFunction(logicalId, resource);
        break;
      case 'AWS::SNS::Topic':
        topics.add(await addTopic(logicalId, resource));
        break;
      case 'AWS::CloudWatch::Alarm':
        await account.addAlarm(resolver.physical(logicalId).ref);
        connectMessenger(messengers, logicalId, resource);
        break;
      case 'AWS::Events::Rule':
        connectMessenger(messengers, logicalId, resource);
        break;
      case 'AWS::Logs::LogGroup':
        addLogGroup(logicalId, resource);
        break;
      case 'AWS::Logs::QueryDefinition':
        checkQuery(logicalId, resource);
        break;
      case 'AWS::SNS::Subscription':
        addWatched(resource);
        break;
      case 'Custom::RotatedSecrets':
        await deploySecrets(createSecrets, logicalId, resource);
        break;
      case 'Custom::SecretPolicies':
        await deploySecrets(putPolicies, logicalId, resource);
        break;
      case 'Custom::SecretReplicas':
        await deploySecrets(createReplicas, logicalId, resource);
        break;
      case 'AWS::StepFunctions::StateMachine':
        machines.push(machineOf(resource));
        notificationTopicArn = (resolver.resolve(resource.Properties) as MachineProperties)
          .DefinitionSubstitutions?.NotificationTopicArn;
        break;
      case 'AWS::Scheduler::Schedule':
        addWatched(resource);
        if (targetOf(resource).Arn === surveyArn) {
          surveyTarget = targetOf(resource);
          addToTimetable(resource, survey);
        } else {
          schedules.push([logicalId, resource]);
        }
        break;
      default:
        if (!NO_PART.has(resource.Type)) {
          throw new TemplateRefused(`${logicalId}: resources of the type ${resource.Type} are not modelled`);
        }
    }
  }
  const deployed = deployMachines(machines);
  if (notificationTopicArn === undefined) throw new TemplateRefused(`the stack ${stackName} has no topic`);
  // A topic that there was before.
  if (!topics.has(notificationTopicArn)) await account.addTopic(notificationTopicArn.split(':').at(-1) ?? '');
  const scheduleOptions = {
    aws,
    resolver,
    permissions: maySend,
    machines: [deployed.stateMachine, deployed.emergencies],
  };
  const fired = schedules.map(([logicalId, resource]) => {
    const [name, fire] = scheduleOf(scheduleOptions, logicalId, resource);
    addToTimetable(resource, () => fire());
    return [name, fire] as const;
  });
  return {
    ...deployed,
    notificationTopicArn,
    survey,
    timetable,
    updateSecrets: async (former) => {
      for (const update of updates) await update(former);
    },
    schedules: new Map(fired),
  };
};
