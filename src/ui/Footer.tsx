import { addressOf } from '../app/settings-actions.ts';
import { CopyButton } from './CopyButton.tsx';
import { useLanguage } from './language.ts';

const example = `await crossrank.rerank({ query: 'what is a panda?', documents: ['hi', 'The giant panda is a bear.'] })`;

export function Footer() {
  const { words } = useLanguage();
  return (
    <footer className="colophon">
      <p>
        {words.promise} {words.footer.private}
      </p>
      <p className="colophon-links">
        <a href={addressOf('privacy')}>{words.footer.privacy}</a>
        <a href={addressOf('diagnostics')}>{words.footer.diagnostics}</a>
      </p>
      <p className="console-hint">
        <span>{words.footer.console}</span> <code>{example}</code>
        <CopyButton text={() => example} label={words.footer.copy} />
      </p>
    </footer>
  );
}
