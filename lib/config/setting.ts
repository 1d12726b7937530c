import { z } from 'zod';

/** A shorter value means nothing. Users who know better can force it. */
interface Least {
  readonly seconds: number;
  /** Why, as it goes on after the value. */
  readonly because: string;
  /** The least that can be forced, in seconds. Default: none at all. */
  readonly forced?: number;
}

/** Everything that is said of a setting: where it is declared, and nowhere else. */
export interface Setting<Schema extends z.ZodType = z.ZodType> {
  /** What is accepted. The message of each of its issues says what is allowed. */
  readonly schema: Schema;
  /** What it is for, for those who write it. */
  readonly meaning: string;
  /** What holds where nothing is said. Default: nothing. */
  readonly builtIn?: z.infer<Schema>;
  /** What holds where nothing is said, in words, where that is no value of its own. Default: nothing. */
  readonly byDefault?: string;
  /** Of a period. */
  readonly least?: Least;
  /** What is refused although its form is right and it is not below `least`, in words. Default: nothing. */
  readonly refused?: string;
  /** What was probably meant by a text that is refused. Default: that is not known. */
  readonly meant?: (given: string) => string | undefined;
}

/** Settings by their names. */
export type Settings = Readonly<Record<string, Setting>>;

/** What a setting comes to: its value, or what is built in, or nothing. */
type ValueOf<S extends Setting> = S extends { readonly builtIn: unknown }
  ? z.infer<S['schema']>
  : z.infer<S['schema']> | undefined;

/** The settings of a user when everything is filled in. */
export type ValuesOf<S extends Settings> = { readonly [Field in keyof S]: ValueOf<S[Field]> };

type Shape<S extends Settings> = { [Field in keyof S]: S[Field]['schema'] };

/** The names of settings. */
export const fieldsOf = <S extends Settings>(settings: S): readonly (keyof S & string)[] =>
  Object.keys(settings);

/** What an editor tells of a setting: its meaning, and what its schema cannot say. */
const descriptionOf = ({ meaning, byDefault, refused }: Setting): string =>
  [
    meaning,
    ...(byDefault === undefined ? [] : [`Default: ${byDefault}.`]),
    ...(refused === undefined ? [] : [`Refused: ${refused}.`]),
  ].join(' ');

/** The schema of settings of which none needs to be made. */
export const schemaOf = <S extends Settings>(settings: S, message: string) =>
  z
    .strictObject(
      Object.fromEntries(
        Object.entries(settings).map(([field, setting]) => [
          field,
          setting.schema.meta({
            description: descriptionOf(setting),
            ...(setting.builtIn !== undefined && { default: setting.builtIn }),
          }),
        ]),
      ) as Shape<S>,
      message,
    )
    .partial();

/** What is built in of settings that each have something built in. */
export const builtInOf = <S extends Readonly<Record<string, Setting & { readonly builtIn: unknown }>>>(
  settings: S,
): { readonly [Field in keyof S]: S[Field]['builtIn'] } =>
  Object.fromEntries(Object.entries(settings).map(([field, { builtIn }]) => [field, builtIn])) as {
    readonly [Field in keyof S]: S[Field]['builtIn'];
  };
