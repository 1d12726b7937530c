import { join } from 'node:path';
import type { Cleanup } from './cleanup';
import { type Server, startServer } from './processes';
import { type PythonEnvironment, plainEnvironment } from './python';

const NODE_MODULES = join(__dirname, '..', '..', '..', 'node_modules');

/** The options for starting an emulator. */
export interface EmulatorOptions {
  readonly python: PythonEnvironment;
  /** A directory for everything that the emulator writes. */
  readonly scratch: string;
  readonly cleanup: Cleanup;
  /** Settings of the emulator besides the fixed ones. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** ministack accepts these as the credentials of the account's root user. */
export const MINISTACK_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

/** The account that ministack serves by default. */
export const MINISTACK_ACCOUNT = '000000000000';

/**
 * Starts ministack on loopback, without the listeners that it opens besides its gateway.
 *
 * @param script - A Python script that starts ministack, instead of its own program.
 */
export const startMinistack = (
  { python, scratch, cleanup, settings }: EmulatorOptions,
  script?: string,
): Promise<Server> =>
  startServer(
    (port) => ({
      command: python.program(script === undefined ? 'ministack' : 'python'),
      args: script === undefined ? [] : [script],
      logFile: join(scratch, 'ministack.log'),
      cwd: scratch,
      env: {
        ...plainEnvironment(scratch),
        BIND_HOST: '127.0.0.1',
        GATEWAY_PORT: String(port),
        IOT_MTLS_ENABLED: '0',
        S3_DATA_DIR: join(scratch, 's3'),
        STATE_DIR: join(scratch, 'state'),
        // Lambda's Node.js runtimes bring the AWS SDK, which the CDK's custom resources import. ministack's do not.
        NODE_PATH: NODE_MODULES,
        ...settings,
      },
    }),
    cleanup,
  );

/** Starts moto's server on loopback. */
export const startMoto = ({ python, scratch, cleanup, settings }: EmulatorOptions): Promise<Server> =>
  startServer(
    (port) => ({
      command: python.program('moto_server'),
      args: ['-H', '127.0.0.1', '-p', String(port)],
      logFile: join(scratch, 'moto.log'),
      cwd: scratch,
      env: { ...plainEnvironment(scratch), ...settings },
    }),
    cleanup,
  );
