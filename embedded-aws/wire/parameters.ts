import { notModelled, ServiceError } from '../ground/errors';

interface Constraints {
  readonly required?: boolean;
}

/** A parameter of a modelled operation, with the constraints of its API page. */
type Parameter =
  | (Constraints & {
      readonly type: 'string';
      readonly min?: number;
      readonly max?: number;
      readonly pattern?: RegExp;
      readonly oneOf?: readonly string[];
    })
  | (Constraints & { readonly type: 'integer'; readonly min?: number; readonly max?: number })
  | (Constraints & { readonly type: 'number' })
  | (Constraints & { readonly type: 'boolean' })
  | (Constraints & { readonly type: 'timestamp' })
  | (Constraints & { readonly type: 'strings'; readonly min?: number; readonly max?: number })
  | (Constraints & { readonly type: 'structure'; readonly members: Parameters })
  | (Constraints & { readonly type: 'structures'; readonly members: Parameters })
  /** Structures by name. */
  | (Constraints & { readonly type: 'map'; readonly members: Parameters });

/** The parameters of an operation by name. Any other parameter is refused. */
export type Parameters = Readonly<Record<string, Parameter>>;

type ValueOf<P extends Parameter> = P extends { readonly type: 'integer' | 'number' }
  ? number
  : P extends { readonly type: 'boolean' }
    ? boolean
    : P extends { readonly type: 'timestamp' }
      ? Date
      : P extends { readonly type: 'strings' }
        ? readonly string[]
        : P extends { readonly type: 'structure'; readonly members: infer M extends Parameters }
          ? InputOf<M>
          : P extends { readonly type: 'structures'; readonly members: infer M extends Parameters }
            ? ReadonlyArray<InputOf<M>>
            : P extends { readonly type: 'map'; readonly members: infer M extends Parameters }
              ? Readonly<Record<string, InputOf<M>>>
              : string;

/** The input of an operation with these parameters. */
export type InputOf<P extends Parameters> = {
  readonly [N in keyof P as P[N] extends { readonly required: true } ? N : never]: ValueOf<P[N]>;
} & {
  readonly [N in keyof P as P[N] extends { readonly required: true } ? never : N]?: ValueOf<P[N]> | undefined;
};

/** How a service names the error of a parameter that breaks its constraints. */
export type InvalidParameter = (message: string) => ServiceError;

/**
 * Gives the parameters of a call their types and checks the constraints. Messages name the parameter, never
 * its value, which may be a secret.
 */
export const parseInput = (
  operation: string,
  parameters: Parameters,
  sent: Readonly<Record<string, unknown>>,
  invalid: InvalidParameter,
): Record<string, unknown> => {
  const input: Record<string, unknown> = {};
  for (const name of Object.keys(sent)) {
    if (!Object.hasOwn(parameters, name)) {
      throw notModelled(`the parameter ${name} of ${operation}`);
    }
  }
  for (const [name, parameter] of Object.entries(parameters)) {
    const value = sent[name];
    if (value !== undefined && value !== null) {
      input[name] = parseValue(operation, name, parameter, value, invalid);
    } else if (parameter.required === true) {
      throw invalid(`Value at '${name}' failed to satisfy constraint: Member must not be null`);
    }
  }
  return input;
};

const wrongType = (name: string): ServiceError =>
  new ServiceError('SerializationException', `'${name}' has the wrong type`, 400);

/** What is needed to say what is wrong with a value. */
interface Complaint {
  readonly name: string;
  readonly invalid: InvalidParameter;
}

const broken = ({ name, invalid }: Complaint, constraint: string): ServiceError =>
  invalid(`Value at '${name}' failed to satisfy constraint: Member must ${constraint}`);

const checkRange = (
  size: number,
  what: string,
  { min, max }: { readonly min?: number; readonly max?: number },
  complaint: Complaint,
): void => {
  if (min !== undefined && size < min)
    throw broken(complaint, `have ${what} greater than or equal to ${min}`);
  if (max !== undefined && size > max) throw broken(complaint, `have ${what} less than or equal to ${max}`);
};

const parseString = (
  parameter: Extract<Parameter, { type: 'string' }>,
  value: unknown,
  complaint: Complaint,
): string => {
  if (typeof value !== 'string') throw wrongType(complaint.name);
  checkRange(value.length, 'length', parameter, complaint);
  if (parameter.pattern !== undefined && !parameter.pattern.test(value)) {
    throw broken(complaint, `satisfy regular expression pattern: ${parameter.pattern.source}`);
  }
  if (parameter.oneOf !== undefined && !parameter.oneOf.includes(value)) {
    throw broken(complaint, `satisfy enum value set: [${parameter.oneOf.join(', ')}]`);
  }
  return value;
};

const parseInteger = (
  parameter: Extract<Parameter, { type: 'integer' }>,
  value: unknown,
  complaint: Complaint,
): number => {
  // The Query protocol sends text.
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) throw wrongType(complaint.name);
  checkRange(number, 'value', parameter, complaint);
  return number;
};

const parseValue = (
  operation: string,
  name: string,
  parameter: Parameter,
  value: unknown,
  invalid: InvalidParameter,
): unknown => {
  const complaint = { name, invalid };
  switch (parameter.type) {
    case 'string':
      return parseString(parameter, value, complaint);
    case 'integer':
      return parseInteger(parameter, value, complaint);
    case 'number':
      if (typeof value !== 'number') throw wrongType(name);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw wrongType(name);
      return value;
    case 'timestamp':
      if (typeof value !== 'number') throw wrongType(name);
      return new Date(Math.round(value * 1000));
    case 'strings':
      if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) throw wrongType(name);
      checkRange(value.length, 'length', parameter, complaint);
      return value;
    case 'structure':
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(name);
      return parseInput(operation, parameter.members, value as Record<string, unknown>, invalid);
    case 'structures':
      if (!Array.isArray(value)) throw wrongType(name);
      return value.map((item: unknown) => {
        if (typeof item !== 'object' || item === null) throw wrongType(name);
        return parseInput(operation, parameter.members, item as Record<string, unknown>, invalid);
      });
    case 'map':
      if (typeof value !== 'object' || value === null) throw wrongType(name);
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => {
          if (typeof item !== 'object' || item === null) throw wrongType(name);
          return [key, parseInput(operation, parameter.members, item as Record<string, unknown>, invalid)];
        }),
      );
  }
};
