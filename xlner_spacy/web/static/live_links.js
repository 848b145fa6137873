// Lines between the words of a text and those of its translations.

const SVG = "http://www.w3.org/2000/svg";

export class Links {
  // sides: the element around all; target: drawn text; translations: [{drawn, links}].
  constructor(sides, target, translations) {
    this.sides = sides;
    this.target = target;
    this.translations = translations;
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("aria-hidden", "true");
    sides.append(this.svg);
    this.shown = null;
    new ResizeObserver(() => this.shown && this.show(...this.shown)).observe(sides);
  }

  // The links of words: side -1 is the text, 0 and up the translations. Returns them as pairs of words.
  show(side, words) {
    this.clear();
    this.shown = [side, words];
    const wanted = new Set(words);
    const pairs = [];
    const mine = side < 0 ? this.target : this.translations[side].drawn;
    words.forEach((n) => mine.words[n].classList.add("lit"));
    this.translations.forEach(({ drawn, links }, n) => {
      if (side >= 0 && side !== n) return;
      for (const [source, target, confidence, weak] of links) {
        if (!wanted.has(side < 0 ? target : source)) continue;
        const ends = [this.target.words[target], drawn.words[source]];
        ends.forEach((word) => word.classList.add("lit"));
        this.svg.append(this.line(...ends, confidence, weak));
        if (!weak) pairs.push(ends.map((word) => word.textContent));
      }
    });
    return pairs;
  }

  line(above, below, confidence, weak) {
    const origin = this.sides.getBoundingClientRect();
    const from = above.getClientRects()[0];
    const to = below.getClientRects()[0];
    const [x1, y1] = [from.left + from.width / 2 - origin.left, from.bottom - origin.top + 1];
    const [x2, y2] = [to.left + to.width / 2 - origin.left, to.top - origin.top - 1];
    const half = (y1 + y2) / 2;
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", `M${x1} ${y1}C${x1} ${half} ${x2} ${half} ${x2} ${y2}`);
    path.setAttribute("stroke-opacity", (0.35 + 0.65 * confidence).toFixed(2));
    if (weak) path.classList.add("weak");
    return path;
  }

  clear() {
    this.shown = null;
    this.svg.replaceChildren();
    this.sides.querySelectorAll(".word.lit").forEach((word) => word.classList.remove("lit"));
  }
}
