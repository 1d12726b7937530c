/** A resource of a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** A CloudFormation template, as far as it is read here. */
export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
}

/** Where a stack is deployed. */
export interface StackEnvironment {
  readonly stackName: string;
  readonly accountId: string;
  readonly region: string;
}

/** How references name a resource once it is deployed. */
export interface PhysicalResource {
  readonly ref: string;
  /** Attributes for `Fn::GetAtt`. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The template has something that is not modelled here. */
export class TemplateRefused extends Error {
  override readonly name = 'TemplateRefused';
}

const PARTITION = 'aws';

/**
 * Names and ARNs of the resources that others refer to. A name that the template does not give is made from
 * the logical ID, so it never changes.
 */
const physicalResource = (
  logicalId: string,
  { Type, Properties = {} }: TemplateResource,
  { accountId, region }: StackEnvironment,
  textOf: (value: unknown, what: string) => string,
): PhysicalResource => {
  const arn = (service: string, resource: string, where = region) =>
    `arn:${PARTITION}:${service}:${where}:${accountId}:${resource}`;
  const named = (property: string): string =>
    Properties[property] === undefined
      ? logicalId
      : textOf(Properties[property], `${logicalId}: ${property}`);
  switch (Type) {
    case 'AWS::IAM::Role': {
      const name = named('RoleName');
      const { Path = '/' } = Properties;
      if (typeof Path !== 'string') throw new TemplateRefused(`${logicalId}: its path is not text`);
      return { ref: name, attributes: { Arn: arn('iam', `role${Path}${name}`, '') } };
    }
    case 'AWS::IAM::ManagedPolicy': {
      const path = Properties.Path === undefined ? '/' : textOf(Properties.Path, `${logicalId}: Path`);
      return { ref: arn('iam', `policy${path}${named('ManagedPolicyName')}`, ''), attributes: {} };
    }
    case 'AWS::Lambda::Function': {
      const name = named('FunctionName');
      return { ref: name, attributes: { Arn: arn('lambda', `function:${name}`) } };
    }
    case 'AWS::SNS::Topic': {
      const name = named('TopicName');
      return { ref: arn('sns', name), attributes: { TopicName: name, TopicArn: arn('sns', name) } };
    }
    case 'AWS::SQS::Queue': {
      const name = named('QueueName');
      return { ref: name, attributes: { Arn: arn('sqs', name), QueueName: name } };
    }
    case 'AWS::Logs::LogGroup': {
      const name = named('LogGroupName');
      return { ref: name, attributes: { Arn: arn('logs', `log-group:${name}:*`) } };
    }
    case 'AWS::CloudWatch::Alarm': {
      const name = named('AlarmName');
      return { ref: name, attributes: { Arn: arn('cloudwatch', `alarm:${name}`) } };
    }
    case 'AWS::Scheduler::ScheduleGroup': {
      const name = named('Name');
      return { ref: name, attributes: { Arn: arn('scheduler', `schedule-group/${name}`) } };
    }
    case 'AWS::Events::Rule': {
      const name = named('Name');
      const { EventBusName: bus } = Properties;
      // CloudFormation User Guide, AWS::Events::Rule: on another bus than the default one, the bus stands before the name.
      return typeof bus === 'string'
        ? { ref: `${bus}|${name}`, attributes: { Arn: arn('events', `rule/${bus}/${name}`) } }
        : { ref: name, attributes: { Arn: arn('events', `rule/${name}`) } };
    }
    case 'AWS::StepFunctions::StateMachine': {
      const name = named('StateMachineName');
      return {
        ref: arn('states', `stateMachine:${name}`),
        attributes: { Name: name, Arn: arn('states', `stateMachine:${name}`) },
      };
    }
    default:
      throw new TemplateRefused(`${logicalId}: references to ${Type} are not modelled`);
  }
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Resolves the intrinsic functions that occur in a template. Others are refused. */
export class TemplateResolver {
  constructor(
    private readonly template: Template,
    private readonly environment: StackEnvironment,
  ) {}

  /** A value with every intrinsic function evaluated. */
  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item));
    if (!isObject(value)) return value;
    const [name, ...others] = Object.keys(value);
    if (name === 'Ref' || name?.startsWith('Fn::')) {
      if (others.length > 0) throw new TemplateRefused(`${name} stands beside ${others.join(', ')}`);
      return this.#intrinsic(name, value[name]);
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.resolve(inner)]));
  }

  /** A value that must be text once it is resolved. */
  text(value: unknown, what: string): string {
    const resolved = this.resolve(value);
    if (typeof resolved !== 'string') throw new TemplateRefused(`${what} is not text`);
    return resolved;
  }

  physical(logicalId: string): PhysicalResource {
    const resource = this.template.Resources[logicalId];
    if (resource === undefined) throw new TemplateRefused(`there is no resource ${logicalId}`);
    return physicalResource(logicalId, resource, this.environment, this.text.bind(this));
  }

  #intrinsic(name: string, argument: unknown): unknown {
    switch (name) {
      case 'Ref':
        return this.#ref(String(argument));
      case 'Fn::GetAtt': {
        const [logicalId = '', attribute = ''] = argument as readonly string[];
        return this.#attribute(logicalId, attribute);
      }
      case 'Fn::Join': {
        const [separator = '', parts] = argument as readonly [string, unknown];
        return this.#texts(parts, name).join(separator);
      }
      case 'Fn::Sub':
        if (typeof argument !== 'string') throw new TemplateRefused('Fn::Sub with variables is not modelled');
        return argument.replace(/\$\{([^}!]+)\}/g, (_match, reference: string) => {
          const [logicalId = '', attribute] = reference.includes('::') ? [reference] : reference.split('.');
          return attribute === undefined ? this.#ref(logicalId) : this.#attribute(logicalId, attribute);
        });
      case 'Fn::Select': {
        const [index, list] = argument as readonly [number | string, unknown];
        return this.#texts(list, name)[Number(index)];
      }
      case 'Fn::Split': {
        const [separator = '', text] = argument as readonly [string, unknown];
        return this.text(text, name).split(separator);
      }
      case 'Fn::FindInMap': {
        const [map = '', first = '', second = ''] = this.#texts(argument, name);
        const found = this.template.Mappings?.[map]?.[first]?.[second];
        if (found === undefined) throw new TemplateRefused(`the mapping ${map} has no ${first}.${second}`);
        return found;
      }
      default:
        throw new TemplateRefused(`the intrinsic function ${name} is not modelled`);
    }
  }

  #texts(value: unknown, what: string): readonly string[] {
    const resolved = this.resolve(value);
    if (!Array.isArray(resolved)) throw new TemplateRefused(`${what} has no list`);
    return resolved.map((item) => this.text(item, what));
  }

  #ref(name: string): string {
    const { stackName, accountId, region } = this.environment;
    const pseudoParameters: Readonly<Record<string, string>> = {
      'AWS::Partition': PARTITION,
      'AWS::AccountId': accountId,
      'AWS::Region': region,
      'AWS::StackName': stackName,
      'AWS::StackId': `arn:${PARTITION}:cloudformation:${region}:${accountId}:stack/${stackName}/00000000-0000-4000-8000-000000000000`,
      'AWS::URLSuffix': 'amazonaws.com',
    };
    return pseudoParameters[name] ?? this.physical(name).ref;
  }

  #attribute(logicalId: string, attribute: string): string {
    const found = this.physical(logicalId).attributes[attribute];
    if (found === undefined) throw new TemplateRefused(`${logicalId} has no known attribute ${attribute}`);
    return found;
  }
}
