import { changeSettings } from '../app/change-settings.ts';
import { useLanguage } from './language.ts';
import { useApp } from './use-app.ts';

const themes = ['auto', 'light', 'dark'] as const;
const languageTags = ['en', 'zh'] as const;

/** Language and theme, as two small selects in the masthead. */
export function Preferences() {
  const { tag, words } = useLanguage();
  const theme = useApp((state) => state.settings.theme);
  return (
    <>
      <select
        className="select"
        aria-label={words.language.label}
        value={tag}
        onChange={(event) => {
          const language = languageTags.find((known) => known === event.target.value);
          if (language !== undefined) changeSettings({ language });
        }}
      >
        {languageTags.map((language) => (
          <option key={language} value={language} lang={language}>
            {words.language[language]}
          </option>
        ))}
      </select>
      <select
        className="select"
        aria-label={words.theme.label}
        value={theme}
        onChange={(event) => {
          const chosen = themes.find((known) => known === event.target.value);
          if (chosen !== undefined) changeSettings({ theme: chosen });
        }}
      >
        {themes.map((name) => (
          <option key={name} value={name}>
            {words.theme[name]}
          </option>
        ))}
      </select>
    </>
  );
}
