import type { RequestSummary } from '../../app/requests-view.ts';
import { useLanguage } from '../language.ts';
import { usePrivacyWords } from './use-privacy-words.ts';

interface Props {
  readonly summary: RequestSummary;
  /** Host that alone is shown; null: all. */
  readonly chosen: string | null;
  readonly onChoose: (host: string | null) => void;
}

/** The hosts that were asked, as a filter: this site in a quiet colour, any other in a loud one. */
export function PrivacyHosts({ summary, chosen, onChoose }: Props) {
  const { count } = useLanguage();
  const words = usePrivacyWords();
  const { hosts, total } = summary;
  return (
    <fieldset className="privacy-hosts">
      <legend className="visually-hidden">{words.hosts}</legend>
      <Host
        label={words.all}
        count={count(total)}
        chosen={chosen === null}
        onChoose={() => onChoose(null)}
      />
      {hosts.map(({ host, isOwn, total: asked }) => (
        <Host
          key={host}
          label={isOwn ? words.thisSite : host}
          count={count(asked)}
          other={!isOwn}
          chosen={chosen === host}
          onChoose={() => onChoose(host)}
        />
      ))}
    </fieldset>
  );
}

interface HostProps {
  readonly label: string;
  readonly count: string;
  readonly other?: boolean;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}

function Host({ label, count, other = false, chosen, onChoose }: HostProps) {
  return (
    <label className="privacy-host" data-other={other}>
      <input type="radio" name="privacy-host" checked={chosen} onChange={onChoose} />
      <span className="privacy-host-name">{label}</span>
      <span className="privacy-host-count">{count}</span>
    </label>
  );
}
