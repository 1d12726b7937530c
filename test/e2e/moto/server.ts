import { join } from 'node:path';
import type { EmulatorOptions } from '../support/emulators';
import { type Server, startServer } from '../support/processes';
import { plainEnvironment } from '../support/python';

const SHIM = join(__dirname, '..', 'python', 'moto_shim.py');

/** Starts moto's server on loopback, with the shims of moto_shim.py. */
export const startShimmedMoto = (
  name: string,
  { python, scratch, cleanup }: Omit<EmulatorOptions, 'settings'>,
): Promise<Server> =>
  startServer(
    (port) => ({
      command: python.program('python'),
      args: [SHIM, '-H', '127.0.0.1', '-p', String(port)],
      logFile: join(scratch, `${name}.log`),
      cwd: scratch,
      env: plainEnvironment(scratch),
    }),
    cleanup,
  );
