import { useLanguage } from './language.ts';

interface Props {
  /** Null without judgements, NaN where the document is not judged. */
  readonly grade: number | null;
  /** Grades from this one on are relevant. */
  readonly relevantFrom: number | undefined;
}

/** What the judgements say of a document; nothing where it is not judged. */
export function GradeMark({ grade, relevantFrom = 1 }: Props) {
  const { words, count } = useLanguage();
  if (grade === null || Number.isNaN(grade)) return null;
  const relevant = grade >= relevantFrom;
  return (
    <span
      className={relevant ? 'grade grade-relevant' : 'grade'}
      title={relevant ? words.result.gradeRelevant : words.result.gradeNotRelevant}
    >
      <span className="visually-hidden">{words.result.grade} </span>
      {count(grade)}
    </span>
  );
}
