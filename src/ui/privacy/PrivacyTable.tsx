import { useMemo } from 'react';
import type { SeenRequest } from '../../app/requests-store.ts';
import { shownAddress } from '../../app/requests-view.ts';
import { useLanguage } from '../language.ts';
import { usePrivacyWords } from './use-privacy-words.ts';

interface Props {
  readonly requests: readonly SeenRequest[];
  readonly ownOrigin: string;
}

/** Each request, the newest first; those to other hosts stand out. */
export function PrivacyTable({ requests, ownOrigin }: Props) {
  const { tag } = useLanguage();
  const words = usePrivacyWords();
  const { columns, from, via, notTold } = words;
  const clock = useMemo(
    () => new Intl.DateTimeFormat(tag === 'zh' ? 'zh-Hans' : 'en', clockFormat),
    [tag],
  );
  const amount = useMemo(
    () => new Intl.NumberFormat(tag === 'zh' ? 'zh-Hans' : 'en', { maximumSignificantDigits: 3 }),
    [tag],
  );
  const sizeOf = (bytes: number | null): string => {
    if (bytes === null) return '–';
    if (bytes < 1_000) return `${bytes} B`;
    const [value, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : [bytes / 1e6, 'MB'];
    return `${amount.format(value)} ${unit}`;
  };
  // Numbered from the oldest, for they are only ever added.
  const newestFirst = requests.map((request, number) => ({ request, number })).toReversed();
  return (
    <table className="privacy-table">
      <thead>
        <tr>
          <th scope="col" className="privacy-time">
            {columns.time}
          </th>
          <th scope="col" className="privacy-from">
            {columns.from}
          </th>
          <th scope="col">{columns.address}</th>
          <th scope="col" className="privacy-size">
            {columns.size}
          </th>
          <th scope="col" className="privacy-via">
            {columns.via}
          </th>
          <th scope="col" className="privacy-status">
            {columns.status}
          </th>
        </tr>
      </thead>
      <tbody>
        {newestFirst.map(({ request, number }) => {
          const address = shownAddress(request, ownOrigin);
          const { startedAt, url, bytes, status } = request;
          const origin = from[request.from];
          const answered = via[request.via ?? 'network'];
          return (
            <tr key={number} data-other={address === url}>
              <td className="privacy-time">{clock.format(startedAt)}</td>
              <td className="privacy-from">{origin}</td>
              <td className="privacy-address">
                <span className="mono">{address}</span>
                <span className="privacy-more">{`${origin} · ${answered}`}</span>
              </td>
              <td className="privacy-size" title={bytes === null ? notTold : undefined}>
                {sizeOf(bytes)}
              </td>
              <td className="privacy-via">{answered}</td>
              <td className="privacy-status" title={status === null ? notTold : undefined}>
                {status ?? '–'}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const clockFormat: Intl.DateTimeFormatOptions = {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
};
