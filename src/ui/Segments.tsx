import { useId } from 'react';

interface Props<Option extends string> {
  readonly label: string;
  readonly options: readonly Option[];
  readonly value: Option;
  readonly wordOf: (option: Option) => string;
  readonly hintOf?: (option: Option) => string;
  /** Options that can't be chosen now. */
  readonly disabled?: readonly Option[];
  readonly onChoose: (option: Option) => void;
}

/** One choice out of a few, side by side: a radio group, so the arrow keys move in it. */
export function Segments<Option extends string>(props: Props<Option>) {
  const { label, options, value, wordOf, hintOf, disabled = [], onChoose } = props;
  const name = useId();
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">{label}</legend>
      {options.map((option) => (
        <label key={option} className="segment" data-option={option} title={hintOf?.(option)}>
          <input
            type="radio"
            name={name}
            value={option}
            checked={option === value}
            disabled={disabled.includes(option)}
            onChange={() => onChoose(option)}
          />
          {wordOf(option)}
        </label>
      ))}
    </fieldset>
  );
}
