import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cleanup } from './cleanup';
import { makePython } from './python';

const { PYTHON } = process.env;
const scratch = mkdtempSync(join(tmpdir(), 'python-test-'));

afterAll(() => {
  rmSync(scratch, { recursive: true });
  process.env.PYTHON = PYTHON;
  if (PYTHON === undefined) delete process.env.PYTHON;
});

const make = () => makePython(join(scratch, 'environment'), scratch, new Cleanup());

/** A program that answers like an interpreter, to matching questions; to any other it fails with a reason. */
const interpreter = (file: string, answers: string): void => {
  writeFileSync(
    file,
    `#!/bin/sh\ncase "$*" in ${answers}) exit 0;; esac\necho 'no such thing' >&2; exit 1\n`,
  );
  chmodSync(file, 0o755);
};

describe('the Python environment of the emulators', () => {
  it('says in one sentence that there is no Python', async () => {
    process.env.PYTHON = join(scratch, 'no-python');
    await expect(make()).rejects.toThrow(
      /^The emulators need Python 3\.11 or later with its venv module, as "python3" or named by the variable PYTHON: .+ENOENT\.$/,
    );
  });

  it('says in one sentence that Python is too old, or has no venv', async () => {
    process.env.PYTHON = join(scratch, 'old-python');
    interpreter(process.env.PYTHON, '"nothing"');
    await expect(make()).rejects.toThrow(/^The emulators need Python 3\.11 or later .+: no such thing\.$/);
  });

  it('says in one sentence that there is no package index', async () => {
    process.env.PYTHON = join(scratch, 'new-python');
    interpreter(process.env.PYTHON, '-c*|"-m venv"*');
    mkdirSync(join(scratch, 'environment', 'bin'), { recursive: true });
    interpreter(join(scratch, 'environment', 'bin', 'python'), '"nothing"');
    await expect(make()).rejects.toThrow(
      /^The emulators could not be installed with pip from the Python package index: no such thing\.$/,
    );
  });
});
