import type { ImportProblemCode } from '../../app/import-view.ts';

/** A sentence about so many of something. */
type Counted = (count: string, plural: boolean) => string;

/** English words of the import. Functions where a number or a name goes in. */
export const importEn = {
  heading: 'Import',
  stopped:
    'The worker that reads and keeps collections stopped, perhaps for want of memory. What was kept before is still there: try again, and it starts anew.',
  sources: {
    files: 'Import files…',
    addFiles: 'Add files…',
    folder: 'Folder…',
    folderLabel: 'Import a folder…',
    paste: 'Paste…',
    pasteLabel: 'Paste a text to import',
  },
  drop: {
    title: 'Drop files or folders',
    hint: 'You see how they are understood before anything is taken in.',
    into: (name: string) => `They can go into “${name}” or into a new collection.`,
    busy: 'An import is running',
    busyHint: 'Wait until it is done, or cancel it first.',
  },
  paste: {
    label: 'Text to import',
    hint: 'Any of the formats below: texts, JSON, CSV, TREC lines, the body of a rerank request. Ctrl+V or ⌘V outside a text field does the same at once.',
    take: 'Read this text',
    cancel: 'Cancel',
    name: 'Pasted text',
  },
  formats: {
    heading: 'What can be brought',
    lead: 'Drop files, folders or zips here, or paste. What they are is found out by their content.',
    limits:
      'Several files at once make one collection. Files may be UTF-8, UTF-16, GB18030 or Windows-1252.',
    copy: 'Copy',
    names: {
      'plain-text': 'Texts, one per line or block',
      json: 'JSON, an array of texts or objects',
      jsonl: 'JSON Lines (BEIR corpus and queries)',
      delimited: 'CSV or TSV with any columns',
      'trec-run': 'TREC run',
      'trec-qrels': 'TREC judgements (qrels)',
      'first-stage-lists': 'Rankings: lists as RankLLM writes them, or JSON exported here',
      squad: 'Questions with paragraphs (SQuAD layout)',
      'rerank-request': 'Request to Cohere, Jina, Voyage, TEI or llama.cpp',
      collection: 'A collection exported from here',
    },
    collectionExample: 'its file, NAME.crossrank.jsonl',
  },
  list: {
    label: 'Files',
    looking: (count: string, plural: boolean) => `Looking at ${count} file${plural ? 's' : ''}…`,
    lookingAgain: 'Looking again…',
    unpacking: (name: string) => `Unpacking: ${name}`,
    more: (count: string) => `Show ${count} more`,
    lookAgain: 'Try again',
    group: (count: string, ending: string) =>
      ending === '' ? `${count} files` : `${count} .${ending} files`,
    include: (name: string) => `Take in ${name}`,
    includedOf: (included: string, total: string) => `${included} of ${total} taken in`,
    leftOut: 'left out',
    details: (name: string) => `Change how ${name} is understood`,
    notRecognised: 'Not recognised. Choose what it is, or leave it out.',
    unsure: 'Not sure, please check.',
    cannot: 'Cannot be taken in.',
    nothingFound: 'nothing found',
    soFar: (what: string) => `${what} so far`,
    sentence: (format: string, what: string) => `${format}: ${what}`,
    listJoin: ', ',
    layouts: {
      lines: 'one per line',
      'blank-lines': 'one per block',
      'whole-file': 'one per file',
    },
    fieldsLead: '; ',
    fieldsJoin: ', ',
    fieldFrom: (field: string) => `${field} from`,
    problems: (count: string, plural: boolean) => `${count} problem${plural ? 's' : ''}`,
    allFiles: 'Files of this group',
  },
  counts: {
    documents: (count: string, plural: boolean) => `${count} document${plural ? 's' : ''}`,
    queries: (count: string, plural: boolean) => `${count} quer${plural ? 'ies' : 'y'}`,
    candidates: (count: string, plural: boolean) => `${count} candidate${plural ? 's' : ''}`,
    judgements: (count: string, plural: boolean) => `${count} judgement${plural ? 's' : ''}`,
  },
  choices: {
    format: 'Format',
    formats: {
      'plain-text': 'Plain text',
      json: 'JSON',
      jsonl: 'JSON Lines',
      delimited: 'CSV',
      'trec-run': 'TREC run',
      'trec-qrels': 'TREC judgements (qrels)',
      'first-stage-lists': 'Rankings (RankLLM, exported JSON)',
      squad: 'Questions and paragraphs (SQuAD)',
      'rerank-request': 'Rerank request',
      collection: 'Exported collection',
    },
    tsv: 'TSV',
    csvOrTsv: 'CSV or TSV',
    encoding: 'Encoding',
    encodings: {
      'utf-8': 'UTF-8',
      'utf-16le': 'UTF-16 LE',
      'utf-16be': 'UTF-16 BE',
      gb18030: 'GB18030 (GBK)',
      'windows-1252': 'Windows-1252',
    },
    role: 'Each record is',
    roles: {
      documents: 'a document',
      queries: 'a query',
      judgements: 'a judgement',
      run: 'a document in a run',
      pairs: 'a query with a document',
    },
    fields: {
      docId: 'document id',
      title: 'title',
      text: 'text',
      queryId: 'query id',
      query: 'query',
      grade: 'grade',
      score: 'score',
      rank: 'rank',
    },
    fieldsLegend: 'Taken from',
    none: 'none',
    assigned: 'none: ids are assigned',
    column: (number: string) => `column ${number}`,
    delimiter: 'Between cells',
    delimiters: { ',': 'comma', '\t': 'tab', ';': 'semicolon', '|': 'bar |' },
    header: 'The first row names the columns',
    recordsPath: 'Array in the object',
    recordsPathHint: 'Keys with dots between them; empty: the file itself is the array',
    layout: 'One document is',
    layouts: {
      lines: 'a line',
      'blank-lines': 'a block between blank lines',
      'whole-file': 'the whole file',
    },
    take: 'Take',
    takes: {
      both: 'questions and paragraphs',
      questions: 'questions only',
      paragraphs: 'paragraphs only',
    },
  },
  sample: {
    label: (name: string) => `First records of ${name}`,
    none: 'No record was found to show.',
    kinds: {
      document: 'documents',
      query: 'queries',
      candidate: 'candidates',
      judgement: 'judgements',
    },
    columns: {
      docId: 'document id',
      title: 'title',
      text: 'text',
      queryId: 'query id',
      score: 'score',
      grade: 'grade',
    },
    assigned: 'assigned',
    noScore: 'by order',
  },
  goal: {
    label: 'Import these files',
    holds: 'Holds at most',
    adds: 'Adds at most',
    found: 'Found',
    nothing: 'nothing',
    files: (count: string, plural: boolean, size: string) =>
      `${count} file${plural ? 's' : ''}, ${size}`,
    soFarNote: 'Only the beginning of large files was looked at; the rest is counted on import.',
    target: 'Into',
    newCollection: 'A new collection',
    existing: (name: string) => `“${name}”`,
    intoNote: 'What is there stays. Of equal ids, the one that is there stays.',
    name: 'Name',
    start: 'Import',
    cancel: 'Cancel',
    noFiles: 'No file is taken in. Tick one, change how one is understood, or add others.',
    notices: {
      nothing:
        'Nothing to take in was found. Open a file above and choose what it is and which fields to take.',
      'no-documents':
        'There are no documents: ids alone cannot be reranked. Add the file with the texts.',
      'no-queries':
        'There are no queries, so there is nothing to rank by. Add them now, or import them later into this collection.',
      'candidates-by-bm25':
        'No first-stage list came with it: BM25 will find the candidates among all documents.',
      'no-judgements':
        'There are no judgements: queries can be reranked, and figures such as nDCG need judgements.',
    },
  },
  running: {
    progress: 'Import progress',
    waiting: 'Starting',
    steps: {
      unpacking: 'Unpacking',
      reading: 'Reading',
      indexing: 'Indexing',
      writing: 'Saving',
      evaluating: 'Evaluating',
    },
    bytes: (done: string, total: string) => `${done} of ${total}`,
    documents: (done: string, total: string) => `${done} of ${total} documents`,
    cancel: 'Cancel',
    cancelHint: 'Nothing is kept of a cancelled import; the choices stay.',
  },
  outcome: {
    heading: 'Import report',
    taken: (what: string, name: string) => `Taken into “${name}”: ${what}.`,
    takenNothingNew: (name: string) => `Nothing new for “${name}”: all of it was there.`,
    nothing: 'Nothing was taken in, and nothing was changed.',
    elapsed: (seconds: string) => `${seconds} s`,
    holds: (name: string, what: string) => `“${name}” now holds ${what}.`,
    runs: (tags: string) => `Taken in as systems of their own: ${tags}.`,
    clean: 'No problems: every record was taken in.',
    copy: 'Copy report',
    open: 'Open the collection',
    back: 'Back to the choices',
    close: 'Close',
  },
  problems: {
    label: 'Problems',
    soFar: 'In the part that was looked at:',
    severities: {
      file: 'Files left out',
      skipped: 'Records left out',
      note: 'Taken in, and worth knowing',
    },
    line: (line: string) => `line ${line}`,
    lineColumn: (line: string, column: string) => `line ${line}, column ${column}`,
    record: (record: string) => `record ${record}`,
    more: (count: string) => `and ${count} more`,
    placeJoin: ' · ',
    /** What a place may be about besides an id: why a file of a zip is left out. */
    reasons: {
      encrypted: 'encrypted',
      damaged: 'damaged',
      archive: 'an archive itself',
      link: 'a link',
      path: 'a path that leads elsewhere',
      twice: 'two files of one path',
      overlapping: 'overlaps another file',
      'too many': 'too many files',
      'grows too much': 'grows too much',
      'over 2 GB': 'over 2 GB unpacked in all',
    },
    codes: {
      binary: (count, plural) =>
        `${count} file${plural ? 's are' : ' is'} not text (a picture, a program, a database, an Office document). Export it to CSV, JSON or plain text first.`,
      'too-large': (count, plural) =>
        `${count} file${plural ? 's are' : ' is'} larger than can be read here. Split it into smaller files.`,
      'json-syntax': (count, plural) =>
        `${count} file${plural ? 's are' : ' is'} not valid JSON. Correct it at the place named, or take it as JSON Lines or plain text.`,
      unrecognised: (count, plural) =>
        `${count} file${plural ? 's fit' : ' fits'} none of the formats. Choose the format by hand.`,
      'wrong-shape': (count, plural) =>
        `${count} file${plural ? 's' : ''} or array${plural ? 's' : ''} in a file ${plural ? 'do' : 'does'} not have the shape of the chosen format. Choose another format or another array in the object.`,
      'newer-version': (count, plural) =>
        `${count} exported collection${plural ? 's come' : ' comes'} from a later version of this app. Update the app, then import again.`,
      unreadable: (count, plural) =>
        `${count} file${plural ? 's' : ''} cannot be read. Check that it still exists and is not damaged, and choose it again.`,
      'archive-entry': (count, plural) =>
        `${count} file${plural ? 's' : ''} of a zip cannot be unpacked (encrypted, damaged, too large or packed in an unknown way). Unpack the zip and import the files.`,
      'field-not-chosen': (count, plural) =>
        `${count} needed field${plural ? 's are' : ' is'} not chosen. Open the file and choose the column.`,
      'bad-line': (count, plural) =>
        `${count} line${plural ? 's do' : ' does'} not have the form of this format. Correct the lines, or choose another format.`,
      'ragged-row': (count, plural) =>
        `${count} row${plural ? 's have' : ' has'} more or fewer cells than there are columns. Look for missing quotes, or choose another delimiter.`,
      'empty-text': (count, plural) =>
        `${count} record${plural ? 's have' : ' has'} an empty text. Fill it in, or choose another field for the text.`,
      'empty-id': (count, plural) =>
        `${count} record${plural ? 's have' : ' has'} an empty id. Fill it in, or choose another field for the id.`,
      'not-a-number': (count, plural) =>
        `${count} score${plural ? 's, grades or ranks are' : ', grade or rank is'} not a number. Correct it, or choose another field.`,
      'field-missing': (count, plural) =>
        `${count} record${plural ? 's lack' : ' lacks'} a chosen field. Add it to them, or choose another field.`,
      'wrong-type': (count, plural) =>
        `${count} value${plural ? 's are' : ' is'} of another kind than needed (a list or an object in place of a text). Choose another field, or a part of it such as a.b.`,
      'duplicate-document': (count, plural) =>
        `${count} document${plural ? 's have' : ' has'} the id of an earlier one and another text: the first one stays. Make the ids unique.`,
      'duplicate-query': (count, plural) =>
        `${count} quer${plural ? 'ies have' : 'y has'} the id of an earlier one and another text: the first one stays. Make the ids unique.`,
      'duplicate-candidate': (count, plural) =>
        `${count} candidate${plural ? 's are' : ' is'} listed for its query already: the first place stays. Look for a list that was joined twice.`,
      'duplicate-judgement': (count, plural) =>
        `${count} judgement${plural ? 's repeat' : ' repeats'} a query and document that are judged already: the first grade stays. Remove the repeated lines.`,
      'unknown-query': (count, plural) =>
        `${count} record${plural ? 's name' : ' names'} a query that is not here. Add the file with the queries, or check that the ids are the same.`,
      'unknown-document': (count, plural) =>
        `${count} record${plural ? 's name' : ' names'} a document that is not here. Add the file with the documents, or check that the ids are the same.`,
      'query-without-text': (count, plural) =>
        `${count} quer${plural ? 'ies have' : 'y has'} an id and no text. Add the file with the queries.`,
      'repeated-document': (count, plural) =>
        `${count} document${plural ? 's appear' : ' appears'} again with the same id and text, and ${plural ? 'are' : 'is'} kept once.`,
      'repeated-query': (count, plural) =>
        `${count} quer${plural ? 'ies appear' : 'y appears'} again with the same id and text, and ${plural ? 'are' : 'is'} kept once.`,
      'judged-document-absent': (count, plural) =>
        `${count} judged document${plural ? 's are' : ' is'} not among the documents. Recall and nDCG count ${plural ? 'them' : 'it'} as missed, as trec_eval does; add the texts if that is not meant.`,
      'undecodable-bytes': (count, plural) =>
        `${count} character${plural ? 's' : ''} could not be read in this encoding and became �. Choose another encoding.`,
      'ids-assigned': (count, plural) =>
        `${count} record${plural ? 's have' : ' has'} no id and got one by number. Choose a field for the id if there is one.`,
      'structured-document': (count, plural) =>
        `${count} document${plural ? 's are' : ' is'} an object: its fields were written one below the other as text. Choose the field of the text if only one is meant.`,
      'nothing-found': (count, plural) =>
        `${count} file${plural ? 's hold' : ' holds'} no record. Check that it is not empty, or choose another format.`,
    } satisfies Record<ImportProblemCode, Counted>,
  },
  announce: {
    looking: 'Looking at the files.',
    looked: (count: string, plural: boolean) =>
      `${count} file${plural ? 's' : ''} looked at. Check how they are understood, then import.`,
    started: 'Importing.',
    step: (step: string) => `${step}.`,
    done: (what: string) => `Imported: ${what}.`,
    doneNothing: 'The import is over. Nothing was taken in.',
    cancelled: 'The import was cancelled. Nothing was changed.',
  },
};

/** What every language must bring: a missing or a wrong key does not compile. */
export type ImportWords = typeof importEn;
