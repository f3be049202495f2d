import { useEffect, useRef } from "preact/hooks";

import type { Finding } from "../types";

interface EditorProps {
  text: string;
  onInput: (text: string) => void;
  readOnly: boolean;
  findings: Finding[];
  /** The line to go to, counted from 1; a new object goes there again. */
  goTo: { line: number } | null;
}

/** A text with its line numbers. Tab leaves it, as everywhere. */
export function Editor({ text, onInput, readOnly, findings, goTo }: EditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const follow = () => {
    gutter.current!.scrollTop = area.current!.scrollTop;
  };
  useEffect(() => {
    if (goTo) reach(area.current!, goTo.line);
  }, [goTo]);
  const marked = new Map(findings.map((finding) => [finding.line, finding.severity]));
  return (
    <div class="editor">
      <div ref={gutter} class="gutter" aria-hidden="true">
        {text.split("\n").map((_, at) => (
          <span key={at} class={marked.get(at + 1) ?? ""}>
            {at + 1}
          </span>
        ))}
      </div>
      <textarea
        ref={area}
        aria-label="The configuration, as YAML"
        wrap="off"
        spellcheck={false}
        readOnly={readOnly}
        value={text}
        onScroll={follow}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </div>
  );
}

/** Select a line, and bring it into view. */
function reach(area: HTMLTextAreaElement, line: number): void {
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  area.scrollTop = Math.max(0, (area.scrollHeight * (line - 4)) / lines.length);
}
