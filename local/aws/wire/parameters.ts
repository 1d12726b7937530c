import { notModelled, ServiceError } from '../errors';

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
  | (Constraints & { readonly type: 'boolean' })
  | (Constraints & { readonly type: 'timestamp' })
  | (Constraints & { readonly type: 'strings'; readonly min?: number; readonly max?: number })
  | (Constraints & { readonly type: 'structures'; readonly members: Parameters });

/** The parameters of an operation by name. Any other is refused. */
export type Parameters = Readonly<Record<string, Parameter>>;

type ValueOf<P extends Parameter> = P extends { readonly type: 'integer' }
  ? number
  : P extends { readonly type: 'boolean' }
    ? boolean
    : P extends { readonly type: 'timestamp' }
      ? Date
      : P extends { readonly type: 'strings' }
        ? readonly string[]
        : P extends { readonly type: 'structures'; readonly members: infer M extends Parameters }
          ? ReadonlyArray<InputOf<M>>
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
 * Gives the parameters of a call their types and checks the constraints. Messages name the parameter, never its
 * value, which may be a secret.
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

const parseValue = (
  operation: string,
  name: string,
  parameter: Parameter,
  value: unknown,
  invalid: InvalidParameter,
): unknown => {
  const wrongType = () => new ServiceError('SerializationException', `'${name}' has the wrong type`, 400);
  const broken = (constraint: string) =>
    invalid(`Value at '${name}' failed to satisfy constraint: Member must ${constraint}`);
  const checkRange = (size: number, what: string, { min, max }: { min?: number; max?: number }) => {
    if (min !== undefined && size < min) {
      throw broken(`have ${what} greater than or equal to ${min}`);
    }
    if (max !== undefined && size > max) {
      throw broken(`have ${what} less than or equal to ${max}`);
    }
  };
  switch (parameter.type) {
    case 'string': {
      if (typeof value !== 'string') {
        throw wrongType();
      }
      checkRange(value.length, 'length', parameter);
      if (parameter.pattern !== undefined && !parameter.pattern.test(value)) {
        throw broken(`satisfy regular expression pattern: ${parameter.pattern.source}`);
      }
      if (parameter.oneOf !== undefined && !parameter.oneOf.includes(value)) {
        throw broken(`satisfy enum value set: [${parameter.oneOf.join(', ')}]`);
      }
      return value;
    }
    case 'integer': {
      // The Query protocol sends text.
      const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
      if (!Number.isInteger(number)) {
        throw wrongType();
      }
      checkRange(Number(number), 'value', parameter);
      return number;
    }
    case 'boolean':
      if (typeof value !== 'boolean') {
        throw wrongType();
      }
      return value;
    case 'timestamp':
      if (typeof value !== 'number') {
        throw wrongType();
      }
      return new Date(Math.round(value * 1000));
    case 'strings': {
      if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
        throw wrongType();
      }
      checkRange(value.length, 'length', parameter);
      return value;
    }
    case 'structures': {
      if (!Array.isArray(value)) {
        throw wrongType();
      }
      return value.map((item: unknown) => {
        if (typeof item !== 'object' || item === null) {
          throw wrongType();
        }
        const members = item as Record<string, unknown>;
        return parseInput(operation, parameter.members, members, invalid);
      });
    }
  }
};
