// A text as words, with its entities marked. Only text nodes are made of what users sent.

// Offsets count code points. What turns the direction of all that follows is not drawn; nor are control characters.
const hidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u;
export const characters = (text) => Array.from(text, (c) => (hidden.test(c) ? "\ufffd" : c));

export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export function markOf(label, confidence, text) {
  const mark = element("mark", "entity", text);
  mark.dataset.label = label;
  if (confidence !== null && confidence !== undefined) {
    // Most confidences are above a half: the differences up there must be seen.
    mark.style.setProperty("--shade", `${Math.round(15 + 85 * confidence ** 2)}%`);
  }
  return mark;
}

// words: [start, end] of each; entities: start, end, label, and what markOf takes.
// Returns the paragraph, its words and its marks in order.
export function drawText(text, words, entities, lang, dir) {
  const all = characters(text);
  const paragraph = element("p", "words");
  paragraph.lang = lang;
  paragraph.dir = dir;
  const drawn = { paragraph, words: [], marks: [] };
  let here = 0;
  let into = paragraph;
  let open = null;
  const sorted = entities.map((entity, n) => ({ ...entity, n })).sort((a, b) => a.start - b.start);
  const close = () => {
    into.append(element("span", "label", open.label));
    into = paragraph;
    open = null;
  };
  words.forEach(([start, end], n) => {
    if (open && start >= open.end) close();
    into.append(all.slice(here, start).join(""));
    while (sorted.length && sorted[0].end <= start) sorted.shift();
    if (!open && sorted.length && sorted[0].start < end) {
      open = sorted.shift();
      into = markOf(open.label, open.confidence, "");
      drawn.marks[open.n] = into;
      paragraph.append(into);
    }
    const word = element("span", "word", all.slice(start, end).join(""));
    word.dataset.word = n;
    into.append(word);
    drawn.words.push(word);
    here = end;
  });
  if (open) close();
  paragraph.append(all.slice(here).join(""));
  return drawn;
}
