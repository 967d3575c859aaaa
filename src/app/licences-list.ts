import { RerankError } from '../core/errors.ts';
import { type ListedPackage, parseLicenceList } from '../io/licence-list.ts';
import { embeddedModel } from '../models/embedded-model.ts';

/**
 * The packages that the app is built from, and the card of its model, both from this site.
 * @throws RerankError `download-failed`, or `file-unreadable` where something else was answered
 */
export async function readLicences(): Promise<{
  readonly packages: readonly ListedPackage[];
  /** Markdown; null where the site was copied without it, or it is not here while offline. */
  readonly modelCard: string | null;
}> {
  const [list, modelCard] = await Promise.all([
    textAt('licences.json'),
    textAt(`models/${embeddedModel.id}/README.md`).catch(() => null),
  ]);
  return { packages: parseLicenceList(list).packages, modelCard };
}

async function textAt(path: string): Promise<string> {
  try {
    const response = await fetch(`${import.meta.env.BASE_URL}${path}`);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return await response.text();
  } catch (error) {
    throw new RerankError(
      'download-failed',
      `${path} could not be fetched (${String(error)}). Check the connection and try again.`,
      { cause: error },
    );
  }
}
