import type { CatalogRow, firstRung } from '../app/models-view.ts';
import type { Language } from './language.ts';
import { measuresOf } from './models-measures.ts';
import { modelsWordsOf } from './use-models-words.ts';

type Rung = NonNullable<ReturnType<typeof firstRung>>;
type RuledOut = NonNullable<CatalogRow['plan']>['ruledOut'][number];

/** Why a build is the choice on this machine, in words. */
export function rungReasons({ reasons }: Rung, { tag }: Language): string {
  const { catalog } = modelsWordsOf(tag);
  return reasons.map((reason) => catalog.reasons[reason]).join(tag === 'zh' ? '，' : ', ');
}

/** Why a build does not run here, in words, with the sizes where it is a matter of size. */
export function ruledOutText({ reason, detail }: RuledOut, language: Language): string {
  const { tag } = language;
  const { ruledOut, needs } = modelsWordsOf(tag).catalog;
  const { neededBytes, limitBytes } = detail;
  if (neededBytes === undefined || limitBytes === undefined) return ruledOut[reason];
  const { size } = measuresOf(language);
  const sizes = needs(size(neededBytes), size(limitBytes));
  return tag === 'zh' ? `${ruledOut[reason]}（${sizes}）` : `${ruledOut[reason]} (${sizes})`;
}

/** Languages of a model: by name where they are few, by number where they are many. */
export function languagesOf(card: CatalogRow['card'], language: Language): string {
  const { tag, count } = language;
  if (card.languages.length > 4) {
    return modelsWordsOf(tag).catalog.languageCount(count(card.languages.length));
  }
  return allLanguagesOf(card, language);
}

/** Every language of a model by its name in the page's language. */
export function allLanguagesOf({ languages }: CatalogRow['card'], { tag }: Language): string {
  const { catalog } = modelsWordsOf(tag);
  if (languages.length === 0) return catalog.languagesUnknown;
  const names = new Intl.DisplayNames(tag === 'zh' ? 'zh-Hans' : 'en', {
    type: 'language',
    fallback: 'code',
  });
  return languages
    .map((code) => (code === 'mul' ? catalog.multilingual : nameOf(code, names)))
    .join(tag === 'zh' ? '、' : ', ');
}

/** The hub's tags are not all well-formed: those stand for themselves. */
function nameOf(code: string, names: Intl.DisplayNames): string {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}
