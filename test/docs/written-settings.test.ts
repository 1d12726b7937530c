import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import type { documentSchema } from '../../lib/config/schema';
import type { RotationSettings } from '../../lib/config/written-settings';
import { WRITTEN_SETTINGS_FILE, writtenSettingsText } from '../../tools/docs/written-settings';

test('the types of what is written are as the settings are (else: npx tsx tools/docs/written-settings.ts)', () => {
  expect(readFileSync(join(__dirname, '..', '..', WRITTEN_SETTINGS_FILE), 'utf8')).toBe(
    writtenSettingsText(),
  );
});

/** A word for field names is rewritten before it is read, so what is read could be anything. */
type FieldNames = RotationSettings['users'][number]['fieldNames'];

type Unchanging<T> = T extends readonly (infer Item)[]
  ? readonly Unchanging<Item>[]
  : T extends object
    ? { readonly [Field in keyof T]: Field extends 'fieldNames' ? FieldNames : Unchanging<T[Field]> }
    : T;

type Read = Unchanging<Omit<z.input<typeof documentSchema>, '$schema' | 'stacks' | 'users'>>;
type User = Unchanging<NonNullable<z.input<typeof documentSchema>['users']>[number]>;

/* The compiler is the judge: what is written has the types of what is read, both ways. */
const whatIsRead = (settings: RotationSettings): Read => settings;
const whatIsWritten = (settings: Read): Omit<RotationSettings, 'users'> => settings;
const userRead = (user: RotationSettings['users'][number]): User => user;
const userWritten = (user: User): RotationSettings['users'][number] => user;

test('the types of what is written are those of what is read', () => {
  const settings: RotationSettings = { users: [{ userName: 'alice' }] };
  expect(whatIsWritten(whatIsRead(settings))).toBe(settings);
  expect(settings.users.map((user) => userWritten(userRead(user)))).toEqual(settings.users);
});
