import { useState } from 'react';
import { addQueries } from '../../app/collection-add-query.ts';
import { useCollectionWords } from './use-collections.ts';

/** A box for a query that came to mind; pasting lines adds several. */
export function CollectionAddQuery({ collectionId }: { collectionId: string }) {
  const { addQuery: words } = useCollectionWords();
  const [typed, setTyped] = useState('');
  const [adding, setAdding] = useState(false);
  const add = async (): Promise<void> => {
    setAdding(true);
    if (await addQueries(collectionId, typed)) setTyped('');
    setAdding(false);
  };
  return (
    <form
      className="collection-add-query"
      onSubmit={(event) => {
        event.preventDefault();
        if (!adding) add();
      }}
    >
      <textarea
        className="box"
        rows={1}
        value={typed}
        placeholder={words.placeholder}
        aria-label={words.label}
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          // Shift makes a new line; Enter that ends the choice of a character is not meant for us.
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          event.currentTarget.form?.requestSubmit();
        }}
      />
      <button type="submit" className="button" disabled={adding || typed.trim() === ''}>
        {words.add}
      </button>
    </form>
  );
}
