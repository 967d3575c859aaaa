import * as v from 'valibot';
import { RerankError } from '../core/errors.ts';

/** One package that is part of the app. */
export interface ListedPackage {
  readonly name: string;
  readonly version: string;
  /** As the package names it: `MIT`. */
  readonly licence: string;
  /** The whole licence, with its copyright line. */
  readonly text: string;
}

/** Packages in the app and in its workers, as the build lists them in `licences.json`. */
export interface LicenceList {
  readonly version: 1;
  /** Version of the app that it was made with. */
  readonly app: string;
  readonly packages: readonly ListedPackage[];
}

/**
 * Reads `licences.json`.
 * @throws RerankError `file-unreadable`: not what the build writes
 */
export function parseLicenceList(json: string): LicenceList {
  try {
    return v.parse(listSchema, JSON.parse(json));
  } catch (error) {
    throw new RerankError(
      'file-unreadable',
      'licences.json is not the list that the build writes. Reload the page.',
      { cause: error },
    );
  }
}

const listSchema: v.GenericSchema<unknown, LicenceList> = v.object({
  version: v.literal(1),
  app: v.pipe(v.string(), v.maxLength(100)),
  packages: v.pipe(
    v.array(
      v.object({
        name: v.pipe(v.string(), v.maxLength(214)),
        version: v.pipe(v.string(), v.maxLength(200)),
        licence: v.pipe(v.string(), v.maxLength(200)),
        text: v.pipe(v.string(), v.maxLength(500_000)),
      }),
    ),
    v.maxLength(1000),
  ),
});
