import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin, Rolldown } from 'vite';
import { licencesOf, packageNameOf } from './package-licences.ts';

/** Plugins that list the packages of one build; they share what they saw. */
export interface BundledLicences {
  /** For the page: writes `licences.json`, and names the app's version to it. */
  readonly page: Plugin;
  /** For each kind of worker: their packages belong to the list, too. */
  readonly collector: () => Plugin;
}

/** Where the list is, from the root of the build. */
const listName = 'licences.json';

/**
 * Lists every package that is in the page or in one of its workers, with its licence. A package
 * without a text, or under a licence that asks for more than a notice, ends the build.
 */
export function bundledLicences(): BundledLicences {
  const names = new Set<string>();
  const collect = (bundle: Rolldown.OutputBundle): void => {
    for (const output of Object.values(bundle)) {
      for (const id of output.type === 'chunk' ? output.moduleIds : []) {
        const name = packageNameOf(id);
        if (name !== null) names.add(name);
      }
    }
  };
  let root = process.cwd();
  const listOf = (packages: Iterable<string>): string => {
    const { version } = readPackage(root);
    const packagesWithTexts = licencesOf(packages, join(root, 'node_modules'));
    return JSON.stringify({ version: 1, app: version, packages: packagesWithTexts });
  };
  return {
    page: {
      name: 'crossrank:licences',
      config: (config) => ({
        define: {
          'import.meta.env.VITE_APP_VERSION': JSON.stringify(
            readPackage(config.root ?? process.cwd()).version,
          ),
        },
      }),
      configResolved: (config) => {
        root = config.root;
      },
      configureServer: ({ middlewares, config }) => {
        // Nothing is bundled here: the list is of what the project names.
        middlewares.use(`${config.base}${listName}`, (_request, response) => {
          const dependencies = Object.keys(readPackage(root).dependencies);
          response.setHeader('Content-Type', 'application/json');
          response.end(listOf(dependencies));
        });
      },
      generateBundle: {
        // Workers are bundled while the page's modules are: they are all known by now.
        order: 'post',
        handler(_options, bundle) {
          collect(bundle);
          this.emitFile({ type: 'asset', fileName: listName, source: listOf(names) });
        },
      },
    },
    collector: () => ({
      name: 'crossrank:worker-licences',
      generateBundle: (_options, bundle) => collect(bundle),
    }),
  };
}

function readPackage(root: string): {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
} {
  // The project's own file: npm refuses to run without these fields.
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as ReturnType<
    typeof readPackage
  >;
}
