import { type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react';
import { pngFileOf, svgFileOf } from '../../app/chart-file.ts';
import { saveFile } from '../save-file.ts';
import { useEvaluationWords } from './evaluation-language.ts';

/** The numbers of a picture, as text. */
export interface ChartTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

interface Props {
  readonly title: string;
  /** What it says, in words; also read in place of the picture. */
  readonly text: ReactNode;
  /** Made when it is opened; null: the numbers stand elsewhere on the page. */
  readonly table: (() => ChartTable) | null;
  /** Draws the picture for a width in pixels; `describedBy` is the id of the words. */
  readonly draw: (width: number, describedBy: string) => ReactNode;
  /** Below the picture. */
  readonly children?: ReactNode;
}

/** A picture with its title, its words, its numbers as a table, and the ways to take it along. */
export function ChartFigure({ title, text, table, draw, children }: Props) {
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  return (
    <figure className="chart-figure" aria-labelledby={`${id}-title`}>
      <div className="chart-head">
        <h3 id={`${id}-title`}>{title}</h3>
        <ChartActions title={title} frame={frame} />
      </div>
      <div id={`${id}-text`} className="chart-text">
        {text}
      </div>
      <div ref={frame} className="chart-frame">
        {width > 0 && draw(width, `${id}-text`)}
      </div>
      {children}
      {table !== null && <ChartNumbers title={title} table={table} />}
    </figure>
  );
}

function ChartActions({
  title,
  frame,
}: {
  title: string;
  frame: { readonly current: HTMLDivElement | null };
}) {
  const { pictures: words } = useEvaluationWords();
  const [said, setSaid] = useState('');
  const picture = (): SVGSVGElement | null => frame.current?.querySelector('svg') ?? null;
  const say = (words: string): void => {
    setSaid(words);
    setTimeout(() => setSaid(''), 3000);
  };
  const copy = async (write: (svg: SVGSVGElement) => Promise<void>): Promise<void> => {
    const svg = picture();
    if (svg === null) return;
    try {
      await write(svg);
      say(words.copied);
    } catch {
      say(words.failed);
    }
  };
  const copySvg = (svg: SVGSVGElement): Promise<void> =>
    navigator.clipboard.writeText(svgFileOf(svg, title));
  // The promise goes in whole: Safari wants the clipboard asked for within the click.
  const copyPng = (svg: SVGSVGElement): Promise<void> =>
    navigator.clipboard.write([new ClipboardItem({ 'image/png': pngFileOf(svg, title) })]);
  const save = (): void => {
    const svg = picture();
    if (svg === null) return;
    const name = title.replace(/[^\p{L}\p{N}@.-]+/gu, '-').replace(/^-+|-+$/gu, '');
    saveFile(`${name}.svg`, new Blob([svgFileOf(svg, title)], { type: 'image/svg+xml' }));
  };
  const actions = [
    [words.copySvg, () => copy(copySvg)],
    [words.copyPng, () => copy(copyPng)],
    [words.save, save],
  ] as const;
  return (
    <div className="chart-actions">
      <span className="chart-said" role="status">
        {said}
      </span>
      {actions.map(([word, act]) => (
        <button
          key={word}
          type="button"
          className="button button-quiet button-small"
          aria-label={words.of(word, title)}
          onClick={act}
        >
          {word}
        </button>
      ))}
    </div>
  );
}

function ChartNumbers({ title, table }: { title: string; table: () => ChartTable }) {
  const { pictures: words } = useEvaluationWords();
  const [open, setOpen] = useState(false);
  return (
    <details className="chart-numbers" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.asTable}</summary>
      {open && <Numbers title={title} {...table()} />}
    </details>
  );
}

function Numbers({ title, columns, rows }: ChartTable & { title: string }) {
  return (
    // It scrolls by itself where it is too wide, so the keyboard must reach it.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
    <section className="chart-table-frame" aria-label={title} tabIndex={0}>
      <table className="chart-table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no names and never move.
            <tr key={place}>
              {row.map((cell, column) => (
                <td key={columns[column]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Width of an element's content in whole pixels; 0 until it is known. */
function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    const measure = (): void => setWidth(Math.floor(current.getBoundingClientRect().width));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
