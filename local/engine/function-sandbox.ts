import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { format } from 'node:util';
import { Script } from 'node:vm';
import type { FunctionEnvironment, Gate } from './lambda-service';

/** A line that a function has logged. */
export interface LogRecord {
  readonly at: Date;
  readonly functionName: string;
  readonly level: string;
  /** The JSON object that was logged, or the text. */
  readonly message: unknown;
}

/** The options of {@link startSandbox}. */
export interface SandboxOptions {
  readonly functionName: string;
  /** The directory of the bundle. */
  readonly directory: string;
  /** As in the template: `index.handler`. */
  readonly handler: string;
  /** All environment variables that the function sees. */
  readonly environment: Readonly<Record<string, string>>;
  readonly gate: Gate;
  readonly onLog: (record: LogRecord) => void;
}

const LOG_LEVELS = ['debug', 'log', 'info', 'warn', 'error'] as const;

/** A log line as Lambda's JSON format keeps it: an object stays one. */
export const logMessage = (args: readonly unknown[]): unknown => {
  const [only] = args;
  return args.length === 1 && typeof only === 'object' && only !== null && !(only instanceof Error)
    ? (JSON.parse(JSON.stringify(only)) as unknown)
    : format(...args);
};

/**
 * The module that a bundle gets for `http` or `https`: after a function was cut off, it sends nothing more.
 */
const gated = <M extends typeof http | typeof https>(module: M, gate: Gate): M => {
  const request = (...args: Parameters<typeof http.request>) => {
    if (!gate.admit()) throw new Error('This execution environment has been shut down.');
    return module.request(...args);
  };
  return { ...module, request };
};

/**
 * The SDK imports `node:http` when it needs it. Code that was compiled by itself cannot import, without a
 * flag.
 */
const withoutDynamicImport = (code: string): string => code.replace(/\bimport\((?=["'])/g, 'sandboxImport(');

/** Bundles that have been compiled: each is started anew for each execution environment, and many a world has the same. */
const scripts = new Map<string, Script>();

/** The code of a bundle as a function of what it finds around it. */
const compiled = (code: string, moduleName: string, parameters: readonly string[]) => {
  const head = `(function (${parameters.join(', ')}) {`;
  const wrapped = `${head}${withoutDynamicImport(code)}\n})`;
  const script =
    scripts.get(wrapped) ??
    // Under Lambda's path and in its places, so that stack traces look as in AWS and name no directory of this machine.
    new Script(wrapped, { filename: `/var/task/${moduleName}.js`, columnOffset: -head.length });
  scripts.set(wrapped, script);
  return script.runInThisContext() as (...values: readonly unknown[]) => void;
};

/**
 * Loads a bundled handler as Lambda does: as a module of its own that sees its own environment variables and
 * console, and only Node.js around it. Time is the virtual clock's, which must be installed.
 *
 * @example
 * ```ts
 * const environment = startSandbox({ functionName: 'plan', directory, handler: 'index.handler', ... });
 * await environment.invoke({ execution, state });
 * ```
 */
export const startSandbox = (options: SandboxOptions): FunctionEnvironment => {
  const { functionName, directory, handler, environment, gate, onLog } = options;
  const [moduleName = '', exportName = ''] = handler.split('.');
  const file = join(directory, `${moduleName}.js`);

  const sandboxProcess: unknown = Object.create(process, { env: { value: { ...environment } } });
  const sandboxConsole = Object.fromEntries(
    LOG_LEVELS.map((level) => [
      level,
      (...args: unknown[]) => {
        if (!gate.closed) onLog({ at: new Date(), functionName, level, message: logMessage(args) });
      },
    ]),
  );
  const requireBuiltin = createRequire(file);
  const gatedModules: Readonly<Record<string, unknown>> = {
    http: gated(http, gate),
    https: gated(https, gate),
    process: sandboxProcess,
  };
  const sandboxRequire = (id: string): unknown => {
    if (!isBuiltin(id)) {
      throw new Error(
        `The bundle of ${functionName} asks for ${id}; in Lambda there is nothing but the bundle.`,
      );
    }
    const name = id.replace(/^node:/, '');
    return gatedModules[name] ?? requireBuiltin(id);
  };

  const sandboxImport = async (id: string): Promise<unknown> => {
    const imported = sandboxRequire(id) as object;
    return { ...imported, default: imported };
  };

  const module: { exports: Record<string, unknown> } = { exports: {} };
  const parameters = {
    module,
    exports: module.exports,
    require: sandboxRequire,
    sandboxImport,
    __filename: file,
    __dirname: directory,
    process: sandboxProcess,
    console: sandboxConsole,
    // Passed in rather than left to the global object, so that they are the virtual clock's in every realm.
    Date,
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
  };
  const load = compiled(readFileSync(file, 'utf8'), moduleName, Object.keys(parameters));
  load(...Object.values(parameters));

  const exported = module.exports[exportName];
  if (typeof exported !== 'function') {
    throw new Error(`The bundle of ${functionName} exports no function ${exportName}.`);
  }
  return { invoke: async (event) => (exported as (event: unknown) => unknown)(event) };
};
