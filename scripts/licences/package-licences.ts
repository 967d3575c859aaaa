import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the page says about one package that is part of it. */
export interface PackageLicence {
  readonly name: string;
  readonly version: string;
  /** As the package names it, an SPDX expression: `MIT`. */
  readonly licence: string;
  /** The whole licence, with its copyright line. */
  readonly text: string;
}

/** Licences under which a package may become part of the page: they ask for a notice, not for more. */
export const permittedLicences: ReadonlySet<string> = new Set([
  'MIT',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
  'Unicode-3.0',
  'Zlib',
  'BlueOak-1.0.0',
  'CC0-1.0',
]);

/** Packages whose published files already hold another package's code. */
const heldInside: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-web': ['onnxruntime-common'],
};

/**
 * The name of the package that a module's path lies in, or null for the app's own modules. Paths
 * of virtual modules and queries such as `?url` are understood.
 */
export function packageNameOf(moduleId: string): string | null {
  if (moduleId.startsWith('\0')) return null;
  const path = moduleId.replaceAll('\\', '/').replace(/[?#].*$/, '');
  const at = path.lastIndexOf('/node_modules/');
  if (at === -1) return null;
  const [scope = '', name = ''] = path.slice(at + '/node_modules/'.length).split('/');
  // Vite's own folder of pre-bundled packages, for one.
  if (scope.startsWith('.')) return null;
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

/**
 * Licences of packages, sorted by name, with those that they hold inside.
 * @param nodeModules the folder that they are installed in
 * @throws Error that names the package whose licence is missing, has no text or is not permitted
 */
export function licencesOf(names: Iterable<string>, nodeModules: string): PackageLicence[] {
  const all = new Set(names);
  for (const name of [...all]) for (const inner of heldInside[name] ?? []) all.add(inner);
  return [...all].toSorted().map((name) => licenceOf(name, nodeModules));
}

function licenceOf(name: string, nodeModules: string): PackageLicence {
  const description = describe(name, nodeModules);
  if (description === null) throw new Error(`${name} is part of the page and not installed.`);
  const { version = '', license: licence = '' } = description;
  if (!permittedLicences.has(licence)) {
    throw new Error(
      `${name} is part of the page under "${licence}", which scripts/licences/package-licences.ts does not permit.`,
    );
  }
  const text = licenceTextOf(name, nodeModules);
  if (text.length < 200) throw new Error(`${name} is part of the page and brings no licence text.`);
  return { name, version, licence, text };
}

/** The package's own file, or one kept here for packages that are published without. */
function licenceTextOf(name: string, nodeModules: string): string {
  const folder = join(nodeModules, name);
  const own = readdirSync(folder).find((file) => /^(licen[cs]e|copying)(\.|$)/i.test(file));
  if (own !== undefined) return readFileSync(join(folder, own), 'utf8').trim();
  if (!name.startsWith('onnxruntime-')) return '';
  const text = readFileSync(new URL('onnxruntime.txt', import.meta.url), 'utf8');
  if (name !== 'onnxruntime-web') return text.trim();
  const compiled = readFileSync(new URL('onnxruntime-wasm.txt', import.meta.url), 'utf8');
  const commit = readFileSync(join(folder, '__commit.txt'), 'utf8').trim();
  return `${text.trimEnd()}${compiled.trimEnd().replace('COMMIT', commit)}`;
}

interface Description {
  readonly version?: string;
  readonly license?: string;
}

function describe(name: string, nodeModules: string): Description | null {
  const file = join(nodeModules, name, 'package.json');
  // npm wrote the file, and checks these fields when it installs.
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Description) : null;
}
