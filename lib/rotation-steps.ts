import { Aws, CfnMapping, Validations } from 'aws-cdk-lib';
import type { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { enrolmentFileOf } from '../lambdas/shared/contract/enrolment';
import { ENROLMENT_FILE } from '../lambdas/shared/contract/enrolment-file';
import {
  emergencyMachineName,
  INTENT_PREFIX,
  LABELS,
  OWNERSHIP_TAG,
  withoutQualifier,
} from '../lambdas/shared/contract/names';
import { STEP_NAMES, type StepName, stepPlaceholder } from '../lambdas/shared/contract/steps';
import { FUNCTION_TIMEOUT_SECONDS } from '../lambdas/shared/contract/timing';
import type { DeploymentSettings, RotatedUser } from './config';
import { AUDIT_TRAIL_REGIONS } from './config/audit-trail';
import { addFunction, addFunctionRole } from './functions/service-function';
import { keyActionsOf, keyGrantsForSecrets } from './permissions/key-permissions';
import {
  alarmArn,
  executionsArn,
  ownAccountArn,
  secretArn,
  stateMachineArn,
  userArn,
} from './permissions/resource-arns';
import { type Condition, type Grant, grantShared } from './permissions/role-policies';
import type { ServiceRole } from './permissions/service-role';
import { type Reads, STEP_PERMISSIONS, type StepPermissions } from './permissions/step-permissions';
import { acknowledgeWildcard, PATH_REASON } from './permissions/wildcard';

/** The properties of {@link RotationSteps}. */
export interface RotationStepsProps {
  /** The users that the steps may act on, and no others. */
  readonly users: readonly RotatedUser[];

  /** Physical name of the state machine whose executions the steps look up. */
  readonly stateMachineName: string;

  /** Address of the runbook to which messages link, without a section. */
  readonly runbookUrl: string;

  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/**
 * The steps that read the enrolment: which users to rotate and how, which are paused, and how to find out
 * about their consumers.
 */
const READS_ENROLMENT: Readonly<Record<StepName, boolean>> = {
  'plan-rotation': true,
  'stop-execution': false,
  'create-access-key': false,
  'test-access-key': false,
  'publish-access-key': false,
  'confirm-adoption': true,
  'deactivate-access-key': true,
  'trace-leaked-key': false,
  'confirm-health': true,
  'reactivate-access-key': false,
  'delete-access-key': true,
};

/** The steps that may come upon a key that nothing else explains. */
const ASKS_WHO_CREATED: readonly StepName[] = ['create-access-key', 'delete-access-key'];

/** The steps' functions, each with a role, permissions and a log group of its own. */
export class RotationSteps extends Construct {
  /** The function of each step. */
  readonly functions: Readonly<Record<StepName, lambda.IFunction>>;

  /** The role of each step. */
  readonly roles: ReadonlyMap<StepName, ServiceRole>;

  /** Where the functions log. */
  readonly logGroups: readonly ILogGroup[];

  constructor(scope: Construct, id: string, props: RotationStepsProps) {
    super(scope, id);

    const trailRegions = new CfnMapping(this, 'AuditTrailRegions', { mapping: AUDIT_TRAIL_REGIONS });
    const trailRegion = trailRegions.findInMap(Aws.PARTITION, 'Region');

    const descriptionOf = (step: StepName): string => `The step ${step} of IAM access key rotations`;
    const roleOf = (step: StepName): ServiceRole =>
      addFunctionRole(this, `${stepPlaceholder(step)}Role`, {
        description: descriptionOf(step),
        deployment: props.deployment,
      });
    const roles: ReadonlyMap<StepName, ServiceRole> = new Map(STEP_NAMES.map((step) => [step, roleOf(step)]));
    this.roles = roles;
    const creatorRole = roles.get('create-access-key') as ServiceRole;
    // Long lists for a hundred users: steps with the same needs share one copy.
    const shares = Object.entries(SHARING_STEPS).map(([purpose, steps]) => {
      const lists = commonLists(steps, props);
      const sharing = steps.map((step) => roles.get(step) as ServiceRole);
      return { steps, lists, policies: grantShared(this, purpose, sharing, lists, props.deployment) };
    });
    const shareOf = (step: StepName) => shares.find(({ steps }) => steps.includes(step));
    const keyPolicies = new Map(
      (['Reading', 'Storing'] as const).flatMap((purpose) => {
        const stores = purpose === 'Storing';
        const steps = STEP_NAMES.filter((step) => keyActionsOf(step).length === (stores ? 2 : 1));
        const [first] = steps;
        if (first === undefined) return [];
        const grants = keyGrantsForSecrets(props.users, keyActionsOf(first));
        const sharing = steps.map((step) => roles.get(step) as ServiceRole);
        const policies = grantShared(this, `${purpose}WithSecretKeys`, sharing, grants, props.deployment);
        return steps.map((step) => [step, policies] as const);
      }),
    );
    // CloudTrail names this role as the creator of the keys that rotations made.
    const creator = { CREATE_ACCESS_KEY_ROLE_ARN: creatorRole.roleArn };

    const sharedPoliciesOf = (step: StepName): readonly ManagedPolicy[] => [
      ...(keyPolicies.get(step) ?? []),
      ...(shareOf(step)?.policies ?? []),
    ];

    const enrolment = JSON.stringify(enrolmentFileOf(props.users), undefined, 2);
    const logGroups: ILogGroup[] = [];
    this.logGroups = logGroups;
    const functionOf = (step: StepName): lambda.IFunction => {
      const role = roles.get(step) as ServiceRole;
      acknowledgeWildcards(role, step, props);
      const made = addFunction(
        this,
        {
          folder: step,
          description: descriptionOf(step),
          role,
          grants: without(shareOf(step)?.lists ?? [], grantsOf(step, props)),
          shared: sharedPoliciesOf(step),
          timeoutSeconds: FUNCTION_TIMEOUT_SECONDS,
          deployment: props.deployment,
          files: READS_ENROLMENT[step] ? { [ENROLMENT_FILE]: enrolment } : {},
          environment: {
            RUNBOOK_URL: props.runbookUrl,
            ...(STEP_PERMISSIONS[step].auditTrail !== undefined && { CLOUDTRAIL_REGION: trailRegion }),
            ...(ASKS_WHO_CREATED.includes(step) && creator),
          },
        },
        stepPlaceholder(step),
      );
      logGroups.push(made.logGroup);
      return made.function;
    };

    this.functions = Object.fromEntries(STEP_NAMES.map((step) => [step, functionOf(step)])) as Record<
      StepName,
      lambda.IFunction
    >;
  }
}

/**
 * The mark of ownership and no other tag. A request without tags passes ForAllValues, hence Null (IAM User
 * Guide, "Set operators for multivalued context keys").
 */
const ONLY_THE_MARK: readonly Condition[] = [
  { operator: 'ForAllValues:StringEquals', key: 'aws:TagKeys', values: [OWNERSHIP_TAG] },
  { operator: 'Null', key: 'aws:TagKeys', values: ['false'] },
];

/**
 * Service Authorization Reference, Secrets Manager: a request says which version it wants, by its ID or by a
 * label. Requests that read no value say neither, so these conditions let them through, and can be in one
 * statement with reading.
 */
const READS: Readonly<Record<Exclude<Reads, 'none' | 'intents'>, readonly Condition[]>> = {
  current: [
    { operator: 'StringEqualsIfExists', key: 'secretsmanager:VersionStage', values: [LABELS.current] },
    { operator: 'Null', key: 'secretsmanager:VersionId', values: ['true'] },
  ],
  any: [],
};

const secretGrants = (
  { secrets: actions, reads }: StepPermissions,
  resources: readonly string[],
): readonly Grant[] => {
  const read = 'secretsmanager:GetSecretValue';
  if (reads === 'none') return [{ actions, resources }];
  if (reads !== 'intents') return [{ actions: [...actions, read], resources, conditions: READS[reads] }];
  // A request that names no version reads AWSCURRENT.
  const conditions = [
    { operator: 'StringLike', key: 'secretsmanager:VersionId', values: [`${INTENT_PREFIX}*`] },
  ];
  return [
    { actions, resources },
    { actions: [read], resources, conditions },
  ];
};

/** What the step's row of the permission table says of users, secrets, alarms and validators: long lists for a hundred users. */
const listsOf = (step: StepName, { users }: RotationStepsProps): readonly Grant[] => {
  const permissions = STEP_PERMISSIONS[step];
  const secrets = users.map((user) => secretArn(user.secretId));
  const alarms = [...new Set(users.flatMap((user) => user.healthAlarms))];
  // The call that looks for a function accepts no alias or version.
  const validators = new Set(
    users.flatMap(({ validator }) => (validator ? withoutQualifier(validator) : [])),
  );
  return [
    { actions: permissions.healthAlarms ?? [], resources: alarms.map(alarmArn) },
    { actions: permissions.validators ?? [], resources: [...validators] },
    { actions: permissions.users, resources: users.map(userArn) },
    {
      actions: permissions.ownershipTag ?? [],
      resources: users.filter(({ ownershipMark }) => ownershipMark === 'on').map(userArn),
      conditions: ONLY_THE_MARK,
    },
    ...secretGrants(permissions, secrets),
  ].filter(({ actions }) => actions.length > 0);
};

/** The whole row, for this stack's users, secrets, executions, alarms and validators. */
const grantsOf = (step: StepName, props: RotationStepsProps): readonly Grant[] => {
  const {
    executions,
    stateMachine = [],
    declarations = [],
    auditTrail = [],
    account = [],
  } = STEP_PERMISSIONS[step];
  const { stateMachineName } = props;
  return [
    { actions: executions, resources: [executionsArn(stateMachineName)] },
    // By its name: the state machine calls the functions, so it cannot be made before them.
    { actions: stateMachine, resources: [stateMachineArn(stateMachineName)] },
    { actions: declarations, resources: [executionsArn(emergencyMachineName(stateMachineName))] },
    { actions: auditTrail, resources: ['*'] },
    { actions: account, resources: [ownAccountArn()] },
    ...listsOf(step, props),
  ].filter(({ actions }) => actions.length > 0);
};

/** Steps with long lists in common, by what those are for. A step has one share. */
const SHARING_STEPS: Readonly<Record<string, readonly StepName[]>> = {
  Watching: ['confirm-adoption', 'deactivate-access-key', 'confirm-health'],
  Versions: ['create-access-key', 'reactivate-access-key'],
  Values: ['publish-access-key', 'delete-access-key'],
};

/** Grants that are not among others. */
const without = (others: readonly Grant[], grants: readonly Grant[]): readonly Grant[] => {
  const texts = new Set(others.map((grant) => JSON.stringify(grant)));
  return grants.filter((grant) => !texts.has(JSON.stringify(grant)));
};

/** The lists that each of these steps has. */
const commonLists = (steps: readonly StepName[], props: RotationStepsProps): readonly Grant[] => {
  const [first = [], ...others] = steps.map((step) => listsOf(step, props));
  return others.reduce((common, lists) => without(without(lists, common), common), first);
};

const acknowledgeWildcards = (
  role: ServiceRole,
  step: StepName,
  { users, stateMachineName }: RotationStepsProps,
): void => {
  const { auditTrail, declarations, users: actions } = STEP_PERMISSIONS[step];
  if (actions.length > 0) {
    for (const user of users.filter(({ path }) => path !== '/')) {
      acknowledgeWildcard(role, userArn(user), PATH_REASON);
    }
  }
  acknowledgeWildcard(
    role,
    executionsArn(stateMachineName),
    'The executions of this state machine, whose names are not known beforehand. The actions only read, or stop a rotation so that an emergency or a rollback can take it over.',
  );
  if (declarations !== undefined) {
    acknowledgeWildcard(
      role,
      executionsArn(emergencyMachineName(stateMachineName)),
      'The executions in which emergencies are declared, whose names are not known beforehand. The action only reads.',
    );
  }
  if (auditTrail !== undefined) {
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'cloudtrail:LookupEvents knows no resources. It only reads: this step looks up creations of access keys, or what a leaked key did.',
    });
  }
};
