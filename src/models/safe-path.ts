import { RerankError } from '../core/errors.ts';

/** Folders above a file, plus one for its name. */
export const maxPathDepth = 16;

/** Longest name of one file or folder, as UTF-8: what file systems take. */
const maxNameBytes = 255;

/** Names that Windows gives to devices, with any ending (https://learn.microsoft.com/windows/win32/fileio/naming-a-file). */
const deviceName = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/iu;

/**
 * Brings the path of a file from a folder or an archive into one form (`/` between parts, no `.`
 * part, Unicode NFC), or refuses it: a path must stay below its folder and mean the same on every
 * system.
 * @param where What the path is from, for the message, for example `my-model.zip`.
 * @throws RerankError `model-corrupt`, naming the path.
 */
export function checkPath(path: string, where: string): string {
  const refuse = (reason: string): never => {
    throw new RerankError(
      'model-corrupt',
      `${where} holds a file with a path that is not accepted, ${quote(path)}: ${reason}. ` +
        'Rename or remove that file and try again.',
    );
  };
  if (/\p{Cc}|\p{Bidi_Control}|\p{Surrogate}/u.test(path)) refuse('it has a control character');
  if (path.includes('\\')) refuse('it has a backslash');
  if (path.startsWith('/')) refuse('it starts at the root');
  if (/^[a-z]:/iu.test(path)) refuse('it starts with a drive letter');
  const parts = path
    .normalize('NFC')
    .split('/')
    .filter((part) => part !== '.');
  if (parts.length === 0) refuse('it has no name');
  if (parts.length > maxPathDepth) refuse(`it has more than ${maxPathDepth} parts`);
  for (const part of parts) {
    if (part === '') refuse('it has an empty part');
    if (part === '..') refuse('it leads out of its folder');
    if (/[<>:"|?*]/u.test(part)) refuse('it has one of the characters < > : " | ? *');
    if (/[. ]$/u.test(part)) refuse('a part ends in a dot or a blank');
    if (deviceName.test(part)) refuse('Windows keeps that name for a device');
    if (new TextEncoder().encode(part).length > maxNameBytes) {
      refuse(`a part is longer than ${maxNameBytes} bytes`);
    }
  }
  return parts.join('/');
}

/** A path as it can be shown: control characters escaped, not endless. */
function quote(path: string): string {
  const shown = path.length > 120 ? `${path.slice(0, 120)}…` : path;
  return JSON.stringify(shown).replaceAll(
    /\p{Cc}|\p{Bidi_Control}|\p{Surrogate}/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
