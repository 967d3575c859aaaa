import { useLanguage } from './language.ts';

/** How many ranks a document gained or lost against another order. */
export function Movement({ places, against }: { places: number; against: string }) {
  const { words, count } = useLanguage();
  const size = count(Math.abs(places));
  if (places === 0) {
    return (
      <span className="moved moved-same">
        <span aria-hidden="true">·</span>
        <span className="visually-hidden">{words.result.same(against)}</span>
      </span>
    );
  }
  const said = places > 0 ? words.result.up(size, against) : words.result.down(size, against);
  return (
    <span className={places > 0 ? 'moved moved-up' : 'moved moved-down'} title={said}>
      <span aria-hidden="true">
        {places > 0 ? '↑' : '↓'}
        {size}
      </span>
      <span className="visually-hidden">{said}</span>
    </span>
  );
}
